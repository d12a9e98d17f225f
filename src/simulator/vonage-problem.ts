import { STATUS_CODES } from 'node:http'
import type { Answer } from './vonage-api.ts'

const rateLimit = { title: 'Rate Limit Hit', detail: 'Please wait, then retry your request' }
const unauthorized = { title: 'Unauthorized', detail: 'You did not provide correct credentials.' }
const internal = {
  title: 'Internal error',
  detail: 'There was an error processing your request in the Platform.',
}

/** The problem body of Vonage's gateway, for what none of its APIs has a form of its own. */
export function problemAnswer(httpStatus: number, instance: string): Answer {
  const { title, detail } = problemOf(httpStatus)
  return { httpStatus, body: { type: 'https://developer.vonage.com/api-errors', title, detail, instance } }
}

function problemOf(httpStatus: number) {
  if (httpStatus === 401) return unauthorized
  if (httpStatus === 429) return rateLimit
  if (httpStatus === 500) return internal
  const title = STATUS_CODES[httpStatus] ?? 'Error'
  return { title, detail: title }
}
