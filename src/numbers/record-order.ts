import { record } from '../audit.ts'
import { maskNumber } from '../privacy.ts'
import type { NumberOrder, Transaction } from '../store/store.ts'

interface Recorded extends Pick<NumberOrder, 'id' | 'action' | 'country' | 'state'> {
  /** Who ordered, or `gateway` where a look found out what became of it. */
  actor: string
  msisdn: string
  at: number
}

/** Writes an order into the audit, as it is intended and as it is settled. */
export function recordOrder(
  tx: Transaction,
  { actor, at, id, action, country, msisdn, state }: Recorded,
): Promise<void> {
  const details = { country, number: maskNumber(msisdn), state }
  return record(tx, { at, actor, action: `number.${action}`, subject: id, details })
}
