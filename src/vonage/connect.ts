import { type Clock, monotonicClock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Secret } from '../privacy.ts'
import { Breaker, withBreaker } from './breaker.ts'
import { Transport } from './http.ts'
import { createNumbersApi } from './numbers.ts'
import { OwnPace, type Pace } from './pace.ts'
import { type PaceBook, SharedPace } from './shared-pace.ts'
import { createVerifyV1 } from './verify-v1.ts'
import type { NumbersApi, VerifyApi } from './vonage.ts'

export interface VonageOptions {
  apiHost: string
  restHost: string
  apiKey: string
  apiSecret: Secret
  timeoutMs: number
  verifyPerSecond: number
  /** Numbers and search, each. */
  numbersPerSecond: number
  /** Where the calls are written down, when other nodes use the account too. */
  paceBook?: PaceBook | undefined
  clock: Clock
  log: Log
}

export interface Vonage {
  verify: VerifyApi
  numbers: NumbersApi
  /** Breaks off what is still asked. */
  close(): Promise<unknown>
}

/** The clients of Verify and Numbers. Vonage counts real seconds, so the paces do too. */
export function connect(options: VonageOptions): Vonage {
  const { apiHost, restHost, verifyPerSecond, numbersPerSecond, paceBook, clock, log, ...account } = options
  const pace = (name: string, perSecond: number): Pace =>
    paceBook ? new SharedPace(name, perSecond, paceBook) : new OwnPace(perSecond, monotonicClock)
  const verifyTransport = new Transport({ origin: apiHost, ...account })
  const numbersTransport = new Transport({ origin: restHost, ...account })
  const verifyV1 = createVerifyV1({
    transport: verifyTransport,
    pace: pace('verify', verifyPerSecond),
    searchPace: pace('search', numbersPerSecond),
  })
  const numbers = createNumbersApi({ transport: numbersTransport, pace: pace('numbers', numbersPerSecond) })
  const verify = withBreaker(verifyV1, new Breaker(clock, log))
  return { verify, numbers, close: () => Promise.all([verifyTransport.close(), numbersTransport.close()]) }
}
