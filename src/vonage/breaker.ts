import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { Outage, UpstreamFailure } from './errors.ts'
import type { VerifyApi } from './vonage.ts'

/** It looks at the sends of so many seconds. */
const windowSeconds = 30
/** It opens at so many failures in the window, where they are half of all sends in it. */
const leastFailures = 10
const leastShare = 0.5
const firstPauseMs = 15_000
const longestPauseMs = 240_000

/**
 * Stops sends while Vonage does not answer them, so that callers learn it at once and Vonage is left alone. After a pause
 * one send at a time tries; one that is answered opens the way, one that is not doubles the pause. Answers that refuse are
 * answers. In the memory of this node: each finds out by itself.
 */
export class Breaker {
  readonly #clock: Clock
  readonly #log: Log
  /** By seconds: at full speed there are thousands of sends in the window. */
  #sends: { second: number; all: number; failed: number }[] = []
  #pauseMs = firstPauseMs
  /** Absent while sends go through. */
  #openUntil: number | undefined
  #isTrying = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** Throws upstream_unavailable where no send may go out now. */
  demand(): void {
    const waitMs = this.#waitMs()
    if (waitMs === 0) return
    throw new UpstreamFailure('upstream_unavailable', 'Vonage does not answer: nothing is sent for now.', 'none', {
      retry_after_seconds: Math.ceil(waitMs / 1000),
      basis: { rule: 'breaker' },
    })
  }

  async send<T>(call: () => Promise<T>): Promise<T> {
    this.demand()
    const isTry = this.#openUntil !== undefined
    this.#isTrying = isTry
    try {
      const answer = await call()
      this.#answered(isTry)
      return answer
    } catch (error) {
      if (error instanceof Outage) this.#failed(isTry)
      else if (!saysNothing(error)) this.#answered(isTry)
      throw error
    } finally {
      if (isTry) this.#isTrying = false
    }
  }

  #waitMs(): number {
    if (this.#openUntil === undefined) return 0
    // While one tries, others come back soon.
    return this.#isTrying ? 1000 : Math.max(0, this.#openUntil - this.#clock.now())
  }

  #answered(isTry: boolean): void {
    this.#count(false)
    if (!isTry) return
    this.#openUntil = undefined
    this.#pauseMs = firstPauseMs
    this.#sends = []
    this.#log.info('Vonage answers again: messages are sent')
  }

  #failed(isTry: boolean): void {
    if (isTry) this.#open(Math.min(this.#pauseMs * 2, longestPauseMs))
    this.#count(true)
    const failures = this.#sends.reduce((sum, { failed }) => sum + failed, 0)
    const sends = this.#sends.reduce((sum, { all }) => sum + all, 0)
    const isOver = failures >= leastFailures && failures >= sends * leastShare
    if (isOver && this.#openUntil === undefined) this.#open(firstPauseMs)
  }

  #open(pauseMs: number): void {
    this.#pauseMs = pauseMs
    this.#openUntil = this.#clock.now() + pauseMs
    this.#log.warn({ seconds: pauseMs / 1000 }, 'Vonage does not answer: no message is sent for a while')
  }

  #count(failed: boolean): void {
    const second = Math.floor(this.#clock.now() / 1000)
    let last = this.#sends.at(-1)
    if (last?.second !== second) {
      last = { second, all: 0, failed: 0 }
      this.#sends = [...this.#sends.filter((each) => each.second > second - windowSeconds), last]
    }
    last.all += 1
    if (failed) last.failed += 1
  }
}

/** The send was never made, since its turn would have come too late, or somebody else than Verify has answered. */
function saysNothing(error: unknown): boolean {
  if (!(error instanceof UpstreamFailure) || error.members.upstream !== undefined) return false
  return error.code === 'upstream_throttled' || error.code === 'upstream_error'
}

/** The same API, with its sends behind the breaker. Checks, cancels and looks go on. */
export function withBreaker(verify: Omit<VerifyApi, 'demandSends'>, breaker: Breaker): VerifyApi {
  return {
    ...verify,
    start: (request) => breaker.send(() => verify.start(request)),
    next: (runId) => breaker.send(() => verify.next(runId)),
    demandSends: () => breaker.demand(),
  }
}
