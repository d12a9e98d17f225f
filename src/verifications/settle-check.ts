import type { Clock } from '../clock.ts'
import type { EndState, OpenCheck, Run, Store, Transaction } from '../store/store.ts'
import type { RunRecord } from '../vonage/vonage.ts'
import { right, wrong } from './check-outcomes.ts'
import { endAll } from './held.ts'
import { arrivesWithinMs, foundWithinMs, lookAgainAfterMs, type Records } from './settle.ts'

/** What became of a check whose answer is missing. `open`: not known yet. */
export type CheckOutcome = 'open' | 'right' | 'wrong' | 'unseen' | Exclude<EndState, 'verified' | 'superseded'>

/** So long the code that was found to be right is known again. */
const toldForMs = 60_000

/** Writes down what Vonage's records tell of a run's check; undefined where none is due. */
export async function settleCheck(
  { store, clock }: { store: Store; clock: Clock },
  run: Run,
  records: Records | undefined,
): Promise<CheckOutcome | undefined> {
  const { check, upstreamId = '' } = run
  const now = clock.now()
  if (!check || run.state === 'ended' || check.lookAt > now) return undefined
  const record = records?.get(upstreamId)
  const outcome = records ? outcomeOf({ run, check, record, now }) : 'open'
  await store.transaction(run.numberHash, (tx) => writeDown(tx, { run, check, record, now, outcome }))
  return outcome
}

interface Matter {
  run: Run
  check: OpenCheck
  record: RunRecord | undefined
  now: number
}

function outcomeOf({ run, check, record, now }: Matter): CheckOutcome {
  const ageMs = now - check.askedAt
  if (!record) return ageMs < foundWithinMs ? 'open' : 'expired'
  const seen = record.checks.slice(run.checksSeen).find(({ codeHash }) => codeHash === check.codeHash)
  if (seen?.isRight) return 'right'
  // Verified by a code that came too late to be awaited: not by this one, unless Vonage does not show by which.
  if (record.state === 'verified') return record.checks.some(({ isRight }) => isRight) ? 'expired' : 'right'
  if (record.state !== 'running') return record.state
  if (seen) return 'wrong'
  return ageMs < arrivesWithinMs ? 'open' : 'unseen'
}

async function writeDown(
  tx: Transaction,
  { run, check, record, now, outcome }: Matter & { outcome: CheckOutcome },
): Promise<void> {
  if (outcome === 'open') return void (await tx.lookAt(run.id, now + lookAgainAfterMs))
  // Somebody else may have settled it.
  if (!(await tx.closeCheck(run.id, check))) return
  const { verificationId: id } = check
  const checksSeen = record?.checks.length ?? run.checksSeen
  switch (outcome) {
    case 'right': {
      const counted = await right(tx, { id, run, now })
      if ('verified' in counted) await tx.keepCheck(run.id, { ...check, lookAt: now + toldForMs })
      return
    }
    case 'wrong':
      return void (await wrong(tx, { id, run, checksSeen, now }))
    case 'unseen':
      await tx.returnTry(id)
      return void (await tx.updateRun(run.id, { checksSeen }))
    default:
      return endAll(tx, run, outcome, now)
  }
}
