import { nothingHappened } from '../vonage/errors.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { command, type Wanted } from './next-command.ts'
import type { Parts } from './parts.ts'
import { beginAt, foreignRun, startRun } from './send.ts'
import { insertSuccessor } from './successor.ts'

/** Once the old run is cancelled its code is dead: whatever then keeps the new one from starting, a repeat of the request starts it. */
export async function replaceRun(parts: Parts, wanted: Wanted): Promise<UpstreamBody> {
  const { run: old, reservedAt } = wanted
  try {
    await command(parts, wanted, 'cancel')
  } catch (error) {
    await parts.store.transaction(old.numberHash, (tx) => tx.removeSends(old.id, reservedAt, reservedAt))
    throw error
  }
  const run = await parts.store.transaction(old.numberHash, (tx) => insertSuccessor(parts, tx, wanted))
  try {
    const started = await startRun(parts, run)
    if (started.outcome === 'busy') throw foreignRun(started.refusal)
    const beginning = { upstreamId: started.runId, from: run.sentAt, now: parts.clock.now() }
    await parts.store.transaction(run.numberHash, (tx) => beginAt(tx, run, beginning))
    return started.body
  } catch (error) {
    await parts.store.transaction(run.numberHash, async (tx) => {
      await tx.updateRun(run.id, { state: 'unknown' })
      if (nothingHappened(error)) await tx.removeSends(run.id, 0)
    })
    throw error
  }
}
