import { type ProblemCode, problems } from './problems.ts'

/** Members that a problem may carry besides the five of RFC 9457. */
export interface ProblemMembers {
  /** Our id of the verification it is about. */
  request_id?: string
  /** What Vonage said, where it said something; never with its own ids. */
  upstream?: { status: string; error_text?: string }
  attempts_left?: number
  /** Also sent as the Retry-After header. */
  retry_after_seconds?: number
  invalid_parameters?: { name: string; reason: string }[]
  /** Good once for the same request, after a proof of a person. */
  challenge_token?: string
  /** The record of why a message was refused, for the operator. */
  decision_id?: string
  /** What the caller is not allowed. */
  required_scope?: string
  /** What a person has to approve first, and where. */
  approval?: {
    approval_id: string
    url: string
    asks: string
    price_now: string
    price_monthly: string
    currency: string
    expires_at: string
  }
}

export interface ProblemBody extends ProblemMembers {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
}

/** Why a message was refused, for the operator. */
export interface Basis {
  /** The setting, the key of the policy or the bound of a key that decided. */
  rule: string
  /** The figure that it has found, and what it allows. */
  observed?: number
  bound?: number
  /** A proof of a person would do. */
  answer?: 'challenge'
}

export interface ErrorOptions extends ProblemMembers {
  cause?: unknown
  basis?: Basis | undefined
}

/** Every refusal the gateway means to give. Anything else that is thrown becomes `internal` and is logged. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ProblemCode
  readonly members: ProblemMembers
  readonly basis: Basis | undefined

  constructor(code: ProblemCode, detail: string, { cause, basis, ...members }: ErrorOptions = {}) {
    super(detail, { cause })
    this.code = code
    this.basis = basis
    this.members = members
  }

  /** The same refusal with more members, such as the request_id that only the caller of a lower part knows. */
  with(members: ProblemMembers): GatewayError {
    return new GatewayError(this.code, this.message, {
      ...this.members,
      ...members,
      cause: this.cause,
      basis: this.basis,
    })
  }
}

/** Something that the gateway stands on does not answer now. What was under way may have happened. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** The one way from an error to what callers see (RFC 9457). An unexpected error tells them nothing. */
export function toProblem(error: unknown): ProblemBody {
  const known = error instanceof GatewayError ? error : untold(error)
  const { status, title } = problems[known.code]
  return { type: `/problems/${known.code}`, title, status, detail: known.message, code: known.code, ...known.members }
}

function untold(error: unknown): GatewayError {
  if (!(error instanceof Unavailable)) return new GatewayError('internal', 'Something went wrong here.')
  return new GatewayError('overloaded', 'The store does not answer.', { retry_after_seconds: 1 })
}
