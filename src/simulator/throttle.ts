import type { Clock } from '../clock.ts'

const windowMs = 1000

/** Vonage's limits on calls a second, measured on the simulated clock; off unless it is wanted. */
export class Throttle {
  readonly #clock: Clock
  readonly #isOn: boolean
  readonly #calls = new Map<string, number[]>()

  constructor(clock: Clock, isOn: boolean) {
    this.#clock = clock
    this.#isOn = isOn
  }

  /** Counts a call against a limit; false when it is one too many, which then doesn't count. */
  admits({ name, perSecond }: { name: string; perSecond: number }): boolean {
    if (!this.#isOn) return true
    const now = this.#clock.now()
    const calls = (this.#calls.get(name) ?? []).filter((at) => at > now - windowMs)
    this.#calls.set(name, calls)
    if (calls.length >= perSecond) return false
    calls.push(now)
    return true
  }
}
