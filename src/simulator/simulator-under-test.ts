import * as z from 'zod'
import { SimulatedClock } from '../clock.ts'
import { createSimulator, type RecordedCall, type SimulatorOptions } from './simulator.ts'

export const account = { apiKey: '5a4db0c5', apiSecret: 'sandboxSecret1' }
export const someNumber = '447700900123'

const members = z.record(z.string(), z.unknown())
export const basic = `Basic ${Buffer.from(`${account.apiKey}:${account.apiSecret}`).toString('base64')}`

export type SimulatorUnderTest = Awaited<ReturnType<typeof startSimulator>>

/** A listening simulator whose time stands at noon of 2026-01-01, and the calls that tests make; `await using` ends it. */
export async function startSimulator(options: Partial<SimulatorOptions> = {}) {
  const clock = new SimulatedClock({ standsAt: Date.parse('2026-01-01T12:00:00Z') })
  const calls: RecordedCall[] = []
  const simulator = createSimulator({ ...account, seed: 'test', ...options, clock, onCall: (call) => calls.push(call) })
  const base = await simulator.listen({ host: '127.0.0.1', port: 0 })

  const send = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(base + path, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: members.parse(JSON.parse(text || '{}')) }
  }
  const post = (path: string, form: Record<string, string>) =>
    send(path, { method: 'POST', headers: { authorization: basic }, body: new URLSearchParams(form) })
  const verify = async (form: Record<string, string> = {}) =>
    (await post('/verify/json', { number: someNumber, brand: 'Acme', ...form })).body

  return {
    clock,
    calls,
    simulator,
    base,
    send,
    post,
    verify,
    get: (path: string) => send(path, { headers: { authorization: basic } }),
    tell: (path: string, json: unknown) => send(path, { method: 'POST', body: JSON.stringify(json) }),
    start: async (form: Record<string, string> = {}) => String((await verify(form)).request_id),
    check: async (id: string, code: string) => (await post('/verify/check/json', { request_id: id, code })).body,
    control: async (id: string, cmd: string) => (await post('/verify/control/json', { request_id: id, cmd })).body,
    search: async (id: string) => (await post('/verify/search/json', { request_id: id })).body,
    lastCode: (number = someNumber) => simulator.messages(number).at(-1)?.code ?? '',
    [Symbol.asyncDispose]: () => simulator.close(),
  }
}

/** A code of the same form that is not this one. */
export function wrongFor(code: string): string {
  return code.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10))
}
