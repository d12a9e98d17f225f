import { GatewayError } from '../errors.ts'
import { checkCaps } from '../guard/send-caps.ts'
import type { Run, Transaction } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { Refusal, UpstreamBody } from '../vonage/vonage.ts'
import { demandPending, endAll, held } from './held.ts'
import type { Parts } from './parts.ts'
import { foreignRun, startRun } from './send.ts'
import { settleGone } from './settle.ts'
import { resendAt, type VerificationView, view } from './view.ts'
import { currentEvent, hasNextEvent, schedule } from './workflows.ts'

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
      const { run, hasNext } = await parts.store.transaction((tx) => reserve(parts, tx, { id, caller }))
      const body = hasNext ? await nextEvent(parts, run, id) : await replace(parts, run, id)
      await parts.sweeper.rearm()
      return answer(parts, { id, caller, body })
    }),
  )
}

/** Counts the message before it is asked for. */
async function reserve({ clock, caps }: Parts, tx: Transaction, { id, caller }: { id: string; caller: string }) {
  const now = clock.now()
  const found = await held(tx, id, caller)
  demandPending(found, now)
  const { run } = found
  if (run.state !== 'running') {
    throw new GatewayError('delivery_unknown', 'Vonage did not say whether it sent a message. Repeat the request.', {
      request_id: id,
    })
  }
  if (resendAt(run, now) > now) throw tooEarly(id, resendAt(run, now) - now)
  await checkCaps(tx, caps, { numberHash: run.numberHash, at: [now], now })
  await tx.insertSends(run.numberHash, run.id, [now])
  return { run, hasNext: hasNextEvent(run, now) }
}

async function nextEvent(parts: Parts, run: Run, id: string): Promise<UpstreamBody> {
  const body = await command(parts, run, id, 'next')
  const now = parts.clock.now()
  const eventIndex = currentEvent(run, now).index + 1
  const { at, endsAt } = schedule(run.parameters, now, eventIndex)
  await parts.store.transaction(async (tx) => {
    await tx.removeSends(run.id, now)
    await tx.insertSends(run.numberHash, run.id, at)
    await tx.updateRun(run.id, { eventIndex, sentAt: now, expiresAt: endsAt })
  })
  return body
}

async function replace(parts: Parts, old: Run, id: string): Promise<UpstreamBody> {
  await command(parts, old, id, 'cancel')
  const run = await parts.store.transaction((tx) => succeed(parts, tx, old))
  try {
    const started = await startRun(parts, run)
    if (started.outcome === 'busy') {
      throw foreignRun(started.refusal)
    }
    await parts.store.transaction((tx) => tx.updateRun(run.id, { state: 'running', upstreamId: started.runId }))
    return started.body
  } catch (error) {
    const isUnknown = error instanceof UpstreamFailure && error.effect === 'unknown'
    await parts.store.transaction((tx) =>
      isUnknown ? tx.updateRun(run.id, { state: 'unknown' }) : withdraw(parts, tx, run),
    )
    throw error instanceof GatewayError ? error.with({ request_id: id }) : error
  }
}

/** The old code is cancelled and no new one is on its way. */
async function withdraw({ clock }: Parts, tx: Transaction, run: Run): Promise<undefined> {
  await tx.removeSends(run.id, 0)
  await endAll(tx, run, 'cancelled', clock.now())
}

/** The run that takes another's place, with its verifications. */
async function succeed({ newId, clock }: Parts, tx: Transaction, old: Run): Promise<Run> {
  const now = clock.now()
  const { at, endsAt } = schedule(old.parameters, now)
  const fresh = { tries: 0, askedAt: now, sentAt: now, eventIndex: 0, expiresAt: endsAt, checkingUntil: undefined }
  const run: Run = { ...old, ...fresh, id: newId(), upstreamId: undefined, state: 'sending' }
  await tx.removeSends(old.id, now)
  await tx.endRun(old.id, now)
  await tx.insertRun(run)
  await tx.moveVerifications(old.id, run.id)
  await tx.insertSends(run.numberHash, run.id, at)
  return run
}

/** Tells Vonage; throws, with the reserved message given back, when it did not do it. */
async function command(parts: Parts, run: Run, id: string, name: 'next' | 'cancel'): Promise<UpstreamBody> {
  const now = parts.clock.now()
  if (run.upstreamId === undefined) throw new Error(`run ${run.id} has no upstream id`)
  try {
    const answer = await parts.verify[name](run.upstreamId)
    if (answer.outcome === 'done') return answer.body
    throw answer.outcome === 'gone' ? await settleGone(parts, run, id, answer.refusal) : notNow(id, answer.refusal)
  } catch (error) {
    const mayHaveSent = name === 'next' && error instanceof UpstreamFailure && error.effect === 'unknown'
    if (!mayHaveSent) await parts.store.transaction((tx) => tx.removeSends(run.id, now))
    throw error instanceof GatewayError ? error.with({ request_id: id }) : error
  }
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

function tooEarly(id: string, waitMs: number): GatewayError {
  const members = { request_id: id, retry_after_seconds: Math.ceil(waitMs / 1000) }
  return new GatewayError('not_now', 'The next message may be asked for 60 seconds after the last one.', members)
}

function notNow(id: string, upstream: Refusal): GatewayError {
  return new GatewayError('not_now', 'Vonage does not do this for the run at this time.', { request_id: id, upstream })
}
