import { SimulatedClock } from '../../src/clock.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { noon, request } from './gateway.ts'
import { startVonageApart } from './vonage-apart.ts'

/** A simulated Vonage as Vonage's own SDKs need to know it; its time stands. */
export async function startVonageForSdks(options: Partial<SimulatorOptions> = {}) {
  const clock = new SimulatedClock({ standsAt: noon })
  const { url, calls, simulator, env, [Symbol.asyncDispose]: end } = await startVonageApart(clock, options)
  return {
    clock,
    credentials: { apiKey: env.VONAGE_API_KEY, apiSecret: env.VONAGE_API_SECRET },
    hosts: { apiHost: url, restHost: url },
    /** The code that a number was sent last. */
    codeFor: (number: string) => simulator.messages(number).at(-1)?.code ?? '',
    /** The newest call as it was at the wire. */
    wire() {
      const { method, path, parameters, authorization } = calls.at(-1) ?? {}
      return { method, path, parameters, authorization }
    },
    async fault(path: string, answer: object) {
      const { status, body } = await request(`${url}/simulator/faults`, 'POST', { path, answer })
      if (status !== 200) throw new Error(JSON.stringify(body))
    },
    [Symbol.asyncDispose]: end,
  }
}

/** What an SDK throws at an HTTP status from 400 on: its message, and what had been answered. */
export async function thrown(call: Promise<unknown>): Promise<{ message: string; body: unknown }> {
  const error: unknown = await call.then(
    () => undefined,
    (reason) => reason,
  )
  const { message, response } = Object(error)
  if (typeof response?.json !== 'function') throw new Error('the SDK did not throw an answer', { cause: error })
  return { message, body: await response.json() }
}
