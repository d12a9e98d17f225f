import type { Channel, Wish } from './verify-parameters.ts'

export type FinalStatus = 'SUCCESS' | 'FAILED' | 'EXPIRED' | 'CANCELLED'

/** A verification request as the contract describes it. */
export interface ModelRequest {
  id: string
  wish: Wish
  channels: Channel[]
  /** After each event: until the next one or, after the last, until the end. */
  waitsMs: number[]
  pinLifeMs: number
  submittedAtMs: number
  /** Of the next event, or of the end. */
  nextAtMs: number
  /** `pin` says which of the PINs it carried. */
  events: { atMs: number; channel: Channel; pin: number; id: string | undefined }[]
  pins: { madeAtMs: number; wrongCodes: number; code: string | undefined }[]
  checks: { atMs: number; code: string; isRight: boolean }[]
  ended: { as: FinalStatus; atMs: number } | undefined
}

/** The one number of the model, in E.164 without +. */
export const modelNumber = '447700900123'

/** What a search shows. */
export function reportOf({ id, wish, submittedAtMs, events, checks, ended }: ModelRequest, accountId: string) {
  return {
    request_id: id,
    account_id: accountId,
    number: modelNumber,
    sender_id: wish.sender_id ?? 'verify',
    date_submitted: dateOf(submittedAtMs),
    date_finalized: ended ? dateOf(ended.atMs) : '',
    checks: checks.map(({ atMs, code, isRight }) => ({
      date_received: dateOf(atMs),
      code,
      status: isRight ? 'VALID' : 'INVALID',
      ip_address: '',
    })),
    first_event_date: dateOf(events[0]?.atMs ?? 0),
    last_event_date: dateOf(events.at(-1)?.atMs ?? 0),
    price: ended?.as === 'SUCCESS' ? '0.10000000' : '0',
    currency: 'EUR',
    status: ended?.as ?? 'IN PROGRESS',
    estimated_price_messages_sent: /^\d+\.\d+$/,
    events: events.map((event) => ({ id: event.id ?? /^[\da-f-]{36}$/, type: event.channel })),
  }
}

/** `YYYY-MM-DD HH:MM:SS` in UTC. */
function dateOf(atMs: number): string {
  const [day, time] = new Date(atMs).toISOString().split('T')
  return `${day} ${time?.slice(0, 8)}`
}
