/** The gateways that serve at this moment; callers go to one after the other. */
export class Addresses {
  #serving: string[] = []
  #someone = Promise.withResolvers<void>()
  #turn = 0

  add(address: string): void {
    this.#serving.push(address)
    this.#someone.resolve()
  }

  remove(address: string): void {
    this.#serving = this.#serving.filter((each) => each !== address)
    if (this.#serving.length === 0) this.#someone = Promise.withResolvers()
  }

  /** Nobody serves any more, and callers wait for ever. */
  [Symbol.dispose](): void {
    for (const address of this.#serving) this.remove(address)
  }

  /** While nobody serves, callers wait. */
  async next(): Promise<string> {
    for (;;) {
      this.#turn += 1
      const address = this.#serving[this.#turn % this.#serving.length]
      if (address !== undefined) return address
      await this.#someone.promise
    }
  }
}
