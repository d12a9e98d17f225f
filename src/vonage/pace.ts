import type { Clock } from '../clock.ts'
import { UpstreamFailure } from './errors.ts'

export type Urgency = 'check' | 'send'

interface Waiting {
  urgency: Urgency
  deadlineMs: number
  go: () => void
  giveUp: (reason: UpstreamFailure) => void
}

/** What Vonage counts in is a second; the little more covers calls that bunch up on the way to it. */
const windowMs = 1050
export const patienceMs = 5000

/** Keeps calls within Vonage's rate. Whoever has to wait does so for 5 s at most, and checks go before sends. */
export interface Pace {
  /** Resolves when the call may begin. Rejects with upstream_throttled when its turn would come too late. */
  turn(urgency: Urgency): Promise<void>
}

/** The pace of one process that has the account for itself. */
export class OwnPace implements Pace {
  readonly #clock: Clock
  readonly #perSecond: number
  /** When calls of the last second began, oldest first. */
  readonly #started: number[] = []
  #queue: Waiting[] = []
  #disarm = () => {}

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
  }

  turn(urgency: Urgency): Promise<void> {
    if (this.#queue.length === 0 && this.#hasRoom()) {
      this.#started.push(this.#clock.now())
      return Promise.resolve()
    }
    const ahead =
      urgency === 'check' ? this.#queue.filter((other) => other.urgency === 'check').length : this.#queue.length
    if (ahead >= this.#perSecond * (patienceMs / windowMs)) return Promise.reject(tooBusy())
    return new Promise((go, giveUp) => {
      this.#queue.splice(ahead, 0, { urgency, deadlineMs: this.#clock.now() + patienceMs, go, giveUp })
      this.#arm()
    })
  }

  #hasRoom(): boolean {
    const since = this.#clock.now() - windowMs
    const firstInWindow = this.#started.findIndex((atMs) => atMs > since)
    this.#started.splice(0, firstInWindow === -1 ? this.#started.length : firstInWindow)
    return this.#started.length < this.#perSecond
  }

  #arm(): void {
    this.#disarm()
    const [oldest] = this.#started
    if (this.#queue.length === 0 || oldest === undefined) return
    const wakeAt = this.#queue.reduce((at, { deadlineMs }) => Math.min(at, deadlineMs), oldest + windowMs)
    this.#disarm = this.#clock.at(wakeAt, () => this.#release())
  }

  #release(): void {
    const now = this.#clock.now()
    const tooLate = this.#queue.filter((waiting) => waiting.deadlineMs <= now)
    this.#queue = this.#queue.filter((waiting) => waiting.deadlineMs > now)
    for (const { giveUp } of tooLate) giveUp(tooBusy())
    while (this.#hasRoom()) {
      const next = this.#queue.shift()
      if (!next) break
      this.#started.push(now)
      next.go()
    }
    this.#arm()
  }
}

export function tooBusy(): UpstreamFailure {
  const detail = 'The pace that Vonage allows is used up for the next seconds.'
  return new UpstreamFailure('upstream_throttled', detail, 'none', { retry_after_seconds: patienceMs / 1000 })
}
