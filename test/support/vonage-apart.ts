import { SimulatedClock } from '../../src/clock.ts'
import { createSimulator, type RecordedCall, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { loseAnswer } from './lose-answer.ts'

const account = { apiKey: '5a4db0c5', apiSecret: 'sandboxSecret1' }

/** A simulated Vonage that outlives the gateways which use it; its time runs with the wall unless a clock is given. */
export async function startVonageApart(clock = new SimulatedClock(), options: Partial<SimulatorOptions> = {}) {
  const calls: RecordedCall[] = []
  const simulator = createSimulator({ ...account, ...options, clock, seed: 'test', onCall: (call) => calls.push(call) })
  const url = await simulator.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    calls,
    simulator,
    /** What makes a gateway use it. */
    env: {
      TOLLGATE_MODE: 'sandbox',
      VONAGE_API_KEY: account.apiKey,
      VONAGE_API_SECRET: account.apiSecret,
      VONAGE_API_HOST: url,
    },
    /** Moves its time ahead. */
    pass: (seconds: number) => clock.advance(seconds),
    /** Answers the next call of a path never, although it does what was asked. */
    holdAnswer: (path: string) => loseAnswer(url, path, 'stall'),
    async [Symbol.asyncDispose]() {
      await simulator.close()
      clock.stop()
    },
  }
}
