import type { Caller } from './caller.ts'

/** Whole ones since 1970. */
export type Seconds = number

export interface KnownKey {
  caller: Caller
  /** The first of its ends; `never` for none. */
  endsAt: Seconds
  end: End
  /** When its use was last written down. */
  usedAt: Seconds
}

const allEnds = ['revoked', 'replaced', 'expired'] as const
export type End = (typeof allEnds)[number]

/** The last second that a word holds, in the year 2106. */
export const never: Seconds = 0xffff_ffff

/** Words of 32 bits, as many as a line of the processor's cache holds: among many keys it costs to reach for what lies far apart. */
const rowSize = 16
/** Behind the eight words of the hash. The number counts from 1, and is 0 in a row that is free. */
const at = { number: 8, endsAt: 9, end: 10, usedAt: 11 } as const
const fewest = 64

/** Keys by the hashes of their secrets: a table with open addressing, half of it free. */
export class KnownKeys {
  #rows = new Uint32Array(fewest * rowSize)
  #callers: Caller[] = []

  clear(): void {
    this.#rows = new Uint32Array(fewest * rowSize)
    this.#callers = []
  }

  find(hash: Buffer): KnownKey | undefined {
    const row = rowOf(this.#rows, hash)
    const word = (place: number) => this.#rows[row + place] as number
    const caller = this.#callers[word(at.number) - 1]
    return caller && { caller, endsAt: word(at.endsAt), end: allEnds[word(at.end)] as End, usedAt: word(at.usedAt) }
  }

  /** Takes one that is new, or in place of what was held of it. */
  set(hash: Buffer, known: KnownKey): void {
    if (this.#callers.length * 2 * rowSize >= this.#rows.length) this.#rows = grown(this.#rows)
    const row = rowOf(this.#rows, hash)
    const number = this.#rows[row + at.number] || this.#callers.length + 1
    this.#callers[number - 1] = known.caller
    for (let word = 0; word < at.number; word++) this.#rows[row + word] = hash.readUInt32LE(word * 4)
    this.#rows.set([number, known.endsAt, allEnds.indexOf(known.end), known.usedAt], row + at.number)
  }
}

/** The row that holds this hash, of 32 bytes, or the free one where it goes. */
function rowOf(rows: Uint32Array, hash: Buffer): number {
  const last = rows.length - rowSize
  let row = (hash.readUInt32LE() * rowSize) & last
  while (rows[row + at.number] !== 0 && !holds(rows, row, hash)) row = (row + rowSize) & last
  return row
}

/** In the same time, wherever they differ. */
function holds(rows: Uint32Array, row: number, hash: Buffer): boolean {
  let difference = 0
  for (let word = 0; word < at.number; word++) {
    difference |= (rows[row + word] ?? 0) ^ hash.readUInt32LE(word * 4)
  }
  return difference === 0
}

function grown(rows: Uint32Array): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(rows.length * 2)
  const hash = Buffer.alloc(4 * at.number)
  for (let row = 0; row < rows.length; row += rowSize) {
    if (rows[row + at.number] === 0) continue
    for (let word = 0; word < at.number; word++) hash.writeUInt32LE(rows[row + word] ?? 0, word * 4)
    wider.set(rows.subarray(row, row + rowSize), rowOf(wider, hash))
  }
  return wider
}
