import type { Run, Transaction } from '../store/store.ts'
import { codeMadeAt, currentEvent, renewedAt, schedule } from './workflows.ts'

/** The run's next event happened at `at`; the later ones count from it. */
export async function movedOn(
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
