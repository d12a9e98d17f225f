import assert from 'node:assert/strict'
import type { Arena } from './arena.ts'
import type { Books } from './errands.ts'
import { type Answer, request } from './gateway.ts'
import { untilNone } from './until.ts'

/** Holds what callers were told against the ledger, through the front door, and against what happened at Vonage. */
export async function audit({ vonage, addresses, read, pass }: Arena, books: Books): Promise<void> {
  const get = async (path: string): Promise<Answer> => request(`${await addresses.next()}${path}`)
  const perNumber = Map.groupBy(vonage.simulator.messages(), ({ to }) => to)
  for (const [to, { length }] of perNumber) assert.equal(length, books.resent.has(to) ? 2 : 1, `messages to ${to}`)

  for (const [id, { number, isVerified }] of books.verifications) {
    const { status, body } = await get(`/v1/verifications/${id}`)
    assert.deepEqual([status, body.number?.slice(-2)], [200, number.slice(-2)])
    if (isVerified) assert.equal(body.state, 'verified', number)
  }

  const owned: string[] = []
  for (let index = 1; index <= Math.ceil((books.bought.length + 1) / 100); index += 1) {
    const { body } = await get(`/v1/numbers?size=100&index=${index}`)
    for (const { msisdn } of body.numbers) owned.push(msisdn)
  }
  assert.deepEqual(owned.sort(), [...books.bought].sort(), 'what was bought is owned, once, and nothing else')

  await pass(700)
  await everythingHasEnded(read)
}

const open = `select (select count(*) from runs where state <> 'ended') as runs,
  (select count(*) from verifications where state = 'pending') as verifications,
  (select count(*) from number_orders where state in ('intended', 'unknown')) as orders,
  (select count(*) from idempotency_keys where state = 'running') as keys`

/** Nothing in a ledger stays open, and nothing unknown. */
export function everythingHasEnded(read: Arena['read']): Promise<void> {
  return untilNone(async () => (await read(open))[0] ?? {})
}
