import { GatewayError } from '../errors.ts'

/** Throws while messages are held (sendsHeldUntil): the ledger was restored and doesn't know the newest ones. */
export function demandNotHeld(until: number | undefined, now: number): void {
  if (until === undefined || until <= now) return
  const detail = `The ledger was restored from a backup: no message is sent until ${new Date(until).toISOString()}.`
  const basis = { rule: 'restored' }
  throw new GatewayError('overloaded', detail, { basis, retry_after_seconds: Math.ceil((until - now) / 1000) })
}
