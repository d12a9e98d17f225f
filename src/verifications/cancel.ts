import { demandPending, held } from './held.ts'
import { leaveRun } from './leave-run.ts'
import type { Parts } from './parts.ts'

export type CancelAnswer = {
  request_id: string
  status: string
  command: string
  state: 'cancelled'
}

/** Cancels a verification at once for its caller; a second cancel succeeds too. */
export async function cancel(parts: Parts, id: string, caller: string): Promise<CancelAnswer> {
  const { store, clock, sweeper } = parts
  const { run } = await held(store, id, caller)
  await store.transaction(run.numberHash, async (tx) => {
    const found = await held(tx, id, caller)
    if (found.verification.state === 'cancelled') return
    const now = clock.now()
    demandPending(found, now)
    await tx.endVerification(id, 'cancelled', now)
    await leaveRun(tx, found.run, now)
  })
  await sweeper.rearm()
  return { request_id: id, status: '0', command: 'cancel', state: 'cancelled' }
}
