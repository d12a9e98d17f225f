import { createHash } from 'node:crypto'

/**
 * Values that look random and that a seed repeats: the same seed and stream give the same values in the same order.
 * Streams keep the parts apart, so that a call more in one of them changes nothing in another. Not for secrets.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(seed: string, stream: string) {
    const digest = createHash('sha256').update(`${stream}\n${seed}`).digest()
    this.#a = digest.readInt32LE(0)
    this.#b = digest.readInt32LE(4)
    this.#c = digest.readInt32LE(8)
    this.#counter = digest.readInt32LE(12)
  }

  /** One step of the sfc32 generator. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** An integer from 0 to `limit - 1`, each equally likely: what would favour the low ones is drawn again. */
  below(limit: number): number {
    const fairRange = 2 ** 32 - (2 ** 32 % limit)
    let value = this.uint32()
    while (value >= fairRange) value = this.uint32()
    return value % limit
  }

  /** From 0, below 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32
  }

  digits(length: number): string {
    let text = ''
    while (text.length < length) text += this.below(10)
    return text
  }

  hex(length: number): string {
    let text = ''
    while (text.length < length) text += this.uint32().toString(16).padStart(8, '0')
    return text.slice(0, length)
  }

  uuid(): string {
    const hex = this.hex(32)
    const variant = (8 + this.below(4)).toString(16)
    // join() makes one flat string; one put together by template keeps its parts and takes six times the memory.
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      variant + hex.slice(17, 20),
      hex.slice(20),
    ].join('-')
  }
}
