import { type ErrorOptions, GatewayError, type ProblemMembers } from '../errors.ts'
import { visible } from '../plain.ts'
import type { ProblemCode } from '../problems.ts'
import type { Refusal } from './vonage.ts'

/** A call that brought no business answer. `effect` says whether it may have done something at Vonage all the same. */
export class UpstreamFailure extends GatewayError {
  readonly effect: 'none' | 'unknown'

  constructor(code: ProblemCode, detail: string, effect: 'none' | 'unknown', options: ErrorOptions = {}) {
    super(code, detail, options)
    this.effect = effect
  }

  override with(members: ProblemMembers): UpstreamFailure {
    const options = { ...this.members, ...members, cause: this.cause, basis: this.basis }
    return new UpstreamFailure(this.code, this.message, this.effect, options)
  }
}

/** There was no answer, or a fault of the server (HTTP 5xx). */
export class Outage extends UpstreamFailure {}

/** Only what was refused outright is sure to have had no effect; a fault of our own after the call is not. */
export function nothingHappened(error: unknown): boolean {
  return error instanceof UpstreamFailure ? error.effect === 'none' : error instanceof GatewayError
}

/** Verify statuses that are the same on every call. The rest means something on one call only and is read there. */
const refusals: Record<string, { code: ProblemCode; detail: string; retryAfterSeconds?: number }> = {
  1: { code: 'upstream_throttled', detail: 'Vonage asks to slow down.', retryAfterSeconds: 1 },
  2: { code: 'invalid_request', detail: 'Vonage misses a parameter.' },
  3: { code: 'invalid_request', detail: 'Vonage finds a parameter invalid.' },
  4: { code: 'upstream_unauthorized', detail: 'Vonage refuses the credentials of this gateway.' },
  6: { code: 'number_unreachable', detail: 'Vonage could not process a message to this number.' },
  7: { code: 'network_blocked', detail: 'Vonage has blocked this number or its network.' },
  8: { code: 'upstream_unauthorized', detail: 'The Vonage account of this gateway is barred.' },
  9: { code: 'upstream_out_of_credit', detail: 'The Vonage account of this gateway has no credit left.' },
  15: { code: 'destination_not_supported', detail: 'Vonage does not support the network of this number.' },
  18: { code: 'invalid_request', detail: 'Too many ids in one search.' },
  19: { code: 'not_now', detail: 'Vonage refuses this at this time.' },
  20: { code: 'invalid_request', detail: 'The Vonage account does not support a parameter.' },
  29: {
    code: 'destination_not_supported',
    detail: 'The Vonage account is in demo mode and this number is not on its list.',
  },
}

/** The failure that a Verify status stands for. Status 5 is a fault inside Vonage: nobody knows how far it came. */
export function refusedBy(refusal: Refusal): UpstreamFailure {
  const known = refusals[refusal.status]
  if (!known) return new UpstreamFailure('upstream_error', 'Vonage failed.', 'unknown', { upstream: refusal })
  const { code, detail, retryAfterSeconds } = known
  const wait = retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }
  return new UpstreamFailure(code, detail, 'none', { upstream: refusal, ...wait })
}

const runId = /[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi
const phoneNumber = /\d{7,15}/g

/** Vonage's text as data: bounded, printable, without its ids of runs and without whole numbers. */
export function refusalOf(status: string, text: string | undefined): Refusal {
  if (text === undefined) return { status }
  const clean = visible(text).replace(runId, '…').replace(phoneNumber, '…')
  return { status, error_text: visible(clean.slice(0, 200)) }
}
