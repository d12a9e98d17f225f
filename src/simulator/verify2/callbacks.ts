import type { Ending, StepRun, Verification } from './verifications.ts'

/** The webhook of a step that has ended: time is a failure for all but a silent authentication, which can expire. */
export function stepEvent(verification: Verification, step: StepRun, ending: Ending, nowMs: number) {
  const isFailure = ending === 'expired' && step.channel !== 'silent_auth'
  return {
    request_id: verification.id,
    triggered_at: isoDate(verification.submittedAtMs),
    type: 'event',
    channel: step.channel,
    status: isFailure ? 'failed' : ending,
    finalized_at: isoDate(nowMs),
    client_ref: verification.order.client_ref,
  }
}

/** The webhook that asks for a phone to follow redirects. */
export function silentAuthEvent(verification: Verification, checkUrl: string) {
  return {
    request_id: verification.id,
    triggered_at: isoDate(verification.submittedAtMs),
    type: 'event',
    channel: 'silent_auth',
    status: 'action_pending',
    action: { type: 'check', check_url: checkUrl },
    client_ref: verification.order.client_ref,
  }
}

/** The webhook of a verification that has ended. */
export function summary(verification: Verification, ending: Ending, nowMs: number) {
  return {
    request_id: verification.id,
    submitted_at: isoDate(verification.submittedAtMs),
    status: ending,
    type: 'summary',
    channel_timeout: verification.order.channel_timeout,
    workflow: verification.steps.map(({ channel, initiatedAtMs, status }) => ({
      channel,
      initiated_at: initiatedAtMs === undefined ? undefined : isoDate(initiatedAtMs),
      status,
    })),
    finalized_at: isoDate(nowMs),
    client_ref: verification.order.client_ref,
  }
}

function isoDate(atMs: number): string {
  return new Date(atMs).toISOString()
}
