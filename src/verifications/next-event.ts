import { UpstreamFailure } from '../vonage/errors.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { movedOn } from './moved-on.ts'
import { command, type Wanted } from './next-command.ts'
import type { Parts } from './parts.ts'

/** A lost answer counts as a message that went out, so that asking again within the cooldown can't send another. */
export async function nextEvent(parts: Parts, wanted: Wanted): Promise<UpstreamBody> {
  const { run, reservedAt } = wanted
  try {
    const body = await command(parts, wanted, 'next')
    await parts.store.transaction(run.numberHash, (tx) => movedOn(tx, run, { reservedAt, at: parts.clock.now() }))
    return body
  } catch (error) {
    const mayHaveSent = error instanceof UpstreamFailure && error.effect === 'unknown'
    await parts.store.transaction(run.numberHash, (tx) =>
      mayHaveSent ? movedOn(tx, run, { reservedAt, at: reservedAt }) : tx.removeSends(run.id, reservedAt, reservedAt),
    )
    throw error
  }
}
