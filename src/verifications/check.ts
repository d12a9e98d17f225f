import { GatewayError } from '../errors.ts'
import type { Run, Transaction } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { CheckAnswer, Refusal } from '../vonage/vonage.ts'
import { leaveRun } from './cancel.ts'
import { deliveryUnknown, demandPending, endAll, endedError, type Held, held } from './held.ts'
import type { Parts } from './parts.ts'
import { checkInProgress } from './run-turns.ts'
import { recordOf, settle } from './settle.ts'
import { triesLeft, triesOfRun, triesOfVerification } from './tries.ts'

export type CheckAnswerView = {
  request_id: string
  status: string
  state: 'verified'
}

/** Longer than a call to Vonage takes: after it another check may have the run although this one never came back. */
const leaseMs = 60_000

/** Checks a code. The try is counted before Vonage is asked, so that parallel guesses can't pass the limit. */
export async function check(
  parts: Parts,
  input: { request_id: string; code: string },
  caller: string,
): Promise<CheckAnswerView> {
  const { request_id: id, code } = input
  const found = await held(parts.store, id, caller)
  demandPending(found, parts.clock.now())
  return parts.turns.forCheck(found.run.id, async () => {
    const { run, refused } = await parts.store.transaction((tx) => reserve(parts, tx, { id, caller }))
    if (refused) {
      await parts.sweeper.rearm()
      throw refused
    }
    if (run.upstreamId === undefined) throw new Error(`run ${run.id} has no upstream id`)
    const answer = await ask(parts, { id, run, upstreamId: run.upstreamId, code })
    return conclude(parts, { id, run }, answer)
  })
}

type Reserved = { run: Run; refused?: GatewayError }

async function reserve(
  { clock }: Parts,
  tx: Transaction,
  { id, caller }: { id: string; caller: string },
): Promise<Reserved> {
  const now = clock.now()
  const found = await held(tx, id, caller)
  const { run } = found
  demandPending(found, now)
  if (run.state === 'unknown') {
    throw deliveryUnknown(id)
  }
  const pending = await tx.pendingOn(run.id)
  const counted = await tx.countTry(id, triesOfVerification(pending.length))
  if (!counted) return { run, refused: await fail(tx, found, now) }
  const taken = await tx.takeTry(run.id, { tries: triesOfRun, now, until: now + leaseMs })
  if (taken) return { run: taken }
  if (run.tries >= triesOfRun) return { run, refused: await fail(tx, found, now) }
  throw checkInProgress()
}

interface Asked {
  id: string
  run: Run
  upstreamId: string
  code: string
}

async function ask({ verify, store }: Parts, { id, run, upstreamId, code }: Asked): Promise<CheckAnswer> {
  try {
    return await verify.check(upstreamId, code)
  } catch (error) {
    const isUnseen = error instanceof UpstreamFailure && error.effect === 'none'
    await store.transaction(async (tx) => {
      await tx.updateRun(run.id, { checkingUntil: undefined })
      if (isUnseen) await tx.returnTry(id)
    })
    throw error instanceof UpstreamFailure ? error.with({ request_id: id }) : error
  }
}

async function conclude(
  parts: Parts,
  { id, run }: { id: string; run: Run },
  answer: CheckAnswer,
): Promise<CheckAnswerView> {
  if (answer.outcome === 'gone') {
    await parts.store.transaction(async (tx) => {
      await tx.updateRun(run.id, { checkingUntil: undefined })
      await tx.returnTry(id)
    })
    throw await settle(parts, { run, id, refusal: answer.refusal, record: await recordOf(parts, run) })
  }
  const now = parts.clock.now()
  if (answer.outcome === 'verified') {
    const tooLate = await parts.store.transaction((tx) => verify(tx, { id, run, now }))
    if (tooLate) throw tooLate
    return { ...answer.body, request_id: id, status: '0', state: 'verified' }
  }
  const refused = await parts.store.transaction(async (tx) => {
    if (answer.outcome === 'wrong') return wrong(tx, { id, run, refusal: answer.refusal, now })
    await endAll(tx, run, 'failed', now)
    return endedError('failed', id).with({ upstream: answer.refusal })
  })
  await parts.sweeper.rearm()
  throw refused
}

/** The code counts for the verification it was given with, unless that one was cancelled meanwhile. */
type Right = { id: string; run: Run; now: number }

async function verify(tx: Transaction, { id, run, now }: Right): Promise<GatewayError | undefined> {
  const verified = await tx.endVerification(id, 'verified', now)
  await endAll(tx, run, 'superseded', now)
  if (verified) return undefined
  const ended = await tx.verification(id)
  return ended && ended.state !== 'pending' ? endedError(ended.state, id) : undefined
}

type Wrong = { id: string; run: Run; refusal: Refusal; now: number }

async function wrong(tx: Transaction, { id, run, refusal, now }: Wrong): Promise<GatewayError> {
  const current = await tx.updateRun(run.id, { checkingUntil: undefined })
  const pending = await tx.pendingOn(run.id)
  const verification = pending.find((other) => other.id === id)
  const left = current && verification ? triesLeft(current, verification, pending.length) : 0
  if (left > 0) {
    const members = { request_id: id, attempts_left: left, upstream: refusal }
    return new GatewayError('wrong_code', 'The code is not the one that was sent.', members)
  }
  await tx.endVerification(id, 'failed', now)
  await leaveRun(tx, run, now)
  return endedError('failed', id).with({ upstream: refusal })
}

/** Nothing is left for this verification, though its run may go on for others. */
async function fail(tx: Transaction, { verification, run }: Held, now: number): Promise<GatewayError> {
  await tx.endVerification(verification.id, 'failed', now)
  await leaveRun(tx, run, now)
  return endedError('failed', verification.id)
}
