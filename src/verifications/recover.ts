import type { Store } from '../store/store.ts'
import { endAll } from './held.ts'

/** A start after a crash or a restart: what was being sent is unknown, and what an earlier simulator knew is gone with it. */
export async function recover(
  store: Store,
  { now, simulatorIsNew }: { now: number; simulatorIsNew: boolean },
): Promise<void> {
  await store.transaction('recovery', (tx) => tx.markCutOffUnknown())
  if (!simulatorIsNew) return
  for (
    let runs = await store.due(Number.MAX_SAFE_INTEGER);
    runs.length > 0;
    runs = await store.due(Number.MAX_SAFE_INTEGER)
  ) {
    for (const run of runs) {
      await store.transaction(run.numberHash, (tx) =>
        run.state === 'ended' ? tx.forgetCheck(run.id) : endAll(tx, run, 'expired', now),
      )
    }
  }
}
