/** Time as the program sees it. Every time is in epoch milliseconds. */
export interface Clock {
  now(): number
  /**
   * Runs `task` once, at `atMs` or as soon after it as possible.
   * Returns a function that calls it off. A task must not wait for this clock itself: the clock waits for the task.
   */
  at(atMs: number, task: Task): () => void
}

export type Task = () => void | Promise<void>

/** setTimeout counts in 31 bits; a later time is approached in steps. */
const longestTimeoutMs = 2 ** 31 - 1

export const systemClock = realClock(() => Date.now())

/** Real time that never steps, as the system's clock does when it is corrected; for spans, not for dates. */
export const monotonicClock = realClock(() => performance.timeOrigin + performance.now())

function realClock(now: () => number): Clock {
  return {
    now,
    at(atMs, task) {
      let timer: NodeJS.Timeout
      const wait = () => {
        const restMs = Math.max(0, atMs - now())
        timer = setTimeout(restMs > longestTimeoutMs ? wait : task, Math.min(restMs, longestTimeoutMs))
        timer.unref()
      }
      wait()
      return () => clearTimeout(timer)
    },
  }
}

/** The time of something else, such as a database: told now and then, it goes on by this machine's monotonic clock between. */
export class FollowingClock implements Clock {
  #offsetMs = 0
  readonly #clock = realClock(() => performance.now() + this.#offsetMs)

  /** What it is now, in epoch milliseconds. */
  follow(nowMs: number): void {
    this.#offsetMs = nowMs - performance.now()
  }

  now(): number {
    return Math.round(this.#clock.now())
  }

  at(atMs: number, task: Task): () => void {
    return this.#clock.at(atMs, task)
  }
}

interface Timer {
  atMs: number
  task: Task
}

/**
 * A clock that can be moved ahead. What falls due on the way happens in time order, each task finished before the next
 * one begins, and `now()` is the due time while a task runs. It follows the wall clock unless it is made to stand still.
 */
export class SimulatedClock implements Clock {
  readonly #follows: Clock | undefined
  readonly #onTaskError: (error: unknown) => void
  #timers: Timer[] = []
  #offsetMs = 0
  #standsAtMs: number | undefined
  #disarm = () => {}
  #moves: Promise<unknown> = Promise.resolve()
  readonly #onMove = new Set<() => void>()

  /** `standsAt` (epoch ms) makes a clock that moves only when told to; without it the clock runs with the wall. */
  constructor(options: { standsAt?: number; onTaskError?: (error: unknown) => void } = {}) {
    this.#standsAtMs = options.standsAt
    this.#follows = options.standsAt === undefined ? systemClock : undefined
    this.#onTaskError = options.onTaskError ?? ((error) => process.emitWarning(String(error)))
  }

  now(): number {
    return this.#standsAtMs ?? Date.now() + this.#offsetMs
  }

  /** Whether time passes by itself. */
  get isRunning(): boolean {
    return this.#follows !== undefined
  }

  /** Runs `listener` after every move ahead, until the returned function is called. */
  onMove(listener: () => void): () => void {
    this.#onMove.add(listener)
    return () => this.#onMove.delete(listener)
  }

  at(atMs: number, task: Task): () => void {
    const timer = { atMs, task }
    const later = this.#timers.findIndex((other) => other.atMs > atMs)
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer)
    this.#arm()
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
      this.#arm()
    }
  }

  /** Moves `seconds` ahead and resolves when all that fell due is done. */
  advance(seconds: number): Promise<void> {
    return this.#inTurn(() => this.#moveTo(this.now() + seconds * 1000))
  }

  /** Moves to `atMs`; a time that has passed is a RangeError, because what happened can't be undone. */
  moveTo(atMs: number): Promise<void> {
    return this.#inTurn(() => {
      if (atMs < this.now()) throw new RangeError(`the clock is past ${new Date(atMs).toISOString()}`)
      return this.#moveTo(atMs)
    })
  }

  /** Calls off everything that is still due. */
  stop(): void {
    this.#timers = []
    this.#disarm()
  }

  #inTurn(move: () => Promise<void>): Promise<void> {
    const moved = this.#moves.then(move)
    this.#moves = moved.catch(() => {})
    return moved
  }

  async #moveTo(targetMs: number): Promise<void> {
    this.#disarm()
    for (let next = this.#timers[0]; next && next.atMs <= targetMs; next = this.#timers[0]) {
      this.#timers.shift()
      this.#standsAtMs = Math.max(next.atMs, this.now())
      await this.#run(next.task)
    }
    this.#standsAtMs = targetMs
    if (this.#follows) this.#goOn()
    for (const listener of this.#onMove) listener()
  }

  #goOn(): void {
    this.#offsetMs = this.now() - Date.now()
    this.#standsAtMs = undefined
    this.#arm()
  }

  /** What falls due by the wall runs while time goes on. */
  async #runDue(): Promise<void> {
    for (let next = this.#timers[0]; next && next.atMs <= this.now(); next = this.#timers[0]) {
      this.#timers.shift()
      await this.#run(next.task)
    }
    this.#arm()
  }

  async #run(task: Task): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#onTaskError(error)
    }
  }

  /** While it follows the wall, one real timer stands for the earliest of ours. */
  #arm(): void {
    this.#disarm()
    const next = this.#timers[0]
    if (!next || !this.#follows || this.#standsAtMs !== undefined) return
    this.#disarm = this.#follows.at(next.atMs - this.#offsetMs, () => this.#inTurn(() => this.#runDue()))
  }
}
