import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'

export interface Rate {
  limit: number
  windowMs: number
}

/** What is left of a rate in its present window. */
export interface Quota extends Rate {
  remaining: number
  /** Until the next window. */
  resetSeconds: number
  isExceeded: boolean
}

/** More are counted as one, so that nobody fills the memory. */
const mostCounted = 100_000
const allOthers = ''

/** Counts in windows that are the same for everybody, in the memory of this node. */
export class RateCounter {
  readonly #clock: Clock
  readonly #rate: Rate
  #window = 0
  #counts = new Map<string, number>()

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock
    this.#rate = rate
  }

  /** Counts one, if there is one left. */
  take(who: string): Quota {
    const { limit, windowMs } = this.#rate
    const now = this.#clock.now()
    const window = Math.floor(now / windowMs)
    if (window !== this.#window) {
      this.#window = window
      this.#counts = new Map()
    }
    const key = this.#counts.has(who) || this.#counts.size < mostCounted ? who : allOthers
    const taken = this.#counts.get(key) ?? 0
    const isExceeded = taken >= limit
    const count = isExceeded ? taken : taken + 1
    this.#counts.set(key, count)
    const resetSeconds = Math.ceil(((window + 1) * windowMs - now) / 1000)
    return { limit, windowMs, remaining: limit - count, resetSeconds, isExceeded }
  }
}

/** Throws quota_exceeded where there was none left. */
export function demandWithin({ limit, windowMs, resetSeconds, isExceeded }: Quota, what: string): void {
  if (!isExceeded) return
  const detail = `${limit} ${what} in ${windowMs / 1000} seconds are allowed.`
  throw new GatewayError('quota_exceeded', detail, { retry_after_seconds: resetSeconds })
}
