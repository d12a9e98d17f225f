import type { Run, Verification, VerificationState } from '../store/store.ts'
import { triesLeft } from './tries.ts'
import { type Channel, codeExpiresAt, currentEvent, nextChannel } from './workflows.ts'

const resendCooldownMs = 60_000

/** What a caller sees of a verification. Times are ISO 8601. */
export type VerificationView = {
  request_id: string
  state: VerificationState
  /** Vonage did not answer, so nobody knows whether a message is on its way. */
  delivery?: 'unknown'
  brand: string
  purpose?: string
  /** Masked. */
  number: string
  code_length: number
  workflow_id: number
  attempts_left: number
  expires_at: string
  /** When and how the next message could come; none can once it has ended. */
  resend_at?: string
  next_channel?: Channel
  created_at: string
  ended_at?: string
}

/** A next message that may have gone out counts as one that did. */
export function resendAt(run: Run, now: number): number {
  return Math.max(currentEvent(run, now).at, run.next?.askedAt ?? 0) + resendCooldownMs
}

/** A verification as its caller sees it; one whose time is over is expired, whether or not that is written down yet. */
export function view(
  verification: Verification,
  run: Run,
  { pendingOnRun, now }: { pendingOnRun: number; now: number },
): VerificationView {
  const isOver = verification.state === 'pending' && run.expiresAt <= now && !run.check
  const state = isOver ? 'expired' : verification.state
  const endedAt = isOver ? run.expiresAt : verification.endedAt
  return {
    request_id: verification.id,
    state,
    ...(run.state === 'unknown' && state === 'pending' && { delivery: 'unknown' as const }),
    brand: run.brand,
    ...(verification.purpose !== undefined && { purpose: verification.purpose }),
    number: run.numberMask,
    code_length: run.parameters.code_length,
    workflow_id: run.parameters.workflow_id,
    attempts_left: state === 'pending' ? triesLeft(run, verification, pendingOnRun) : 0,
    expires_at: iso(codeExpiresAt(run, now)),
    ...(state === 'pending' && { resend_at: iso(resendAt(run, now)), next_channel: nextChannel(run, now) }),
    created_at: iso(verification.createdAt),
    ...(endedAt !== undefined && { ended_at: iso(endedAt) }),
  }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
