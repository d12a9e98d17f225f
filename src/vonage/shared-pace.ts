import { setTimeout as pause } from 'node:timers/promises'
import { type Pace, patienceMs, tooBusy, type Urgency } from './pace.ts'
import type { Taken, Wanted } from './pace-window.ts'

/** Where nodes that share an account write down the calls they begin. */
export interface PaceBook {
  take(name: string, wanted: Wanted & { perSecond: number }): Promise<Taken>
}

interface Waiting {
  urgency: Urgency
  deadlineMs: number
  go: () => void
  giveUp: (reason: unknown) => void
}

/** Keeps the calls of all nodes together within Vonage's rate. What waits here is asked for in one go. */
export class SharedPace implements Pace {
  readonly #name: string
  readonly #perSecond: number
  readonly #book: PaceBook
  #queue: Waiting[] = []
  #isTaking = false

  constructor(name: string, perSecond: number, book: PaceBook) {
    this.#name = name
    this.#perSecond = perSecond
    this.#book = book
  }

  turn(urgency: Urgency): Promise<void> {
    return new Promise((go, giveUp) => {
      this.#queue.push({ urgency, deadlineMs: performance.now() + patienceMs, go, giveUp })
      void this.#takeAll()
    })
  }

  async #takeAll(): Promise<void> {
    if (this.#isTaking) return
    this.#isTaking = true
    while (this.#queue.length > 0) {
      const retryInMs = await this.#take().catch((error: unknown) => this.#giveUpAll(error))
      if (retryInMs > 0) await pause(retryInMs)
    }
    this.#isTaking = false
  }

  /** Answers with how long those have to wait for which there was no room; who has come since has not been asked for. */
  async #take(): Promise<number> {
    const waiting = Object.groupBy(this.#queue, ({ urgency }) => urgency)
    const { check = [], send = [] } = waiting
    const wanted = { checks: check.length, sends: send.length, perSecond: this.#perSecond }
    const taken = await this.#book.take(this.#name, wanted)
    const going = new Set([...check.slice(0, taken.checks), ...send.slice(0, taken.sends)])
    const now = performance.now()
    for (const each of going) each.go()
    const late = this.#queue.filter((each) => !going.has(each) && each.deadlineMs <= now)
    for (const { giveUp } of late) giveUp(tooBusy())
    this.#queue = this.#queue.filter((each) => !going.has(each) && !late.includes(each))
    return going.size < check.length + send.length ? taken.retryInMs : 0
  }

  #giveUpAll(error: unknown): number {
    for (const { giveUp } of this.#queue.splice(0)) giveUp(error)
    return 0
  }
}
