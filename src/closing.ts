/** What is to be closed at the end, the newest first. */
export class Closing {
  readonly #closers: (() => unknown)[] = []
  #closed: Promise<void> | undefined

  add(closer: () => unknown): void {
    this.#closers.unshift(closer)
  }

  /**
   * Closes everything, one after the other, also when one of them fails; throws the first failure at the end. After
   * `patienceMs` in all nobody is waited for any more. A second call changes nothing.
   */
  close(patienceMs: number): Promise<void> {
    this.#closed ??= this.#closeAll(patienceMs)
    return this.#closed
  }

  async #closeAll(patienceMs: number): Promise<void> {
    const failures: unknown[] = []
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, patienceMs)
    for (const closer of this.#closers) {
      const closed = (async () => closer())().catch((error: unknown) => void failures.push(error))
      await Promise.race([closed, late.promise])
    }
    clearTimeout(timer)
    if (failures.length > 0) throw failures[0]
  }
}
