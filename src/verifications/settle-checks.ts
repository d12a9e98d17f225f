import type { EndState, OpenCheck, Run, Store, Transaction } from '../store/store.ts'
import type { RunRecord } from '../vonage/vonage.ts'
import { right, wrong } from './check-outcomes.ts'
import { endAll } from './held.ts'
import { type LookUpParts, recordsOf } from './settle.ts'

/** What became of a check whose answer is missing. `open`: not known yet. */
export type Outcome = 'open' | 'right' | 'wrong' | 'unseen' | Exclude<EndState, 'verified' | 'superseded'>

/** Vonage looks up at most ten runs at a time. */
export const lookedUpAtOnce = 10

const lookAgainAfterMs = 5000
/** A check that Vonage's record does not show by then never arrived. */
const arrivesWithinMs = 60_000
/** So long Vonage may not find a run that has ended. */
const foundWithinMs = 90_000
/** So long the code that was found to be right is known again. */
const toldForMs = 60_000

/** Looks up what became of the checks of some runs, ten at most, and writes it down. The outcomes are in their order. */
export async function settleChecks(parts: LookUpParts & { store: Store }, runs: Run[]): Promise<Outcome[]> {
  const records = await recordsOf(parts, runs)
  const outcomes: Outcome[] = []
  for (const run of runs) {
    const { check, upstreamId = '' } = run
    if (!check) continue
    const now = parts.clock.now()
    const record = records?.get(upstreamId)
    const outcome = records ? outcomeOf({ run, check, record, now }) : 'open'
    await parts.store.transaction(run.numberHash, (tx) => writeDown(tx, { run, check, record, now, outcome }))
    outcomes.push(outcome)
  }
  return outcomes
}

interface Matter {
  run: Run
  check: OpenCheck
  record: RunRecord | undefined
  now: number
}

function outcomeOf({ run, check, record, now }: Matter): Outcome {
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
  { run, check, record, now, outcome }: Matter & { outcome: Outcome },
): Promise<void> {
  if (outcome === 'open') return void (await tx.lookAt(run.id, now + lookAgainAfterMs))
  // Somebody else may have settled it.
  if (!(await tx.closeCheck(run.id, check))) return
  const { verificationId: id } = check
  const checksSeen = record?.checks.length ?? run.checksSeen
  switch (outcome) {
    case 'right': {
      const tooLate = await right(tx, { id, run, now })
      if (!tooLate) await tx.keepCheck(run.id, { ...check, lookAt: now + toldForMs })
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
