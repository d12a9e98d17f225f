import { GatewayError } from '../errors.ts'
import { noteUnsent } from '../guard/budget-book.ts'
import type { ProblemCode } from '../problems.ts'
import type { EndState, Reads, Run, Transaction, VerificationOnRun } from '../store/store.ts'
import { messagesOf } from './workflows.ts'

export type Held = Pick<VerificationOnRun, 'verification' | 'run'>

/** A caller's verification with its run. For any other caller it doesn't exist. */
export async function held(reads: Reads, id: string, caller: string): Promise<VerificationOnRun> {
  const found = await reads.verificationOnRun(id)
  if (found?.verification.caller === caller) return found
  throw new GatewayError('verification_not_found', 'There is no verification with this request_id.')
}

const ended: Record<EndState, { code: ProblemCode; detail: string }> = {
  verified: { code: 'already_verified', detail: 'This verification was verified before.' },
  failed: { code: 'attempts_exhausted', detail: 'Too many wrong codes were given.' },
  expired: { code: 'verification_expired', detail: 'The time for typing the code is over.' },
  cancelled: { code: 'verification_cancelled', detail: 'This verification was cancelled.' },
  superseded: {
    code: 'verification_superseded',
    detail: 'The code was given with another verification of the same message.',
  },
}

/** Why a verification in this state takes no code and no command any more. */
export function endedError(state: EndState, id: string): GatewayError {
  const { code, detail } = ended[state]
  return new GatewayError(code, detail, { request_id: id, ...(state === 'failed' && { attempts_left: 0 }) })
}

export function deliveryUnknown(id: string): GatewayError {
  const detail = 'Vonage did not say whether it sent a message. Repeat the request.'
  return new GatewayError('delivery_unknown', detail, { request_id: id })
}

/** Throws unless the verification is pending and in time; a check whose answer is awaited may still have been. */
export function demandPending({ verification, run }: Held, now: number): void {
  if (verification.state !== 'pending') throw endedError(verification.state, verification.id)
  if (run.expiresAt <= now && !run.check) throw endedError('expired', verification.id)
}

/** Ends all that is pending on a run, and the run. */
export async function endAll(tx: Transaction, run: Run, state: EndState, now: number): Promise<void> {
  for (const { id } of await tx.pendingOn(run.id)) await tx.endVerification(id, state, now)
  await endInVain(tx, run, now)
}

/** Ends a run that led to nothing: what it had reserved of budgets for messages that will not come is given back. */
export async function endInVain(tx: Transaction, run: Run, now: number): Promise<void> {
  const unsent = costToCome(run, now)
  if (unsent > 0) await noteUnsent(tx, { decisions: await tx.decisionsOfRun(run), unsent, now })
  await tx.endRun(run.id, now)
}

/** What the messages of a run are expected to cost that are still to be sent, in millionths of a euro. */
export function costToCome(run: Run, now: number): number {
  return messagesOf(run, run.sentAt, run.eventIndex)
    .filter(({ at }) => at > now)
    .reduce((sum, { micros }) => sum + micros, 0)
}
