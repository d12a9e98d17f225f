import type { Caller } from '../access/caller.ts'
import { GatewayError } from '../errors.ts'
import { demandFewGuesses } from '../guard/guess-cap.ts'
import { demandNotHeld } from '../guard/hold.ts'
import { reserveSends } from '../guard/send-caps.ts'
import type { OpenNext, Run, SentDecision, Transaction } from '../store/store.ts'
import { together } from '../together.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import {
  type Admission,
  allow,
  deciding,
  demandByBudgets,
  demandByPolicy,
  goesOnTrial,
  phoneOf,
  type Wish,
} from './decisions.ts'
import { deliveryUnknown, demandPending, held } from './held.ts'
import type { Wanted } from './next-command.ts'
import { nextEvent } from './next-event.ts'
import type { Parts } from './parts.ts'
import { replaceRun } from './replace-run.ts'
import { checkInProgress, inProgress } from './run-turns.ts'
import { answerWithinMs } from './settle.ts'
import { settleLost } from './settle-lost.ts'
import { triesOfRun } from './tries.ts'
import { resendAt, type VerificationView, view } from './view.ts'
import { hasNextEvent, messagesOf, nextCost } from './workflows.ts'

export type NextAnswer = VerificationView & {
  status: string
  command: string
  message_sent: boolean
}

interface Asked {
  id: string
  caller: Caller
  /** Of an earlier call, if this is its repeat. */
  intentId: string | undefined
}

/** Sends the next message: the run's next event where it has one, else a new run with a new code takes its place. */
export async function triggerNext(parts: Parts, asked: Asked): Promise<NextAnswer> {
  const { run } = await held(parts.store, asked.id, asked.caller.id)
  return parts.turns.forNumber(run.numberHash, async () => {
    try {
      await settleEarlier(parts, asked)
      const body = (await hasSent(parts, asked)) ? {} : await sendNext(parts, asked)
      return await answer(parts, asked, body)
    } catch (error) {
      throw error instanceof GatewayError ? error.with({ request_id: asked.id }) : error
    } finally {
      await parts.sweeper.rearm()
    }
  })
}

/** What became of the next message before this one has to be known first. */
async function settleEarlier(parts: Parts, { id, caller, intentId }: Asked): Promise<void> {
  const { run } = await held(parts.store, id, caller.id)
  const now = parts.clock.now()
  if (!run.next) return
  // One of this same call is surely asked for by nobody else at this moment.
  const isOwn = intentId !== undefined && run.next.intentId === intentId
  if (isOwn || run.next.lookAt <= now) await settleLost(parts, [{ ...run, next: { ...run.next, lookAt: now } }])
}

/** Whether the message of this call went out before, though its caller was not told. */
async function hasSent({ store }: Parts, { id, caller, intentId }: Asked): Promise<boolean> {
  const { run } = await held(store, id, caller.id)
  // A run with a new code that has not begun has sent nothing.
  return intentId !== undefined && run.nextsDone.includes(intentId) && run.upstreamId !== undefined
}

/** A check that runs is waited for, and checks wait while the code is replaced. */
async function sendNext(parts: Parts, asked: Asked): Promise<UpstreamBody> {
  const { run } = await held(parts.store, asked.id, asked.caller.id)
  const { wanted, body } = await parts.turns.forCheck(run.id, async () => {
    const decided = await parts.store.decisionsOfRun(run)
    const wanted = await deciding(
      parts,
      () => wishOf(parts, run, { ...asked, decided }),
      () => parts.store.transaction(run.numberHash, (tx) => reserve(parts, tx, { ...asked, decided })),
    )
    return { wanted, body: wanted.next.asks === 'replacement' ? await replaceRun(parts, wanted) : undefined }
  })
  return body ?? nextEvent(parts, wanted)
}

interface Decided extends Asked {
  /** What the messages of the run before were let through by, the earliest first. */
  decided: SentDecision[]
}

function wishOf(parts: Parts, run: Run, { caller, decided: [first] }: Decided): Wish {
  const { numberHash, parameters, inLane: isKnown } = run
  const { sessionHash: session_id, accountHash: account_id, deviceHash: device_id } = first ?? {}
  return {
    kind: 'next',
    phone: phoneOf(parts, run),
    numberHash,
    caller,
    parameters,
    // Its own messages are reserved by the request that began it.
    costs: hasNextEvent(run, parts.clock.now()) ? [] : run.eventCosts,
    context: {},
    // Whoever waits for a code has counted at their address.
    hashes: { session_id, account_id, device_id },
    isKnown,
  }
}

