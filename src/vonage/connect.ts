import { monotonicClock } from '../clock.ts'
import type { Secret } from '../privacy.ts'
import { Transport } from './http.ts'
import { createNumbersApi } from './numbers.ts'
import { Pace } from './pace.ts'
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
}

export interface Vonage {
  verify: VerifyApi
  numbers: NumbersApi
  /** Breaks off what is still asked. */
  close(): Promise<unknown>
}

/** The clients of Verify and Numbers. Vonage counts real seconds, so the paces do too. */
export function connect({ apiHost, restHost, verifyPerSecond, numbersPerSecond, ...account }: VonageOptions): Vonage {
  const verifyTransport = new Transport({ origin: apiHost, ...account })
  const numbersTransport = new Transport({ origin: restHost, ...account })
  const verify = createVerifyV1({
    transport: verifyTransport,
    pace: new Pace(verifyPerSecond, monotonicClock),
    searchPace: new Pace(numbersPerSecond, monotonicClock),
  })
  const numbers = createNumbersApi({ transport: numbersTransport, pace: new Pace(numbersPerSecond, monotonicClock) })
  return { verify, numbers, close: () => Promise.all([verifyTransport.close(), numbersTransport.close()]) }
}
