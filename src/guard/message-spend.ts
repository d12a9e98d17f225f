import { GatewayError } from '../errors.ts'
import { eurosOf, inEuros } from '../money.ts'
import type { MessagesOf, SendWrites } from '../store/store.ts'
import { together } from '../together.ts'
import { dayLeft, monthLeft, oneOfEach } from '../utc.ts'
import type { Policy } from './policy-schema.ts'

interface Spent {
  caller: string
  country: string
  /** When messages are going out: a time of each day. */
  days: number[]
  now: number
}

export type SpendReads = Pick<SendWrites, 'sentOnDay' | 'sentInMonth'>

type Cap = Policy['spend']['total']

/** In millionths of a euro. */
interface Caps {
  total: Cap
  countries: Partial<Record<string, Cap>>
  keys: Partial<Record<string, Cap>>
}

/** Throws quota_exceeded where the messages counted so far cost more than the policy lets them, which undoes the transaction. */
export async function demandMessageSpend(tx: SpendReads, spend: Caps, spent: Spent): Promise<void> {
  const { caller, country } = spent
  await together(
    demandWithin(tx, spent, { rule: 'spend.total', whose: 'all messages', cap: spend.total, of: { of: 'all' } }),
    demandWithin(tx, spent, {
      rule: `spend.countries.${country}`,
      whose: `messages to ${country}`,
      cap: spend.countries[country],
      of: { of: 'country', name: country },
    }),
    demandWithin(tx, spent, {
      rule: `spend.keys.${caller}`,
      whose: 'messages of this caller',
      cap: spend.keys[caller],
      of: { of: 'caller', name: caller },
    }),
  )
}

interface Held {
  rule: string
  whose: string
  cap: Cap | undefined
  of: MessagesOf
}

async function demandWithin(tx: SpendReads, { days, now }: Spent, { rule, whose, cap = {}, of }: Held): Promise<void> {
  const { day, month } = cap
  const months = month === undefined ? [] : oneOfEach(days, monthLeft)
  const [ofDays, ofMonths] = await together(
    together(...(day === undefined ? [] : days).map((at) => tx.sentOnDay(at, of))),
    together(...months.map((at) => tx.sentInMonth(at, of))),
  )
  for (const [index, { micros: observed }] of ofDays.entries()) {
    const at = days[index] ?? now
    if (day === undefined || observed <= day) continue
    throw exceeded(`${whose} of a day`, { rule: `${rule}.day`, observed, bound: day }, at + dayLeft(at) - now)
  }
  for (const [index, { micros: observed }] of ofMonths.entries()) {
    const at = months[index] ?? now
    if (month === undefined || observed <= month) continue
    throw exceeded(`${whose} of a month`, { rule: `${rule}.month`, observed, bound: month }, at + monthLeft(at) - now)
  }
}

interface Overspent {
  rule: string
  /** In millionths of a euro. */
  observed: number
  bound: number
}

function exceeded(whose: string, { rule, observed, bound }: Overspent, waitMs: number): GatewayError {
  return new GatewayError('quota_exceeded', `The cap of EUR ${inEuros(bound)} on ${whose} is reached.`, {
    basis: { rule, observed: eurosOf(observed), bound: eurosOf(bound) },
    retry_after_seconds: Math.ceil(waitMs / 1000),
  })
}
