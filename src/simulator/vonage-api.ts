import type { CallParameters } from './call-parameters.ts'
import type { Account, Credentials } from './credentials.ts'
import type { Refusal } from './scenarios.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface VonageCall {
  method: string
  path: string
  /** What stands in the path where the route's has `:name`. */
  pathParameters: Record<string, string>
  query: CallParameters
  body: CallParameters
  bodyType: 'form' | 'json' | 'none'
  /** A JSON body as it is; undefined when there is none, or none that can be read. */
  json: unknown
  /** Query and body, where the body wins. */
  parameters: CallParameters
}

export interface Answer {
  httpStatus: number
  /** Those that differ from the API's usual ones. */
  headers?: Record<string, string>
  /** Undefined where Vonage answers with nothing. */
  body: object | undefined
}

/** What a call would do and then answer. */
export type Effect = () => Answer

/** One of Vonage's APIs as the door in front of it needs to know it. */
export interface VonageApi {
  contentType: string
  /** What else stands in the head of every answer; the id of its trace is added. */
  headers?: Record<string, string>
  routes: VonageRoute[]
  /** Undefined when they are good. */
  refuseCredentials(credentials: Credentials, account: Account): Answer | undefined
  /** A method that the path doesn't take. */
  refuseMethod(call: VonageCall): Answer
  /** A call that fails with an HTTP status instead of being judged. */
  fail(httpStatus: number, call: VonageCall): Answer
}

export interface VonageRoute {
  /** With `:name` where a value stands. */
  path: string
  methods: Method[]
  /** An answer refuses the call; an effect is what happens unless a fault was planned. */
  judge(call: VonageCall, credentials: Credentials): Answer | Effect
  /** The failing statuses of the API's own that a fault may name; empty for an API that has none. */
  failingStatuses: string[]
  statusAnswer(status: string, call: VonageCall): Answer
  /** Calls of one name share the limit. */
  limit: Limit
  /** To which phone a call leads, and how it is refused because of it; undefined where it is not. */
  recipient?: {
    of(call: VonageCall): string | undefined
    refuse(because: Refusal, call: VonageCall): Answer | undefined
  }
}

export interface Limit {
  name: string
  perSecond: number
  answer(call: VonageCall): Answer
}
