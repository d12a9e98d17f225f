import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Store, Transaction } from './store/store.ts'

export interface EraserParts {
  store: Store
  clock: Clock
  log: Log
  /** How long numbers are kept after their runs have ended. */
  numbersKeptMs: number
  /** How long messages are kept after they went out. */
  sendsKeptMs: number
}

const soonMs = 10_000
const minuteMs = 60_000
const hourMs = 3_600_000
/** So long it is known what the guard said to a message, and why, and whom it knows. */
const decisionsKeptMs = 90 * 24 * hourMs
/** What is known of addresses and ranges is soon of no use; of the others it is how things usually go. */
const levelsKeptMs = { address: 72 * hourMs, prefix: 72 * hourMs, country: decisionsKeptMs, key: decisionsKeptMs }
/** Few enough that no request notices; a long stop is caught up with in batches with a pause between them. */
const atOnce = 200
const pauseMs = 100

/** Answers the most of one kind. */
async function eraseLevels(tx: Transaction, now: number): Promise<number> {
  const erased: number[] = []
  for (const [kind, keptMs] of Object.entries(levelsKeptMs)) {
    erased.push(await tx.eraseLevels(kind, now - keptMs, atOnce))
  }
  return Math.max(...erased)
}

/** Erases what is kept no longer: numbers, messages, answers for repeats, decisions. Several nodes may do so at once. */
export class Eraser {
  readonly #parts: EraserParts
  #erased = { numbers: 0, sends: 0, keys: 0, decisions: 0 }
  #disarm = () => {}
  #stopped = false
  #erasing: Promise<void> | undefined

  constructor(parts: EraserParts) {
    this.#parts = parts
  }

  start(): void {
    this.#wakeIn(soonMs)
  }

  /** Resolves when what runs is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#disarm()
    await this.#erasing
  }

  #wakeIn(waitMs: number): void {
    const { clock } = this.#parts
    if (this.#stopped) return
    this.#disarm = clock.at(clock.now() + waitMs, () => {
      this.#erasing = this.#erase()
      return this.#erasing
    })
  }

  async #erase(): Promise<void> {
    const { store, log, numbersKeptMs } = this.#parts
    try {
      if (await store.transaction('erasure', (tx) => this.#eraseSome(tx))) return this.#wakeIn(pauseMs)
      this.#report()
      this.#wakeIn(numbersKeptMs === 0 ? minuteMs : hourMs)
    } catch (error) {
      log.error({ err: error }, 'erasure failed')
      this.#wakeIn(minuteMs)
    }
  }

  /** Answers whether there is more. */
  async #eraseSome(tx: Transaction): Promise<boolean> {
    const { clock, numbersKeptMs, sendsKeptMs } = this.#parts
    const now = clock.now()
    const numbers = await tx.eraseNumbers(now - numbersKeptMs, atOnce)
    const ordered = await tx.eraseOrderedNumbers(now - numbersKeptMs, atOnce)
    const sends = await tx.eraseSends(now - sendsKeptMs, atOnce)
    const asked = await tx.eraseAsked(now - numbersKeptMs, atOnce)
    const keys = await tx.eraseKeys(now, atOnce)
    const decided = await tx.eraseDecidedNumbers(now - numbersKeptMs, atOnce)
    const pairs = await tx.erasePairs(now - decisionsKeptMs, atOnce)
    const challenges = await tx.eraseChallenges(now, atOnce)
    const forgotten = await eraseLevels(tx, now)
    const decisions = await tx.eraseDecisions(now - decisionsKeptMs, atOnce)
    const { numbers: n, sends: s, keys: k, decisions: d } = this.#erased
    this.#erased = {
      numbers: n + numbers + ordered + asked + pairs,
      sends: s + sends,
      keys: k + keys,
      decisions: d + decisions,
    }
    return [numbers, ordered, asked, sends, keys, decided, decisions, pairs, challenges, forgotten].includes(atOnce)
  }

  #report(): void {
    const { numbers, sends, keys, decisions } = this.#erased
    if (numbers + sends + keys + decisions > 0) this.#parts.log.info(this.#erased, 'erased what is kept no longer')
    this.#erased = { numbers: 0, sends: 0, keys: 0, decisions: 0 }
  }
}
