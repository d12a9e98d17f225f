import type { Caller } from '../access/caller.ts'
import { GatewayError } from '../errors.ts'
import { demandFewGuesses } from '../guard/guess-cap.ts'
import { demandNotHeld } from '../guard/hold.ts'
import { reserveSends } from '../guard/send-caps.ts'
import type { OpenNext, Run, Transaction } from '../store/store.ts'
import { together } from '../together.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import { allow, deciding, demandByBudgets, demandByPolicy, phoneOf, type Wish } from './decisions.ts'
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
import { hasNextEvent, nextCost } from './workflows.ts'

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
    const wanted = await deciding(
      parts,
      () => wishOf(parts, run, asked),
      () => parts.store.transaction(run.numberHash, (tx) => reserve(parts, tx, asked)),
    )
    return { wanted, body: wanted.next.asks === 'replacement' ? await replaceRun(parts, wanted) : undefined }
  })
  return body ?? nextEvent(parts, wanted)
}

function wishOf(parts: Parts, run: Run, { caller }: Asked): Wish {
  const { numberHash, parameters, inLane: isKnown } = run
  const costs = [nextCost(run, parts.clock.now())]
  return {
    kind: 'next',
    phone: phoneOf(parts, run),
    numberHash,
    caller,
    parameters,
    costs,
    context: {},
    hashes: {},
    isKnown,
  }
}

/** Counts the message, and writes down what Vonage is going to be asked for. */
async function reserve(parts: Parts, tx: Transaction, asked: Asked): Promise<Wanted> {
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
  if (resendAt(run, now) > now) throw tooEarly(resendAt(run, now) - now)
  demandNotHeld(heldUntil, now)
  const wish = wishOf(parts, run, asked)
  const written = demandByPolicy(parts, wish)
  // Before the run is ended that another is to replace.
  parts.verify.demandSends()
  const asks = hasNextEvent(run, now) ? 'event' : 'replacement'
  const next: OpenNext = { asks, intentId, askedAt: now, lookAt: now + answerWithinMs }
  const taken = await tx.takeNext(run.id, next)
  if (!taken) throw unanswered(answerWithinMs)
  const { numberHash } = run
  const admission = await demandByBudgets(tx, parts, wish, written)
  const messages = [{ at: now, micros: nextCost(run, now) }]
  await reserveSends(tx, parts, { numberHash, runId: run.id, caller, country: run.country, messages, now })
  if (asks === 'replacement') {
    await demandFewGuesses(tx, caps, { numberHash, tries: triesOfRun, triesBefore: run.tries, now })
  }
  await allow(tx, parts, { wish, admission, id: parts.newId(), verificationId: id, inLane: false, messages: 1 })
  return { id, run: taken, next }
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

function tooEarly(waitMs: number): GatewayError {
  const members = { retry_after_seconds: Math.ceil(waitMs / 1000) }
  return new GatewayError('not_now', 'The next message may be asked for 60 seconds after the last one.', members)
}

function unanswered(waitMs: number): GatewayError {
  const members = { retry_after_seconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  return new GatewayError('not_now', 'Whether the last next message went out is not known yet.', members)
}
