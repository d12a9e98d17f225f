import { GatewayError } from '../errors.ts'
import { takeBack } from '../guard/budget-book.ts'
import type { Run, RunChanges, Transaction, Verification } from '../store/store.ts'
import { together } from '../together.ts'
import { nothingHappened } from '../vonage/errors.ts'
import type { Refusal, StartAnswer, UpstreamBody } from '../vonage/vonage.ts'
import { cancelLater } from './leave-run.ts'
import type { Parts } from './parts.ts'
import { messagesOf, schedule } from './workflows.ts'

/** For a run of Vonage's that nobody here knows: when it ends can't be told. */
const retryForeignRunSeconds = 60

/** How much earlier by Vonage's clock, or later with queueing and connecting, a run may begin than we asked for it. */
const earlierMs = 5000
const laterMs = 15_000

/** A verification that is written down, and what has to happen at Vonage for it. */
export interface Intent {
  run: Run
  verification: Verification
  /** Whether the verification was made with this intent. */
  isNew: boolean
  /** Whether Vonage is to be asked. */
  sends: boolean
  /** Whether Vonage was asked before and did not answer. */
  isRepeat: boolean
  /** When Vonage was asked before, the last time. */
  lastAskedAt: number
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
    if (intent.isRepeat) return { run: await adopt(parts, intent, started), body: {}, isNew: false }
    throw foreignRun(started.refusal)
  } catch (error) {
    if (nothingHappened(error)) {
      await undo(parts, intent, { isBlocked: error instanceof GatewayError && error.code === 'network_blocked' })
      throw error
    }
    await parts.store.transaction(run.numberHash, (tx) => lose(tx, run))
    await parts.sweeper.rearm()
    throw error instanceof GatewayError ? error.with({ request_id: verification.id }) : error
  }
}

/** Nobody knows what became of the asking. Answers whether it was still this one's to say. */
export async function lose(tx: Transaction, run: Run, changes: RunChanges = {}): Promise<boolean> {
  const isStill = await isStillAsked(tx, run)
  if (isStill) await tx.updateRun(run.id, { ...changes, state: 'unknown' })
  return isStill
}

/** Whoever took too long was given up, and somebody else may have asked again. */
async function isStillAsked(tx: Transaction, { id, sentAt }: Run): Promise<boolean> {
  const run = await tx.run(id)
  return run?.state === 'sending' && run.sentAt === sentAt
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
  // An asking before this one never arrived, so its messages will not come: these are the ones that count.
  const beginning = { upstreamId: runId, from: isRepeat ? now : run.sentAt, now, isCounted: !isRepeat }
  const running = await parts.store.transaction(run.numberHash, (tx) => beginAt(tx, run, beginning))
  return { run: running ?? run, body, isNew: true }
}

/** The run that Vonage names is ours if it began when we first or last asked and no other run of ours is bound to it. */
async function adopt(parts: Parts, { run, lastAskedAt }: Intent, { runId: upstreamId, refusal }: Busy): Promise<Run> {
  const found = upstreamId === undefined ? undefined : await parts.verify.find?.([upstreamId], parts.codeHash)
  const record = found?.get(upstreamId ?? '')
  const from = record && [run.askedAt, lastAskedAt].find((askedAt) => isNear(record.submittedAtMs, askedAt))
  const adopted = await parts.store.transaction(run.numberHash, async (tx) => {
    const current = await tx.run(run.id)
    if (current?.state === 'running' && current.upstreamId === upstreamId) return current
    if (from === undefined || upstreamId === undefined || (await tx.holdsUpstreamId(upstreamId))) return undefined
    return beginAt(tx, run, { upstreamId, from, now: parts.clock.now() })
  })
  if (adopted) return adopted
  throw foreignRun(refusal)
}

function isNear(submittedAt: number, askedAt: number): boolean {
  return submittedAt >= askedAt - earlierMs && submittedAt <= askedAt + laterMs
}

interface Beginning {
  upstreamId: string
  /** When its first message went out. */
  from: number
  now: number
  /** Whether its messages count from then on already. */
  isCounted?: boolean
}

/** A run that Vonage has is running from its first message on; one that everybody left meanwhile is cancelled. */
export async function beginAt(
  tx: Transaction,
  run: Run,
  { upstreamId, from, now, isCounted = false }: Beginning,
): Promise<Run | undefined> {
  const { endsAt } = schedule(run.parameters, from)
  if (!isCounted) {
    await tx.removeSends(run.id, 0)
    await tx.insertSends(run.numberHash, run.id, messagesOf(run, from))
  }
  const times = { askedAt: from, sentAt: from, codeMadeAt: from, expiresAt: endsAt }
  const [running, pending] = await together(
    tx.updateRun(run.id, { state: 'running', upstreamId, ...times }),
    tx.pendingOn(run.id),
  )
  if (running && pending.length === 0) await cancelLater(tx, running, now)
  return running
}

/** Vonage has a run of this number that is none of ours. */
export function foreignRun(upstream: Refusal): GatewayError {
  const members = { upstream, retry_after_seconds: retryForeignRunSeconds }
  return new GatewayError('verification_pending', 'Vonage is verifying this number already.', members)
}

/**
 * Vonage refused: what the intent reserved is given back. Where it has blocked the network, by its own signs of fraud, the
 * budgets keep the message as one that led to nothing.
 */
async function undo({ store }: Parts, intent: Intent, { isBlocked }: { isBlocked: boolean }): Promise<void> {
  const { run, verification, isNew, isRepeat, lastAskedAt } = intent
  await store.transaction(run.numberHash, async (tx) => {
    if (!(await isStillAsked(tx, run))) return
    if (!isRepeat) {
      const [decision] = await tx.decisionsOfRun(run)
      if (decision && isBlocked && decision.inLane) await tx.returnLane(verification.id)
      else if (decision && !isBlocked) await takeBack(tx, decision, run.askedAt)
      return tx.forgetRun(run.id)
    }
    if (isNew) await tx.forgetVerification(verification.id)
    await lose(tx, run, { sentAt: lastAskedAt })
  })
}
