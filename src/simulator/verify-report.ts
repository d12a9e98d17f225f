import { createHash } from 'node:crypto'
import { currency, inEuro, messagePrice, successPrice } from './prices.ts'
import type { Verification } from './verifications.ts'

/** Vonage writes prices with eight decimals. */
const decimals = 8

/** The answer to a right code. */
export function successReport(verification: Verification) {
  return {
    request_id: verification.id,
    status: '0',
    event_id: eventId(verification, verification.eventsAtMs.length - 1),
    price: inEuro(successPrice, decimals),
    currency,
    estimated_price_messages_sent: messagesPrice(verification),
  }
}

/** What a search shows of a verification, running or ended. */
export function searchReport(verification: Verification, accountId: string) {
  const { ending, eventsAtMs, steps } = verification
  const status = ending?.status ?? 'IN PROGRESS'
  return {
    request_id: verification.id,
    account_id: accountId,
    number: verification.number,
    sender_id: verification.senderId ?? 'verify',
    date_submitted: formatDate(verification.submittedAtMs),
    date_finalized: formatDate(ending?.atMs),
    checks: verification.checks.map(({ code, isRight, atMs }) => ({
      date_received: formatDate(atMs),
      code,
      status: isRight ? 'VALID' : 'INVALID',
      ip_address: '',
    })),
    first_event_date: formatDate(eventsAtMs[0]),
    last_event_date: formatDate(eventsAtMs.at(-1)),
    price: status === 'SUCCESS' ? inEuro(successPrice, decimals) : '0',
    currency,
    status,
    estimated_price_messages_sent: messagesPrice(verification),
    events: eventsAtMs.map((_, index) => ({ id: eventId(verification, index), type: steps[index]?.channel })),
  }
}

/** A UUID that is made when it is asked for: held, they would take a tenth of the memory. */
function eventId({ id }: Verification, index: number): string {
  const hex = createHash('sha256').update(`${id} ${index}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

function messagesPrice({ steps, eventsAtMs }: Verification): string {
  const taken = steps.slice(0, eventsAtMs.length)
  const sum = taken.reduce((before, { channel }) => before + messagePrice[channel], 0)
  return inEuro(sum, decimals)
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, or an empty text for what hasn't happened. */
function formatDate(atMs: number | undefined): string {
  return atMs === undefined ? '' : new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}
