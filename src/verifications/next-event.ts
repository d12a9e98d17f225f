import { nothingHappened } from '../vonage/errors.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { giveBack, movedOn } from './moved-on.ts'
import { command, overOr, type Wanted } from './next-command.ts'
import type { Parts } from './parts.ts'
import { settleLost } from './settle-lost.ts'

/** Has the run's next event happen now. Where the answer is lost, Vonage's record tells at once, or to the sweeper later. */
export async function nextEvent(parts: Parts, wanted: Wanted): Promise<UpstreamBody> {
  const { store, clock } = parts
  const { run, next } = wanted
  try {
    const body = await command(parts, wanted, 'next')
    await store.transaction(run.numberHash, async (tx) => {
      const closed = await tx.closeNext(run.id, next, { isDone: true })
      if (closed) await movedOn(tx, closed, next, clock.now())
    })
    return body
  } catch (error) {
    if (nothingHappened(error)) {
      await store.transaction(run.numberHash, (tx) => giveBack(tx, run, next))
      throw error
    }
    const [settled] = await settleLost(parts, [{ ...run, next: { ...next, lookAt: clock.now() } }])
    if (settled?.next === 'sent') return {}
    throw await overOr(parts, wanted, error)
  }
}
