import { takeBack } from '../guard/budget-book.ts'
import type { OpenNext, Run, Transaction } from '../store/store.ts'
import { codeMadeAt, currentEvent, messagesOf, renewedAt, schedule } from './workflows.ts'

/** The run's next event happened at `at`; the later ones count from it. On a run that has ended the message stays counted. */
export async function movedOn(tx: Transaction, run: Run, { askedAt }: OpenNext, at: number): Promise<void> {
  if (run.state === 'ended') return
  const eventIndex = currentEvent(run, at).index + 1
  const { endsAt } = schedule(run.parameters, at, eventIndex)
  await tx.removeSends(run.id, askedAt)
  await tx.insertSends(run.numberHash, run.id, messagesOf(run, at, eventIndex))
  const madeAt = renewedAt(run.parameters, codeMadeAt(run, at), at)
  await tx.updateRun(run.id, { eventIndex, sentAt: at, codeMadeAt: madeAt, expiresAt: endsAt })
}

/** The message did not go out, and counts against no cap any more. */
export async function giveBack(tx: Transaction, run: Run, next: OpenNext): Promise<void> {
  if (!(await tx.closeNext(run.id, next, { isDone: false }))) return
  await takeNextBack(tx, run, next)
  // Of a run with messages to come only the one at that time was counted for it.
  await tx.removeSends(run.id, next.askedAt, next.asks === 'event' ? next.askedAt : undefined)
}

/** What was let through with a next message was not sent. */
export async function takeNextBack(tx: Transaction, run: Run, { askedAt }: OpenNext): Promise<void> {
  const decision = (await tx.decisionsOfRun(run)).findLast(({ kind, at }) => kind === 'next' && at >= askedAt)
  if (decision) await takeBack(tx, decision, askedAt)
}
