import type { Store } from '../store/store.ts'
import { endAll } from './held.ts'

/** Ends runs whose time is over; answers how many runs and how many of their verifications. */
export async function expireOverdue(store: Store, now: number): Promise<{ runs: number; verifications: number }> {
  const expired = { runs: 0, verifications: 0 }
  for (let runs = await store.overdue(now); runs.length > 0; runs = await store.overdue(now)) {
    for (const { id, numberHash } of runs) {
      await store.transaction(numberHash, async (tx) => {
        const run = await tx.run(id)
        // Somebody may have started it anew, or checks it at this moment.
        if (!run || run.state === 'ended' || run.expiresAt > now || run.check) return
        expired.verifications += (await tx.pendingOn(id)).length
        expired.runs += 1
        await endAll(tx, run, 'expired', now)
      })
    }
  }
  return expired
}
