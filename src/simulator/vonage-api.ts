import type { CallParameters } from './call-parameters.ts'
import type { CredentialsVerdict } from './credentials.ts'

export interface VonageCall {
  method: string
  path: string
  query: CallParameters
  body: CallParameters
  bodyType: 'form' | 'json' | 'none'
  /** Query and body, where the body wins. */
  parameters: CallParameters
}

export interface Answer {
  httpStatus: number
  body: object
}

/** What a call would do and then answer. */
export type Effect = () => Answer

/** One of Vonage's APIs as the door in front of it needs to know it. */
export interface VonageApi {
  contentType: string
  routes: VonageRoute[]
  refuseCredentials(verdict: Exclude<CredentialsVerdict, 'accepted'>): Answer
  /** A call that fails with an HTTP status instead of being judged. */
  fail(httpStatus: number): Answer
}

export interface VonageRoute {
  path: string
  methods: ('GET' | 'POST')[]
  /** An answer refuses the call; an effect is what happens unless a fault was planned. */
  judge(call: VonageCall): Answer | Effect
  /** The failing statuses of the API's own that a fault may name; empty for an API that has none. */
  failingStatuses: string[]
  statusAnswer(status: string, call: VonageCall): Answer
}
