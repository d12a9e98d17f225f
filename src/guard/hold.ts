import { GatewayError } from '../errors.ts'
import type { Transaction } from '../store/store.ts'

/** Throws while messages are held: the ledger was restored and doesn't know the newest ones. */
export async function demandNotHeld(tx: Transaction, now: number): Promise<void> {
  const until = await tx.sendsHeldUntil()
  if (until === undefined || until <= now) return
  const detail = `The ledger was restored from a backup: no message is sent until ${new Date(until).toISOString()}.`
  throw new GatewayError('overloaded', detail, { retry_after_seconds: Math.ceil((until - now) / 1000) })
}
