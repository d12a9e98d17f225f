import { GatewayError } from '../errors.ts'
import type { Run, Verification } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { Refusal, StartAnswer, UpstreamBody } from '../vonage/vonage.ts'
import type { Parts } from './parts.ts'
import { schedule } from './workflows.ts'

/** For a run of Vonage's that nobody here knows: when it ends can't be told. */
const retryForeignRunSeconds = 60

/** How far Vonage's clock and ours may lie apart for a run found there to be the one we asked for. */
const clockSkewMs = 5000

/** A verification that is written down, and what has to happen at Vonage for it. */
export interface Intent {
  run: Run
  verification: Verification
  /** Whether Vonage is to be asked. */
  sends: boolean
  /** Whether Vonage was asked before and did not answer. */
  isRepeat: boolean
}

interface Sent {
  run: Run
  body: UpstreamBody
  /** False when the message of an earlier asking turned out to be on its way. */
  isNew: boolean
}

/** Asks Vonage for the message of an intent that is written down, and writes down what became of it. */
export async function send(parts: Parts, intent: Intent): Promise<Sent> {
  const { run, verification } = intent
  try {
    const started = await startRun(parts, run)
    if (started.outcome === 'started') return await begin(parts, intent, started)
    if (intent.isRepeat) return { run: await adopt(parts, run, started), body: {}, isNew: false }
    throw foreignRun(started.refusal)
  } catch (error) {
    if (error instanceof UpstreamFailure && error.effect === 'unknown') {
      await parts.store.transaction((tx) => tx.updateRun(run.id, { state: 'unknown' }))
      await parts.sweeper.rearm()
      throw error.with({ request_id: verification.id })
    }
    await undo(parts, intent)
    throw error
  }
}

/** The call itself; the number leaves its seal only here. */
export function startRun({ verify, keys }: Parts, { numberSealed, brand, parameters }: Run): Promise<StartAnswer> {
  if (!numberSealed) throw new Error('the number of this run is erased')
  return verify.start({ number: keys.open(numberSealed), brand, ...parameters })
}

type Started = Extract<StartAnswer, { outcome: 'started' }>
type Busy = Extract<StartAnswer, { outcome: 'busy' }>

async function begin(parts: Parts, { run, isRepeat }: Intent, { runId, body }: Started): Promise<Sent> {
  const now = parts.clock.now()
  const from = isRepeat ? now : run.sentAt
  const { at, endsAt } = schedule(run.parameters, from)
  const running = await parts.store.transaction(async (tx) => {
    if (isRepeat) {
      // The first asking never arrived, so its messages will not come: these are the ones that count.
      await tx.removeSends(run.id, 0)
      await tx.insertSends(run.numberHash, run.id, at)
    }
    return tx.updateRun(run.id, { state: 'running', upstreamId: runId, askedAt: from, sentAt: from, expiresAt: endsAt })
  })
  return { run: running ?? run, body, isNew: true }
}

/** The run that Vonage names is ours if it began when we asked and no other run of ours is bound to it. */
async function adopt(parts: Parts, run: Run, { runId: upstreamId, refusal }: Busy): Promise<Run> {
  const record = upstreamId === undefined ? undefined : await parts.verify.find?.(upstreamId)
  const isNear = record !== undefined && Math.abs(record.submittedAtMs - run.askedAt) <= clockSkewMs
  const adopted = await parts.store.transaction(async (tx) => {
    if (!isNear || upstreamId === undefined || (await tx.holdsUpstreamId(upstreamId))) return undefined
    return tx.updateRun(run.id, { state: 'running', upstreamId })
  })
  if (adopted) return adopted
  throw foreignRun(refusal)
}

/** Vonage has a run of this number that is none of ours. */
export function foreignRun(upstream: Refusal): GatewayError {
  const members = { upstream, retry_after_seconds: retryForeignRunSeconds }
  return new GatewayError('verification_pending', 'Vonage is verifying this number already.', members)
}

/** Vonage refused: what the intent reserved is given back. */
async function undo({ store }: Parts, { run, verification, isRepeat }: Intent): Promise<void> {
  await store.transaction(async (tx) => {
    if (!isRepeat) return tx.forgetRun(run.id)
    await tx.forgetVerification(verification.id)
    await tx.updateRun(run.id, { state: 'unknown' })
  })
}
