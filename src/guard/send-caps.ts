import { GatewayError } from '../errors.ts'
import type { Transaction } from '../store/store.ts'

export interface SendCaps {
  /** Caps for one number, such as 3 messages in 10 minutes. Empty: none. */
  perNumber: readonly { limit: number; windowMs: number }[]
  /** All messages of a UTC day; absent: no cap (only in a sandbox). */
  perDay?: number | undefined
}

const dayMs = 86_400_000

/** Throws quota_exceeded when messages at the times `at` would pass a cap. Call it in the transaction that reserves them. */
export async function checkCaps(
  tx: Transaction,
  caps: SendCaps,
  { numberHash, at, now }: { numberHash: string; at: readonly number[]; now: number },
): Promise<void> {
  for (const { limit, windowMs } of caps.perNumber) {
    const sent = await tx.sendsTo(numberHash, now - windowMs + 1)
    const tooMany = sent.length + at.length - limit
    if (tooMany > 0) throw exceeded('for this number', (sent[tooMany - 1] ?? now) + windowMs - now)
  }
  if (caps.perDay === undefined) return
  const dayStart = Math.floor(now / dayMs) * dayMs
  const today = await tx.countSends(dayStart, dayStart + dayMs)
  if (today + at.length > caps.perDay) throw exceeded('for the whole gateway today', dayStart + dayMs - now)
}

function exceeded(whose: string, waitMs: number): GatewayError {
  const detail = `The cap on messages ${whose} is reached.`
  return new GatewayError('quota_exceeded', detail, { retry_after_seconds: Math.ceil(waitMs / 1000) })
}
