import type { AnsweredCall } from './openapi-document.ts'

/** Where Vonage's answers leave its own documents, and the simulator with them. */
export interface Departure {
  why: string
  /** Which documents are left; all, unless given. */
  documents?: RegExp
  /** What is held against the document in place of an answer that departs; undefined for one that doesn't. */
  instead(call: AnsweredCall): AnsweredCall[] | undefined
}

const failsInFront: Departure = {
  why: 'what fails in front of the APIs has an HTTP status and a body that are in no document',
  instead: (call) => ([400, 403, 429, 500, 503].includes(call.httpStatus) ? [] : undefined),
}

export const verifyDepartures: Departure[] = [
  failsInFront,
  {
    why: 'several searched are answered as a list, of which the document says nothing',
    instead(call) {
      const several = Object(call.answer).verification_requests
      return Array.isArray(several) ? several.map((answer) => ({ ...call, answer })) : undefined
    },
  },
  {
    why: "the statuses that a refused search has in the document's own examples are not among those that it lists",
    instead(call) {
      const { error_text, status } = Object(call.answer)
      if (call.path !== '/verify/search/json' || error_text === undefined || status === '101') return undefined
      return [{ ...call, answer: { ...Object(call.answer), status: '101' } }]
    },
  },
]

export const numbersDepartures: Departure[] = [
  failsInFront,
  {
    why: 'a failed cancellation or update is answered like a failed purchase, the only one that the document has',
    instead(call) {
      if (call.httpStatus !== 420 || call.path === '/number/buy') return undefined
      return [{ ...call, method: 'POST', path: '/number/buy' }]
    },
  },
  {
    why: 'an owned number shows its voiceStatusCallback',
    instead: (call) => without(call, 'voiceStatusCallback'),
  },
  {
    why: 'the older document is older than three members of a number',
    documents: /^numbers-1\.0\./,
    instead: (call) => without(call, 'app_id', 'initialPrice', 'limitations'),
  },
]

export const verify2Departures: Departure[] = [
  {
    why: 'who asks for a number that has a verification is told its id',
    instead: (call) =>
      call.httpStatus === 409 && call.path === '/v2/verify' ? without(call, 'request_id') : undefined,
  },
  {
    why: 'a method that a path does not have is one that the document does not have',
    instead: (call) => (String(Object(call.answer).detail).startsWith('No static resource ') ? [] : undefined),
  },
]

/** Undefined when the answer has none of these members. */
function without(call: AnsweredCall, ...names: string[]): AnsweredCall[] | undefined {
  const text = JSON.stringify(call.answer)
  if (!names.some((name) => text?.includes(`"${name}":`))) return undefined
  const rest = JSON.stringify(call.answer, (name, value) => (names.includes(name) ? undefined : value))
  return [{ ...call, answer: JSON.parse(rest) }]
}
