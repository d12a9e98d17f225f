/** The latest items up to a limit, oldest first. Adding and dropping take the same short time however many there are. */
export class Latest<Item> {
  readonly #limit: number
  readonly #ring: Item[] = []
  #oldest = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Returns the item that had to go, if one had to. */
  add(item: Item): Item | undefined {
    if (this.#ring.length < this.#limit) {
      this.#ring.push(item)
      return undefined
    }
    const dropped = this.#ring[this.#oldest]
    this.#ring[this.#oldest] = item
    this.#oldest = (this.#oldest + 1) % this.#limit
    return dropped
  }

  all(): Item[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)]
  }
}
