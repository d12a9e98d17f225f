import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

const tryAgainAfterMs = 5000
const usualWaitMs = 60_000

export interface SweepParts {
  clock: Clock
  log: Log
  /** When something falls due next; without it every `longestWaitMs` is as good as any other time. */
  nextDueAt?(): Promise<number | undefined>
  /** At the latest then there is a sweep, for what another process left behind; a minute unless given. */
  longestWaitMs?: number
  /** Does what is due. */
  settleDue(): Promise<unknown>
}

/** Does what falls due in the ledger when it does, one sweep at a time. */
export class Sweep {
  readonly #parts: SweepParts
  #armedFor = Number.POSITIVE_INFINITY
  #disarm = () => {}
  #stopped = false
  #sweeping: Promise<void> | undefined

  constructor(parts: SweepParts) {
    this.#parts = parts
  }

  /** Looks into the ledger for what falls due next. Called after each change that makes something due, at `at` where that is known. */
  async rearm(at?: number): Promise<void> {
    if (at !== undefined && at >= this.#armedFor) return
    // A running sweep does so at its end.
    if (!this.#sweeping) await this.#arm()
  }

  async #arm(): Promise<void> {
    const { nextDueAt, longestWaitMs = usualWaitMs, clock } = this.#parts
    const at = await nextDueAt?.()
    this.#wakeAt(Math.min(at ?? Number.POSITIVE_INFINITY, clock.now() + longestWaitMs))
  }

  #wakeAt(atMs: number): void {
    if (this.#stopped || atMs >= this.#armedFor) return
    this.#disarm()
    this.#armedFor = atMs
    this.#disarm = this.#parts.clock.at(atMs, () => {
      this.#armedFor = Number.POSITIVE_INFINITY
      this.#sweeping ??= this.#sweep()
      return this.#sweeping
    })
  }

  /** Takes no new work and resolves when what runs is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#disarm()
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    const { clock, log, settleDue } = this.#parts
    try {
      await settleDue()
      this.#sweeping = undefined
      await this.#arm()
    } catch (error) {
      log.error({ err: error }, 'sweep failed')
      this.#sweeping = undefined
      this.#wakeAt(clock.now() + tryAgainAfterMs)
    }
  }
}
