import type { Clock } from '../clock.ts'
import type { OpenNext, Run, Transaction } from '../store/store.ts'
import { takeNextBack } from './moved-on.ts'
import { messagesOf, schedule } from './workflows.ts'

interface Replaced {
  run: Run
  next: OpenNext
  /** `sending`: Vonage is asked for its message now. `unknown`: when somebody repeats the request. */
  state: 'sending' | 'unknown'
}

/**
 * The run that takes a cancelled one's place, with its verifications. Undefined when that one has ended otherwise,
 * somebody else has found out that it is cancelled, or nobody waits for a message any more.
 */
export async function insertSuccessor(
  { newId, clock }: { newId: () => string; clock: Clock },
  tx: Transaction,
  { run, next, state }: Replaced,
): Promise<Run | undefined> {
  const old = await tx.closeNext(run.id, next, { isDone: true })
  if (!old) return undefined
  const isWanted = old.state !== 'ended' && (await tx.pendingOn(old.id)).length > 0
  if (!isWanted && old.state !== 'ended') await takeNextBack(tx, old, next)
  await tx.removeSends(old.id, next.askedAt)
  if (old.state === 'ended') return undefined
  const now = clock.now()
  if (!isWanted) {
    await tx.endRun(old.id, now)
    return undefined
  }
  const { endsAt } = schedule(old.parameters, now)
  const times = { askedAt: now, sentAt: now, eventIndex: 0, codeMadeAt: now, expiresAt: endsAt }
  const unused = {
    tries: 0,
    upstreamId: undefined,
    cancelAt: undefined,
    isCancelling: false,
    checksSeen: 0,
    check: undefined,
  }
  const successor: Run = { ...old, ...times, ...unused, id: newId(), state }
  await tx.endRun(old.id, now)
  await tx.insertRun(successor)
  await tx.moveVerifications(old.id, successor.id)
  if (state === 'sending') await tx.insertSends(successor.numberHash, successor.id, messagesOf(successor, now))
  return successor
}
