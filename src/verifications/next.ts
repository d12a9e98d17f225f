import { GatewayError } from '../errors.ts'
import { reserveSends } from '../guard/send-caps.ts'
import type { Run, Transaction } from '../store/store.ts'
import { nothingHappened, UpstreamFailure } from '../vonage/errors.ts'
import type { Refusal, UpstreamBody } from '../vonage/vonage.ts'
import { deliveryUnknown, demandPending, held } from './held.ts'
import type { Parts } from './parts.ts'
import { checkInProgress } from './run-turns.ts'
import { beginAt, foreignRun, startRun } from './send.ts'
import { recordOf, settle } from './settle.ts'
import { resendAt, type VerificationView, view } from './view.ts'
import { codeMadeAt, currentEvent, hasNextEvent, renewedAt, schedule } from './workflows.ts'

export type NextAnswer = VerificationView & {
  status: string
  command: string
  message_sent: boolean
}

/** Sends the next message: the run's next event where it has one, else a new run with a new code takes its place. */
export async function triggerNext(parts: Parts, id: string, caller: string): Promise<NextAnswer> {
  const { run: first } = await held(parts.store, id, caller)
  return parts.turns.forNumber(first.numberHash, () =>
    parts.turns.forCheck(first.id, async () => {
      try {
        const wanted = await parts.store.transaction(first.numberHash, (tx) => reserve(parts, tx, { id, caller }))
        const body = wanted.hasNext ? await nextEvent(parts, wanted) : await replace(parts, wanted)
        return await answer(parts, { id, caller, body })
      } catch (error) {
        throw error instanceof GatewayError ? error.with({ request_id: id }) : error
      } finally {
        await parts.sweeper.rearm()
      }
    }),
  )
}

interface Wanted {
  id: string
  run: Run
  hasNext: boolean
  /** The time under which the message is counted until it is known when it went out. */
  reservedAt: number
}

/** Counts the message before it is asked for. */
async function reserve(
  { clock, caps }: Parts,
  tx: Transaction,
  { id, caller }: { id: string; caller: string },
): Promise<Wanted> {
  const now = clock.now()
  const found = await held(tx, id, caller)
  demandPending(found, now)
  const { run } = found
  if (run.state !== 'running') throw deliveryUnknown(id)
  if (run.check) throw checkInProgress(run.check.lookAt - now)
  if (resendAt(run, now) > now) throw tooEarly(resendAt(run, now) - now)
  await reserveSends(tx, caps, { numberHash: run.numberHash, runId: run.id, at: [now], now })
  return { id, run, hasNext: hasNextEvent(run, now), reservedAt: now }
}

/** A lost answer counts as a message that went out, so that asking again within the cooldown can't send another. */
async function nextEvent(parts: Parts, wanted: Wanted): Promise<UpstreamBody> {
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

/** The run's next event happened at `at`; the later ones count from it. */
async function movedOn(
  tx: Transaction,
  run: Run,
  { reservedAt, at }: { reservedAt: number; at: number },
): Promise<void> {
  const eventIndex = currentEvent(run, at).index + 1
  const { at: messagesAt, endsAt } = schedule(run.parameters, at, eventIndex)
  await tx.removeSends(run.id, reservedAt)
  await tx.insertSends(run.numberHash, run.id, messagesAt)
  const madeAt = renewedAt(run.parameters, codeMadeAt(run, at), at)
  await tx.updateRun(run.id, { eventIndex, sentAt: at, codeMadeAt: madeAt, expiresAt: endsAt })
}

/** Once the old run is cancelled its code is dead: whatever then keeps the new one from starting, a repeat of the request starts it. */
async function replace(parts: Parts, wanted: Wanted): Promise<UpstreamBody> {
  const { run: old, reservedAt } = wanted
  try {
    await command(parts, wanted, 'cancel')
  } catch (error) {
    await parts.store.transaction(old.numberHash, (tx) => tx.removeSends(old.id, reservedAt, reservedAt))
    throw error
  }
  const run = await parts.store.transaction(old.numberHash, (tx) => insertSuccessor(parts, tx, wanted))
  try {
    const started = await startRun(parts, run)
    if (started.outcome === 'busy') throw foreignRun(started.refusal)
    const beginning = { upstreamId: started.runId, from: run.sentAt, now: parts.clock.now() }
    await parts.store.transaction(run.numberHash, (tx) => beginAt(tx, run, beginning))
    return started.body
  } catch (error) {
    await parts.store.transaction(run.numberHash, async (tx) => {
      await tx.updateRun(run.id, { state: 'unknown' })
      if (nothingHappened(error)) await tx.removeSends(run.id, 0)
    })
    throw error
  }
}

/** The run that takes another's place, with its verifications. */
async function insertSuccessor(
  { newId, clock }: Parts,
  tx: Transaction,
  { run: old, reservedAt }: Wanted,
): Promise<Run> {
  const now = clock.now()
  const { at, endsAt } = schedule(old.parameters, now)
  const times = { askedAt: now, sentAt: now, eventIndex: 0, codeMadeAt: now, expiresAt: endsAt }
  const unused = { tries: 0, upstreamId: undefined, cancelAt: undefined, checksSeen: 0, check: undefined }
  const run: Run = { ...old, ...times, ...unused, id: newId(), state: 'sending' }
  await tx.removeSends(old.id, reservedAt)
  await tx.endRun(old.id, now)
  await tx.insertRun(run)
  await tx.moveVerifications(old.id, run.id)
  await tx.insertSends(run.numberHash, run.id, at)
  return run
}

/** Tells Vonage; throws when it did not do it. A run that is cancelled already, by a command whose answer was lost, is cancelled. */
async function command(parts: Parts, { id, run }: Wanted, name: 'next' | 'cancel'): Promise<UpstreamBody> {
  if (run.upstreamId === undefined) throw new Error(`run ${run.id} has no upstream id`)
  const answer = await parts.verify[name](run.upstreamId)
  if (answer.outcome === 'done') return answer.body
  if (answer.outcome === 'refused') throw notNow(answer.refusal)
  const record = await recordOf(parts, run)
  if (name === 'cancel' && record?.state === 'cancelled') return {}
  throw await settle(parts, { id, run, record, refusal: answer.refusal })
}

type Answered = { id: string; caller: string; body: UpstreamBody }

async function answer({ store, clock }: Parts, { id, caller, body }: Answered): Promise<NextAnswer> {
  const { verification, run } = await held(store, id, caller)
  const pendingOnRun = (await store.pendingOn(run.id)).length
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

function notNow(upstream: Refusal): GatewayError {
  return new GatewayError('not_now', 'Vonage does not do this for the run at this time.', { upstream })
}
