import type { Store } from '../store/store.ts'
import { endAll } from './held.ts'

/** A start after a crash or a restart: what was being sent is unknown, and what an earlier simulator knew is gone with it. */
export async function recover(
  store: Store,
  { now, simulatorIsNew }: { now: number; simulatorIsNew: boolean },
): Promise<void> {
  await store.transaction('recovery', (tx) => tx.markCutOffUnknown())
  if (!simulatorIsNew) return
  const claim = () => store.transaction('sweep', (tx) => tx.claimDue(Number.MAX_SAFE_INTEGER, now))
  for (let runs = await claim(); runs.length > 0; runs = await claim()) {
    for (const run of runs) {
      await store.transaction(run.numberHash, (tx) =>
        run.state === 'ended' ? tx.forgetCheck(run.id) : endAll(tx, run, 'expired', now),
      )
    }
  }
}
