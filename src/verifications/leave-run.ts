import type { Run, Transaction } from '../store/store.ts'

/** Vonage cancels from this age on; the last second is for the way between its clock and ours. */
const cancellableAfterMs = 31_000

/** The last one out of a run has it cancelled, as soon as Vonage allows. */
export async function leaveRun(tx: Transaction, run: Run, now: number): Promise<void> {
  if (run.state === 'running' && (await tx.pendingOn(run.id)).length === 0) await cancelLater(tx, run, now)
}

/** Has a running run cancelled, as soon as Vonage allows. */
export async function cancelLater(tx: Transaction, run: Run, now: number): Promise<void> {
  await tx.updateRun(run.id, { cancelAt: Math.max(now, run.askedAt + cancellableAfterMs) })
}
