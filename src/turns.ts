import { setTimeout as pause } from 'node:timers/promises'

/** Work on one key happens one after the other, in the order it came. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` when all earlier work on `key` is done; gives up with `tooLate()` if that takes longer than `patienceMs`. */
  async take<T>(
    key: string,
    work: () => Promise<T>,
    { patienceMs, tooLate }: { patienceMs: number; tooLate: () => Error },
  ): Promise<T> {
    const before = this.#last.get(key)
    const gate = Promise.withResolvers<void>()
    const ours = before ? before.then(() => gate.promise) : gate.promise
    this.#last.set(key, ours)
    try {
      if (before) await within(before, patienceMs, tooLate)
      return await work()
    } finally {
      gate.resolve()
      // Whoever gave up waiting is done before the work it waited for: only when that is over is nobody left.
      void ours.then(() => {
        if (this.#last.get(key) === ours) this.#last.delete(key)
      })
    }
  }
}

async function within(wait: Promise<unknown>, patienceMs: number, tooLate: () => Error): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(tooLate()), patienceMs)
  try {
    await Promise.race([wait, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

const againAfterMs = 50

/** Does `work` again for as long as it fails as busy, and for `patienceMs` at most. */
export async function again<T>(
  work: () => Promise<T>,
  { patienceMs, isBusy }: { patienceMs: number; isBusy: (error: unknown) => boolean },
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error
    }
    await pause(againAfterMs)
  }
}
