import type { GatewayError } from '../errors.ts'
import type { OpenCheck, Run, Transaction } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { CheckAnswer } from '../vonage/vonage.ts'
import { fail, right, wrong, wrongCode } from './check-outcomes.ts'
import { deliveryUnknown, demandPending, endAll, endedError, type Held, held } from './held.ts'
import type { Parts } from './parts.ts'
import { checkInProgress, inProgress } from './run-turns.ts'
import { recordOf, settle } from './settle.ts'
import { settleChecks } from './settle-checks.ts'
import { triesOfRun, triesOfVerification } from './tries.ts'

export type CheckAnswerView = {
  request_id: string
  status: string
  state: 'verified'
  /** Vonage's answer to this code was lost, and its record says that the code was right. */
  reconciled?: true
}

/** Longer than a call to Vonage takes: whoever has no answer by then, by a crash perhaps, gets none. */
const answerWithinMs = 60_000

interface Asked {
  id: string
  caller: string
  code: string
  numberHash: string
}

/** Checks a code. The try is counted before Vonage is asked, so that parallel guesses can't pass the limit. */
export async function check(
  parts: Parts,
  { request_id: id, code }: { request_id: string; code: string },
  caller: string,
): Promise<CheckAnswerView> {
  const found = await held(parts.store, id, caller)
  const asked = { id, caller, code, numberHash: found.run.numberHash }
  const known = reconciled(parts, found, code)
  if (known) return known
  demandPending(found, parts.clock.now())
  const checkInTurn = async () => (await settleEarlier(parts, asked)) ?? (await checkNow(parts, asked))
  return parts.turns.forCheck(found.run.id, () => parts.turns.whileChecking(checkInTurn))
}

/** A check before this one whose answer was lost: what became of it has to be known first. */
async function settleEarlier(parts: Parts, { id, caller, code }: Asked): Promise<CheckAnswerView | undefined> {
  const before = await held(parts.store, id, caller)
  const { run } = before
  if (!run.check || run.state === 'ended') return reconciled(parts, before, code)
  if (run.check.lookAt <= parts.clock.now()) await settleChecks(parts, [run])
  await parts.sweeper.rearm()
  const after = await held(parts.store, id, caller)
  if (after.run.check && after.run.state !== 'ended') throw checkInProgress(after.run.check.lookAt - parts.clock.now())
  return reconciled(parts, after, code)
}

/** The same code again, after the record has shown that it was right. */
function reconciled(parts: Parts, { verification, run }: Held, code: string): CheckAnswerView | undefined {
  const { check, upstreamId = '' } = run
  const isTold = verification.state === 'verified' && check?.verificationId === verification.id
  if (!isTold || check.lookAt <= parts.clock.now()) return undefined
  if (check.codeHash !== parts.codeHash(upstreamId, code)) return undefined
  return { request_id: verification.id, status: '0', state: 'verified', reconciled: true }
}

async function checkNow(parts: Parts, asked: Asked): Promise<CheckAnswerView> {
  const { run, check, refused } = await parts.store.transaction(asked.numberHash, (tx) => reserve(parts, tx, asked))
  if (refused) {
    await parts.sweeper.rearm()
    throw refused
  }
  let answer: CheckAnswer
  try {
    answer = await parts.verify.check(upstreamIdOf(run), asked.code)
  } catch (error) {
    return unanswered(parts, { ...asked, run, check, error })
  }
  return conclude(parts, { id: asked.id, run, check }, answer)
}

function upstreamIdOf({ id, upstreamId }: Run): string {
  if (upstreamId === undefined) throw new Error(`run ${id} has no upstream id`)
  return upstreamId
}

type Reserved = { run: Run; check: OpenCheck; refused?: GatewayError }

async function reserve(parts: Parts, tx: Transaction, { id, caller, code }: Asked): Promise<Reserved> {
  const now = parts.clock.now()
  const found = await held(tx, id, caller)
  const { run } = found
  demandPending(found, now)
  if (run.state === 'unknown') throw deliveryUnknown(id)
  if (run.state === 'sending') throw inProgress()
  // It may be the last try, and right: nothing fails for want of tries before that is known.
  if (run.check) throw checkInProgress(run.check.lookAt - now)
  const codeHash = parts.codeHash(upstreamIdOf(run), code)
  const check: OpenCheck = { verificationId: id, codeHash, askedAt: now, lookAt: now + answerWithinMs }
  const pending = await tx.pendingOn(run.id)
  const counted = await tx.countTry(id, triesOfVerification(pending.length))
  if (!counted) return { run, check, refused: await fail(tx, found, now) }
  const taken = await tx.takeTry(run.id, { tries: triesOfRun, check })
  if (taken) return { run: taken, check }
  if (run.tries >= triesOfRun) return { run, check, refused: await fail(tx, found, now) }
  throw checkInProgress(answerWithinMs)
}

type Unanswered = Asked & { run: Run; check: OpenCheck; error: unknown }

/** A check that Vonage never saw costs nothing; what became of any other stands in its record, now or later. */
async function unanswered(parts: Parts, { id, caller, code, run, check, error }: Unanswered): Promise<CheckAnswerView> {
  const failure = error instanceof UpstreamFailure ? error.with({ request_id: id }) : error
  if (error instanceof UpstreamFailure && error.effect === 'none') {
    await parts.store.transaction(run.numberHash, async (tx) => {
      if (await tx.closeCheck(run.id, check)) await tx.returnTry(id)
    })
    throw failure
  }
  const now = parts.clock.now()
  await parts.store.transaction(run.numberHash, (tx) => tx.lookAt(run.id, now))
  const [outcome] = await settleChecks(parts, [{ ...run, check: { ...check, lookAt: now } }])
  await parts.sweeper.rearm()
  const after = await held(parts.store, id, caller)
  const known = reconciled(parts, after, code)
  if (known) return known
  if (after.verification.state !== 'pending') throw endedError(after.verification.state, id)
  throw outcome === 'wrong' ? await wrongCode(parts.store, after) : failure
}

async function conclude(
  parts: Parts,
  { id, run, check }: { id: string; run: Run; check: OpenCheck },
  answer: CheckAnswer,
): Promise<CheckAnswerView> {
  if (answer.outcome === 'gone') {
    await parts.store.transaction(run.numberHash, async (tx) => {
      if (await tx.closeCheck(run.id, check)) await tx.returnTry(id)
    })
    throw await settle(parts, { run, id, refusal: answer.refusal, record: await recordOf(parts, run) })
  }
  const now = parts.clock.now()
  if (answer.outcome === 'verified') {
    const tooLate = await parts.store.transaction(run.numberHash, (tx) => right(tx, { id, run, now }))
    if (tooLate) throw tooLate
    return { ...answer.body, request_id: id, status: '0', state: 'verified' }
  }
  const refused = await parts.store.transaction(run.numberHash, async (tx) => {
    await tx.closeCheck(run.id, check)
    if (answer.outcome === 'wrong') return wrong(tx, { id, run, checksSeen: run.checksSeen + 1, now })
    await endAll(tx, run, 'failed', now)
    return endedError('failed', id)
  })
  await parts.sweeper.rearm()
  throw refused.with({ upstream: answer.refusal })
}
