import type { Clock } from '../clock.ts'
import type { OpenNext, Run, Store, Transaction } from '../store/store.ts'
import type { RunRecord } from '../vonage/vonage.ts'
import { endAll } from './held.ts'
import { giveBack, movedOn } from './moved-on.ts'
import { arrivesWithinMs, endStates, foundWithinMs, lookAgainAfterMs, type Records } from './settle.ts'
import { insertSuccessor } from './successor.ts'
import { currentEvent, schedule } from './workflows.ts'

/**
 * What became of a next message whose answer is missing. `open`: not known yet. `replaced`: its run is cancelled, as it
 * has to be before one with a new code begins. `untraceable`: Vonage does not know the run, and the message stays counted.
 */
export type NextOutcome = 'open' | 'sent' | 'replaced' | 'unsent' | 'untraceable'

/** How far a time of Vonage's may be from the same one here. */
const aboutMs = 15_000

export interface SettleNextParts {
  store: Store
  clock: Clock
  newId: () => string
}

/** Writes down what Vonage's records tell of a run's next message; undefined where none is due. */
export async function settleNext(
  parts: SettleNextParts,
  run: Run,
  records: Records | undefined,
): Promise<NextOutcome | undefined> {
  const { next, upstreamId = '' } = run
  const now = parts.clock.now()
  if (!next || next.lookAt > now) return undefined
  const record = records?.get(upstreamId)
  const outcome = records ? outcomeOf({ run, next, record, now }) : 'open'
  await parts.store.transaction(run.numberHash, (tx) => writeDown(parts, tx, { run, next, record, now, outcome }))
  return outcome
}

interface Matter {
  run: Run
  next: OpenNext
  record: RunRecord | undefined
  now: number
}

function outcomeOf({ run, next, record, now }: Matter): NextOutcome {
  const ageMs = now - next.askedAt
  if (!record && ageMs < foundWithinMs) return 'open'
  if (!record) return next.asks === 'event' ? 'untraceable' : 'unsent'
  if (hasHappened({ run, next, record, now })) return next.asks === 'event' ? 'sent' : 'replaced'
  return record.state !== 'running' || ageMs >= arrivesWithinMs ? 'unsent' : 'open'
}

/** More events than before the asking may be the workflow's own: then the last one came when that had planned it. */
function hasHappened({ run, next, record, now }: Matter & { record: RunRecord }): boolean {
  if (next.asks === 'replacement') return record.state === 'cancelled'
  const { events, lastEventAtMs = Number.NaN, submittedAtMs } = record
  if (events <= currentEvent(run, next.askedAt).index + 1) return false
  const plannedAt = schedule(run.parameters, run.sentAt, run.eventIndex).at[events - run.eventIndex - 1]
  // One that was planned for about when it was asked for has happened, whoever was first.
  const isOwn = plannedAt !== undefined && plannedAt <= now && plannedAt > next.askedAt + aboutMs
  const lastAt = lastEventAtMs - submittedAtMs + run.askedAt
  return !isOwn || lastAt < plannedAt - aboutMs
}

async function writeDown(
  parts: SettleNextParts,
  tx: Transaction,
  { run, next, record, now, outcome }: Matter & { outcome: NextOutcome },
): Promise<void> {
  switch (outcome) {
    case 'open':
      return tx.lookForNext(run.id, next, now + lookAgainAfterMs)
    case 'replaced':
      if ((await tx.pendingOn(run.id)).length > 0)
        return void (await insertSuccessor(parts, tx, { run, next, state: 'unknown' }))
      await giveBack(tx, run, next)
      break
    case 'sent': {
      const closed = await tx.closeNext(run.id, next, { isDone: true })
      if (closed) await movedOn(tx, closed, next, next.askedAt)
      break
    }
    case 'unsent':
      await giveBack(tx, run, next)
      break
    case 'untraceable':
      await tx.closeNext(run.id, next, { isDone: false })
  }
  if (record?.state === 'running') return
  // A check that is asked at this moment gets an answer of its own.
  const current = await tx.run(run.id)
  if (current && !current.check) await endAll(tx, current, record ? endStates[record.state] : 'expired', now)
}
