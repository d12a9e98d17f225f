import assert from 'node:assert/strict'
import type { startBeside } from './beside.ts'
import type { TestGateway } from './gateway.ts'
import { gist, verifying } from './verifying.ts'
import { writtenPolicy } from './written-policy.ts'

export const off = { address: 'off', prefix: 'off', country: 'off', key: 'off', total: 'off' }
export const prices = { default: { sms: 0.0333, tts: 0.05 } }

/** A policy with these budgets and no others, each as much as so many messages cost. */
export function withBudgets(
  messages: Partial<Record<keyof typeof off, number>>,
  { mode = 'enforce', most = 100, hold_out = { share: 0, day: 0 } } = {},
) {
  const held = Object.entries(messages).map(([of, count]) => [of, { messages: count, euros: 100, most }])
  const budgets = { ...off, hold_out, ...Object.fromEntries(held) }
  return { TOLLGATE_POLICY: writtenPolicy(JSON.stringify({ mode, prices, budgets })) }
}

/** A number of the range 44770090, each another. */
export const numberAt = (place: number) => `44770090${String(place).padStart(4, '0')}`
export const asked = (gateway: TestGateway, place: number, more: Record<string, unknown> = {}) =>
  verifying(gateway, numberAt(place)).request(more)

export async function newest(gateway: TestGateway) {
  return (await gateway.rest('GET', '/v1/decisions?limit=1')).body.decisions[0]
}

/** Four messages whose codes do not come back, two at a time. */
export async function sendFour(on: Awaited<ReturnType<typeof startBeside>>): Promise<void> {
  for (const place of [1, 3]) {
    assert.equal(gist(await asked(on.gateway(), place)), '200 pending')
    assert.equal(gist(await asked(on.gateway(), place + 1)), '200 pending')
    await on.clock.advance(140)
  }
}
