import { STATUS_CODES } from 'node:http'
import type { Answer, VonageCall } from '../vonage-api.ts'
import type { InvalidParameter } from './order.ts'

const errors = 'https://developer.vonage.com/en/api-errors'
const liveErrors = 'https://developer.nexmo.com/api-errors'

/** Where the live body and the published one differ, the live one. */
const problems = {
  invalidCode: {
    httpStatus: 400,
    type: `${liveErrors}#bad-request`,
    title: 'Invalid Code',
    detail: 'The code you provided does not match the expected value.',
  },
  unauthorized: {
    httpStatus: 401,
    type: 'https://developer.vonage.com/api-errors#unauthorized',
    title: 'Unauthorized',
    detail: 'You did not provide correct credentials',
  },
  jwtExpired: {
    httpStatus: 401,
    type: `${errors}#jwt-expired`,
    title: 'You did not provide correct credentials.',
    detail: 'The JWT provided has expired.',
  },
  lowBalance: {
    httpStatus: 402,
    type: `${errors}/#low-balance`,
    title: 'Low balance',
    detail: 'This request could not be performed due to your account balance being low.',
  },
  forbidden: {
    httpStatus: 403,
    // The doubled path is Vonage's.
    type: `${errors}/api-errors/verify-v2#forbidden`,
    title: 'Forbidden',
    detail: 'Templates management is not enabled for your account',
  },
  templateNotFound: {
    httpStatus: 404,
    type: `${errors}/verify-v2#template-not-found`,
    title: 'Not Found',
    detail: 'Template was not found.',
  },
  fragmentNotFound: {
    httpStatus: 404,
    type: `${errors}/verify-v2#template-fragment-not-found`,
    title: 'Not Found',
    detail: 'Template Fragment was not found.',
  },
  concurrent: {
    httpStatus: 409,
    type: `${errors}/verify-v2#concurrent`,
    title: 'Conflict',
    detail: 'Concurrent verifications to the same number are not allowed',
  },
  noCode: {
    httpStatus: 409,
    type: `${errors}/verify-v2#no-code`,
    title: 'Conflict',
    detail: 'The current Verify workflow step does not support a code.',
  },
  noMoreEvents: {
    httpStatus: 409,
    type: `${liveErrors}#conflict`,
    title: 'Conflict',
    detail: 'There are no more events left to trigger.',
  },
  notNow: {
    httpStatus: 409,
    type: `${errors}/verify-v2#conflict`,
    title: 'Conflict',
    detail: 'The operation cannot be performed at this time. Please try again later.',
  },
  tooManyCodes: {
    httpStatus: 410,
    type: `${liveErrors}#gone`,
    title: 'Invalid Code',
    detail: 'An incorrect code has been provided too many times. Workflow terminated.',
  },
  silentAuthFailed: {
    httpStatus: 412,
    type: `${errors}/verify-v2#precondition-failed`,
    title: 'Silent authentication failed',
    detail: 'The silent auth verification cannot be initiated',
  },
  networkNotSupported: {
    httpStatus: 412,
    type: `${errors}/verify-v2#precondition-failed`,
    title: 'Network not supported',
    detail: 'Device number does not resolve to a supported Mobile Network Operator.',
  },
  throttled: {
    httpStatus: 429,
    type: `${errors}#throttled`,
    title: 'Rate Limit Hit',
    detail: 'Please wait, then retry your request',
  },
  internal: {
    httpStatus: 500,
    type: 'https://developer.vonage.com/api-errors#internal-error',
    title: 'Internal error',
    detail: 'There was an error processing your request in the Platform.',
  },
} as const

type ProblemName = keyof typeof problems

/** What Verify v2 has of its own to say to an HTTP status, where the status alone tells. */
const byStatus: Record<number, ProblemName> = {
  400: 'invalidCode',
  401: 'unauthorized',
  402: 'lowBalance',
  403: 'forbidden',
  410: 'tooManyCodes',
  412: 'networkNotSupported',
  429: 'throttled',
  500: 'internal',
}

/** The failures of Verify v2 as it answers them. */
export class Problems {
  readonly #newInstance: () => string

  constructor(newInstance: () => string) {
    this.#newInstance = newInstance
  }

  answer(name: ProblemName, others: object = {}): Answer {
    const { httpStatus, type, title, detail } = problems[name]
    return this.#answer(httpStatus, { type, title, detail }, others)
  }

  invalidParams(parameters: InvalidParameter[]): Answer {
    const detail = 'The value of one or more parameters is invalid.'
    const what = { type: `${errors}#invalid-params`, title: 'Invalid params', detail }
    return this.#answer(422, what, { invalid_parameters: parameters })
  }

  notFound(detail: string): Answer {
    return this.#answer(404, { type: 'https://developer.vonage.com/api-errors#not-found', title: 'Not Found', detail })
  }

  requestNotFound(id: string): Answer {
    return this.notFound(`Request ${id} was not found or it has been verified already.`)
  }

  noSuchMethod(path: string): Answer {
    return this.notFound(`No static resource ${path.replace(/^\//, '')}.`)
  }

  /** A status that a call was planned to fail with. */
  ofStatus(httpStatus: number, { path, pathParameters }: VonageCall): Answer {
    const name = byStatus[httpStatus]
    if (name) return this.answer(name)
    const { request_id: id } = pathParameters
    if (httpStatus === 404) return id === undefined ? this.noSuchMethod(path) : this.requestNotFound(id)
    if (httpStatus === 409) return this.#conflictAt(path, id)
    if (httpStatus === 422) return this.invalidParams([])
    const title = STATUS_CODES[httpStatus] ?? 'Error'
    return this.#answer(httpStatus, { type: errors, title, detail: title })
  }

  #conflictAt(path: string, id: string | undefined): Answer {
    if (id === undefined) return this.answer('concurrent', { request_id: this.#newInstance() })
    if (path.endsWith('/next_workflow')) return this.answer('noMoreEvents')
    return this.answer(path.endsWith('/redirect') ? 'notNow' : 'noCode')
  }

  #answer(httpStatus: number, what: { type: string; title: string; detail: string }, others: object = {}): Answer {
    const body = { ...what, instance: this.#newInstance(), ...others }
    return { httpStatus, headers: { 'content-type': 'application/problem+json' }, body }
  }
}

/** The same in words, for an address that can carry no body. */
export function detailOf(name: ProblemName): string {
  return problems[name].detail
}
