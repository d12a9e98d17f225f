import type { Transaction } from '../store/store.ts'
import { endAll } from './held.ts'
import { leaveRun } from './leave-run.ts'

export interface Forgotten {
  verifications: number
  runs: number
  /** Of the verifications, those that were pending. */
  cancelled: number
  /** Messages that the caps still count, under the keyed hash. */
  messages: number
  /** When the newest of them goes or went out. */
  newestAt?: number | undefined
}

/** Erases what is kept of a number. A run that goes on is left by everybody, so that it is cancelled as soon as Vonage allows it. */
export async function forget(tx: Transaction, numberHash: string, now: number): Promise<Forgotten> {
  const cancelled = await cancelAll(tx, numberHash, now)
  const sent = await tx.sendsTo(numberHash, 0)
  const erased = await tx.eraseNumber(numberHash)
  return { ...erased, cancelled, messages: sent.length, newestAt: sent.at(-1) }
}

async function cancelAll(tx: Transaction, numberHash: string, now: number): Promise<number> {
  const run = await tx.liveRun(numberHash)
  if (!run) return 0
  if (run.expiresAt <= now && !run.check) {
    await endAll(tx, run, 'expired', now)
    return 0
  }
  const pending = await tx.pendingOn(run.id)
  for (const { id } of pending) await tx.endVerification(id, 'cancelled', now)
  await leaveRun(tx, run, now)
  return pending.length
}
