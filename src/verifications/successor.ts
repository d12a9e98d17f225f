import type { Run, Transaction } from '../store/store.ts'
import type { Wanted } from './next-command.ts'
import type { Parts } from './parts.ts'
import { schedule } from './workflows.ts'

/** The run that takes another's place, with its verifications. */
export async function insertSuccessor(
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
