import type { GatewayError } from '../errors.ts'
import type { OpenCheck, Run, Transaction } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { CheckAnswer } from '../vonage/vonage.ts'
import { fail, right, wrong, wrongCode } from './check-outcomes.ts'
import { deliveryUnknown, demandPending, endAll, endedError, type Held, held } from './held.ts'
import type { Parts } from './parts.ts'
import { checkInProgress, inProgress } from './run-turns.ts'
import { answerWithinMs, recordOf, settle } from './settle.ts'
import { settleLost } from './settle-lost.ts'
import { signedResult } from './signed-result.ts'
import { tellPrice } from './tell-price.ts'
import { triesOfRun, triesOfVerification } from './tries.ts'

export type CheckAnswerView = {
  request_id: string
  status: string
  state: 'verified'
  verification_token: string
  /** Vonage's answer to this code was lost, and its record says that the code was right. */
  reconciled?: true
}

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
  const known = await reconciled(parts, found, code)
  if (known) return known
  demandPending(found, parts.clock.now())
  return parts.turns.forCheck(found.run.id, () => parts.turns.whileChecking(() => checkNow(parts, asked)))
}

type WithCheck = { run: Run & { check: OpenCheck } }

/** A check before this one whose answer was lost: what became of it has to be known first. */
async function settleEarlier(
  parts: Parts,
  { id, caller, code }: Asked,
  { run }: WithCheck,
): Promise<CheckAnswerView | undefined> {
  if (run.check.lookAt <= parts.clock.now()) await settleLost(parts, [run])
  await parts.sweeper.rearm()
  const after = await held(parts.store, id, caller)
  if (after.run.check && after.run.state !== 'ended') throw checkInProgress(after.run.check.lookAt - parts.clock.now())
  return reconciled(parts, after, code)
}

/** The same code again, after the record has shown that it was right. */
async function reconciled(parts: Parts, found: Held, code: string): Promise<CheckAnswerView | undefined> {
  return isReconciled(parts, found, code) ? { ...(await success(parts, found)), reconciled: true } : undefined
}

function isReconciled(parts: Parts, { verification, run }: Held, code: string): boolean {
  const { check, upstreamId = '' } = run
  const isTold = verification.state === 'verified' && check?.verificationId === verification.id
  if (!isTold || check.lookAt <= parts.clock.now()) return false
  return check.codeHash === parts.codeHash(upstreamId, code)
}

async function success(parts: Parts, found: Held): Promise<CheckAnswerView> {
  const verification_token = await signedResult(parts, found)
  return { request_id: found.verification.id, status: '0', state: 'verified', verification_token }
}

async function checkNow(parts: Parts, asked: Asked): Promise<CheckAnswerView> {
  const reserved = await parts.store.transaction(asked.numberHash, (tx) => reserve(parts, tx, asked))
  if ('right' in reserved) return { ...(await success(parts, reserved.right)), reconciled: true }
  if ('earlier' in reserved) {
    return (await settleEarlier(parts, asked, reserved.earlier)) ?? (await checkNow(parts, asked))
  }
  const { run, check, refused } = reserved
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

type Reserved =
  | { run: Run; check: OpenCheck; refused?: GatewayError }
  /** A check before this one is open. */
  | { earlier: WithCheck }
  /** While this one waited, the code was found to be right. */
  | { right: Held }

async function reserve(parts: Parts, tx: Transaction, { id, caller, code }: Asked): Promise<Reserved> {
  const now = parts.clock.now()
  const found = await held(tx, id, caller)
  const { run } = found
  if (isReconciled(parts, found, code)) return { right: found }
  if (run.check && run.state !== 'ended') return { earlier: { run: { ...run, check: run.check } } }
  demandPending(found, now)
  if (run.state === 'unknown') throw deliveryUnknown(id)
  if (run.state === 'sending') throw inProgress()
  // Whether the code is still the one is not known.
  if (run.next?.asks === 'replacement') throw checkInProgress(run.next.lookAt - now)
  const codeHash = parts.codeHash(upstreamIdOf(run), code)
  const check: OpenCheck = { verificationId: id, codeHash, askedAt: now, lookAt: now + answerWithinMs }
  const counted = await tx.countTry(id, triesOfVerification(found.pendingOnRun))
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
  const [settled] = await settleLost(parts, [{ ...run, check: { ...check, lookAt: now } }])
  await parts.sweeper.rearm()
  const after = await held(parts.store, id, caller)
  const known = await reconciled(parts, after, code)
  if (known) return known
  if (after.verification.state !== 'pending') throw endedError(after.verification.state, id)
  throw settled?.check === 'wrong' ? await wrongCode(parts.store, after) : failure
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
    const counted = await parts.store.transaction(run.numberHash, async (tx) => {
      await tellPrice(tx, { run, body: answer.body, now })
      return right(tx, { id, run, now })
    })
    if ('tooLate' in counted) throw counted.tooLate
    return { ...answer.body, ...(await success(parts, { verification: counted.verified, run })) }
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
