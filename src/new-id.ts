import { randomUUID } from 'node:crypto'

/**
 * 32 hex digits: the time, and 80 random bits that nobody guesses. Rows that are made one after the other so lie beside each
 * other in a ledger and its indices, and writing them touches few pages however many there are (npm run bench -- rows).
 */
export function newId(nowMs: number): string {
  // The digits of a UUID that are random through and through: Node keeps some in stock, and bytes it fetches each time.
  const random = randomUUID()
  return nowMs.toString(16).padStart(12, '0') + random.slice(0, 8) + random.slice(-12)
}
