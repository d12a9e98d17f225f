import { GatewayError } from '../errors.ts'
import { noteSuccess } from '../guard/budget-book.ts'
import type { Reads, Run, Transaction, Verification } from '../store/store.ts'
import { together } from '../together.ts'
import { costToCome, endedError, type Held } from './held.ts'
import { leaveRun } from './leave-run.ts'
import { triesLeft } from './tries.ts'

interface Checked {
  /** The verification that the code was given with. */
  id: string
  run: Run
  now: number
}

/** The code counts for the verification it was given with, unless that one was cancelled meanwhile: then answers why not. */
export async function right(
  tx: Transaction,
  { id, run, now }: Checked,
): Promise<{ verified: Verification } | { tooLate: GatewayError }> {
  const [verified, others] = await together(tx.endVerification(id, 'verified', now), tx.pendingOn(run.id))
  const isNormal = verified !== undefined && (await tx.knowPair(id, now))
  const ended = verified ? undefined : await tx.verification(id)
  // Else somebody has written down how the run ended, in vain perhaps, whatever has become of the verification.
  if (verified || (await tx.run(run.id))?.state !== 'ended') {
    await noteSuccess(tx, { decisions: await tx.decisionsOfRun(run), unsent: costToCome(run, now), now, isNormal })
  }
  for (const { id: other } of others) await tx.endVerification(other, 'superseded', now)
  await tx.endRun(run.id, now)
  if (verified) return { verified }
  if (!ended || ended.state === 'pending') throw new Error(`verification ${id} can't be ended`)
  return { tooLate: endedError(ended.state, id) }
}

/** A verification without a try left fails, though its run may go on for others. */
export async function wrong(
  tx: Transaction,
  { id, run, checksSeen, now }: Checked & { checksSeen: number },
): Promise<GatewayError> {
  const current = await tx.updateRun(run.id, { checksSeen })
  const verification = await tx.verification(id)
  const refused = current && verification && (await wrongCode(tx, { run: current, verification }))
  if (refused?.code === 'wrong_code') return refused
  await tx.endVerification(id, 'failed', now)
  await leaveRun(tx, run, now)
  return endedError('failed', id)
}

/** What a wrong code is answered with. */
export async function wrongCode(reads: Reads, { verification, run }: Held): Promise<GatewayError> {
  const pending = await reads.pendingOn(run.id)
  const left = verification.state === 'pending' ? triesLeft(run, verification, pending.length) : 0
  if (left === 0) return endedError('failed', verification.id)
  const members = { request_id: verification.id, attempts_left: left }
  return new GatewayError('wrong_code', 'The code is not the one that was sent.', members)
}

/** Nothing is left for this verification, though its run may go on for others. */
export async function fail(tx: Transaction, { verification, run }: Held, now: number): Promise<GatewayError> {
  await tx.endVerification(verification.id, 'failed', now)
  await leaveRun(tx, run, now)
  return endedError('failed', verification.id)
}
