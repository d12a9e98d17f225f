import type { Clock } from '../clock.ts'

/** A task that waits; it is called off with it. */
export interface Entry {
  atMs: number
  order: number
  task: (subject: string) => void
  subject: string
  /** Where the entry stands in the heap; -1 once it has left. */
  place: number
}

/**
 * Many tasks on one timer of the clock. Verifications wait by the ten thousands and most are called off, which a heap
 * does in logarithmic time and the clock's own list in linear.
 */
export class Schedule {
  readonly #clock: Clock
  #heap: Entry[] = []
  #order = 0
  #armedAtMs = Number.POSITIVE_INFINITY
  #disarm = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Runs `task` at `atMs`, tasks of one time in the order they came. Where there are many, one function with the id of
   * each as its subject takes less memory than a function for each.
   */
  at(atMs: number, task: (subject: string) => void, subject = ''): Entry {
    this.#order += 1
    const entry = { atMs, order: this.#order, task, subject, place: this.#heap.length }
    this.#heap.push(entry)
    this.#rise(entry)
    this.#arm()
    return entry
  }

  /** One that has run or was called off before stays as it is. */
  callOff(entry: Entry | undefined): void {
    if (entry) this.#remove(entry)
  }

  stop(): void {
    this.#disarm()
    this.#heap = []
    this.#armedAtMs = Number.POSITIVE_INFINITY
  }

  /** A timer whose task was called off stays armed: it finds nothing due and moves on to the next. */
  #arm(): void {
    const next = this.#heap[0]
    if (!next || next.atMs >= this.#armedAtMs) return
    this.#disarm()
    this.#armedAtMs = next.atMs
    this.#disarm = this.#clock.at(next.atMs, () => this.#runDue())
  }

  #runDue(): void {
    this.#armedAtMs = Number.POSITIVE_INFINITY
    for (let next = this.#heap[0]; next && next.atMs <= this.#clock.now(); next = this.#heap[0]) {
      this.#remove(next)
      next.task(next.subject)
    }
    this.#arm()
  }

  #remove(entry: Entry): void {
    const last = entry.place === -1 ? undefined : this.#heap.pop()
    if (!last) return
    if (last !== entry) {
      this.#put(last, entry.place)
      this.#rise(last)
      this.#sink(last)
    }
    entry.place = -1
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1]
      if (!parent || isBefore(parent, entry)) return
      this.#swap(parent, entry)
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1]
      const right = this.#heap[2 * entry.place + 2]
      const child = left && right && isBefore(right, left) ? right : left
      if (!child || isBefore(entry, child)) return
      this.#swap(entry, child)
    }
  }

  #swap(one: Entry, other: Entry): void {
    const place = one.place
    this.#put(one, other.place)
    this.#put(other, place)
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs
}
