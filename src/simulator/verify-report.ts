import { currency, inEuro, messagePrice, successPrice } from './prices.ts'
import type { Verification } from './verifications.ts'

/** Vonage writes prices with eight decimals. */
const decimals = 8

/** The answer to a right code. */
export function successReport(verification: Verification) {
  return {
    request_id: verification.id,
    status: '0',
    event_id: verification.events.at(-1)?.id ?? '',
    price: inEuro(successPrice, decimals),
    currency,
    estimated_price_messages_sent: messagesPrice(verification),
  }
}

/** What a search shows of a verification, running or ended. */
export function searchReport(verification: Verification, accountId: string) {
  const { ending, events } = verification
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
    first_event_date: formatDate(events[0]?.atMs),
    last_event_date: formatDate(events.at(-1)?.atMs),
    price: status === 'SUCCESS' ? inEuro(successPrice, decimals) : '0',
    currency,
    status,
    estimated_price_messages_sent: messagesPrice(verification),
    events: events.map(({ id, channel }) => ({ id, type: channel })),
  }
}

function messagesPrice({ events }: Verification): string {
  const sum = events.reduce((before, { channel }) => before + messagePrice[channel], 0)
  return inEuro(sum, decimals)
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, or an empty text for what hasn't happened. */
function formatDate(atMs: number | undefined): string {
  return atMs === undefined ? '' : new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}
