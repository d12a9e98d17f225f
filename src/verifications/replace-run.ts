import { nothingHappened } from '../vonage/errors.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { deliveryUnknown } from './held.ts'
import { giveBack } from './moved-on.ts'
import { command, overOr, type Wanted } from './next-command.ts'
import type { Parts } from './parts.ts'
import { beginAt, foreignRun, lose, startRun } from './send.ts'
import { recordsOf } from './settle.ts'
import { settleNext } from './settle-next.ts'
import { insertSuccessor } from './successor.ts'

/** Once the old run is cancelled its code is dead: whatever then keeps the new one from starting, a repeat of the request starts it. */
export async function replaceRun(parts: Parts, wanted: Wanted): Promise<UpstreamBody> {
  const { numberHash } = wanted.run
  await withdraw(parts, wanted)
  const run = await parts.store.transaction(numberHash, (tx) =>
    insertSuccessor(parts, tx, { ...wanted, state: 'sending' }),
  )
  if (!run) throw await overOr(parts, wanted, deliveryUnknown(wanted.id))
  try {
    const started = await startRun(parts, run)
    if (started.outcome === 'busy') throw foreignRun(started.refusal)
    const beginning = { upstreamId: started.runId, from: run.sentAt, now: parts.clock.now(), isCounted: true }
    await parts.store.transaction(numberHash, (tx) => beginAt(tx, run, beginning))
    return started.body
  } catch (error) {
    await parts.store.transaction(numberHash, async (tx) => {
      if ((await lose(tx, run)) && nothingHappened(error)) await tx.removeSends(run.id, 0)
    })
    throw error
  }
}

/** Cancels the old run. Where the answer is lost and Vonage's record does not show it at once, the sweeper looks again. */
async function withdraw(parts: Parts, wanted: Wanted): Promise<void> {
  const { run, next } = wanted
  try {
    await command(parts, wanted, 'cancel')
  } catch (error) {
    if (nothingHappened(error)) {
      await parts.store.transaction(run.numberHash, (tx) => giveBack(tx, run, next))
      throw error
    }
    const records = await recordsOf(parts, [run])
    if (records?.get(run.upstreamId ?? '')?.state === 'cancelled') return
    await settleNext(parts, { ...run, next: { ...next, lookAt: parts.clock.now() } }, records)
    throw await overOr(parts, wanted, error)
  }
}