/** Counts the message, and writes down what Vonage is going to be asked for. */
async function reserve(parts: Parts, tx: Transaction, asked: Decided): Promise<Wanted> {
  const { id, caller, intentId } = asked
  const { clock, caps } = parts
  const now = clock.now()
  const [found, heldUntil] = await together(held(tx, id, caller.id), tx.sendsHeldUntil())
  demandPending(found, now)
  const { run } = found
  if (run.state === 'sending') throw inProgress()
  if (run.state !== 'running') throw deliveryUnknown(id)
  if (run.check) throw checkInProgress(run.check.lookAt - now)
  if (run.next) throw unanswered(run.next.lookAt - now)
  demandPause(resendAt(run, now) - now)
  demandNotHeld(heldUntil, now)
  const asks = hasNextEvent(run, now) ? 'event' : 'replacement'
  const isReplaced = asks === 'replacement'
  const inLane = run.inLane && (!isReplaced || (await staysInLane(tx, run, asked, now)))
  const wish = { ...wishOf(parts, run, asked), isKnown: inLane }
  const written = demandByPolicy(parts, wish)
  // Before the run is ended that another is to replace.
  parts.verify.demandSends()
  const next: OpenNext = { asks, intentId, askedAt: now, lookAt: now + answerWithinMs }
  const taken = await tx.takeNext(run.id, next)
  if (!taken) throw unanswered(answerWithinMs)
  const { numberHash, country } = run
  const admission = isReplaced ? await admitReplacement(tx, parts, { wish, written, ...asked }) : written
  const messages = isReplaced ? messagesOf(run, now) : [{ at: now, micros: nextCost(run, now) }]
  await reserveSends(tx, parts, { numberHash, runId: run.id, caller, country, inLane, messages, now })
  if (isReplaced) {
    await demandFewGuesses(tx, caps, { numberHash, tries: triesOfRun, triesBefore: run.tries, now })
  }
  // A message of the run itself is among those of the request that began it.
  const more = isReplaced ? { inLane, messages: messages.length } : { inLane: false, messages: 0 }
  await allow(tx, parts, { wish, admission, id: parts.newId(), verificationId: id, ...more })
  return { id, run: taken, next }
}

/** Whether the lane of a known person has room for one more; a run that it has none for is one like any other. */
async function staysInLane(
  tx: Transaction,
  { id, numberHash }: Run,
  { decided: [first] }: Decided,
  now: number,
): Promise<boolean> {
  const { accountHash } = first ?? {}
  if (accountHash !== undefined && (await tx.takeLane({ numberHash, accountHash }, now))) return true
  await tx.updateRun(id, { inLane: false })
  return false
}

/**
 * What was let through against a budget stays so with its next messages, which do not count in the budgets either, as long
 * as there is money left to see who they are.
 */
async function admitReplacement(
  tx: Transaction,
  parts: Parts,
  { wish, written, decided: [first] }: Decided & { wish: Wish; written: Admission },
): Promise<Admission> {
  const isOver = first?.isHeldOut && !(await goesOnTrial(tx, parts, wish))
  if (!first?.would || isOver) return demandByBudgets(tx, parts, wish, written)
  const { rule, would, isHeldOut } = first
  return { ...written, rule, would, isHeldOut }
}

async function answer({ store, clock }: Parts, { id, caller }: Asked, body: UpstreamBody): Promise<NextAnswer> {
  const { verification, run, pendingOnRun } = await held(store, id, caller.id)
  const now = clock.now()
  return {
    ...body,
    status: '0',
    command: 'trigger_next_event',
    ...view(verification, run, { pendingOnRun, now }),
    message_sent: true,
  }
}

function demandPause(waitMs: number): void {
  if (waitMs <= 0) return
  const wait = Math.ceil(waitMs / 1000)
  throw new GatewayError('not_now', 'The next message may be asked for 60 seconds after the last one.', {
    basis: { rule: 'too_early', observed: 60 - wait, bound: 60 },
    retry_after_seconds: wait,
  })
}

function unanswered(waitMs: number): GatewayError {
  const members = { retry_after_seconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  return new GatewayError('not_now', 'Whether the last next message went out is not known yet.', members)
}
