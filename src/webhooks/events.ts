import * as z from 'zod'
import type { Alert, EndState, NumberOrder, Run, Verification } from '../store/store.ts'

type VerificationEvent = `verification.${'requested' | EndState | 'blocked'}`
type NumberEvent = 'number.bought' | 'number.updated' | 'number.cancelled'

const states = ['pending', 'verified', 'failed', 'expired', 'cancelled', 'superseded'] as const
const time = z.iso.datetime()
const sequence = z.int().min(1).describe('1, 2, 3 … for each verification or order: what comes late is told by it.')

/** What is told of a verification: of what get-verification shows, that which stays. */
const verification = z.object({
  request_id: z.string(),
  sequence,
  state: z.enum(states).describe('As it was when this happened.'),
  delivery: z.literal('unknown').optional().describe('Vonage did not say whether a message is on its way.'),
  brand: z.string(),
  number: z.string().describe('Masked, such as 44********23; ** once it is erased.'),
  created_at: time,
  ended_at: time.optional(),
})

/** What is told of an order: the number is one of the account, not of a person. */
const order = z.object({
  order_id: z.string(),
  sequence,
  country: z.string(),
  msisdn: z.string(),
  created_at: time,
})

/** What is told of messages that lead to nothing. */
const alert = z.object({
  alert_id: z.string(),
  sequence,
  level: z
    .enum(['warn', 'alert', 'act'])
    .describe('warn: fewer than 60 % were verified; alert: 35 % or fewer; act: fewer than 20 %.'),
  by: z
    .enum(['country', 'prefix', 'caller', 'hour'])
    .describe('What the messages have in common: country, prefix or caller.'),
  name: z.string().describe('Such as GB; empty for numbers of no country.'),
  requested: z.int().describe('Requests that sent a message, in that hour.'),
  verified: z.int().describe('Those of them for whose message the right code was given.'),
  since: time,
  until: time,
})

interface EventDefinition {
  /** When it is told. */
  when: string
  data: z.ZodObject
}

/** Everything that webhooks tell. */
export const events = {
  'verification.requested': {
    when: 'Vonage has taken the request, did not answer it, or the verification shares a message.',
    data: verification,
  },
  'verification.verified': { when: 'The right code was given with it.', data: verification },
  'verification.failed': { when: 'Too many wrong codes were given.', data: verification },
  'verification.expired': { when: 'The time for typing the code is over.', data: verification },
  'verification.cancelled': { when: 'It was cancelled.', data: verification },
  'verification.superseded': {
    when: 'The code was given with another verification of the same message.',
    data: verification,
  },
  'verification.blocked': {
    when: 'Reserved for requests that are refused as toll fraud: not sent yet.',
    data: verification,
  },
  'number.bought': { when: 'A number was bought.', data: order },
  'number.updated': { when: 'The settings of a number were changed.', data: order },
  'number.cancelled': { when: 'A number was released.', data: order },
  'guard.alert': {
    when: 'In the last hour too few messages to a country, a prefix or of a caller led to a right code: toll fraud, or messages that do not arrive.',
    data: alert,
  },
} as const satisfies Record<VerificationEvent | NumberEvent | 'guard.alert', EventDefinition>

export type EventType = keyof typeof events

/** The number is added when it is sent. */
type VerificationFacts = Omit<z.input<typeof verification>, 'sequence' | 'number'>
type OrderFacts = Omit<z.input<typeof order>, 'sequence' | 'msisdn'>
type AlertFacts = Omit<z.input<typeof alert>, 'sequence'>
export type Facts = VerificationFacts | OrderFacts | AlertFacts

export function ofVerification({ id, state, createdAt, endedAt }: Verification, run: Run): VerificationFacts {
  return {
    request_id: id,
    state,
    ...(state === 'pending' && run.state === 'unknown' && { delivery: 'unknown' }),
    brand: run.brand,
    created_at: iso(createdAt),
    ...(endedAt !== undefined && { ended_at: iso(endedAt) }),
  }
}

export const orderEvents = {
  buy: 'number.bought',
  update: 'number.updated',
  cancel: 'number.cancelled',
} as const satisfies Record<NumberOrder['action'], NumberEvent>

export function ofOrder({ id, country, createdAt }: NumberOrder): OrderFacts {
  return { order_id: id, country, created_at: iso(createdAt) }
}

export function ofAlert({ id, level, by, name, requested, verified, since, until }: Alert): AlertFacts {
  return { alert_id: id, level, by, name, requested, verified, since: iso(since), until: iso(until) }
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
