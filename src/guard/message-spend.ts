import { GatewayError } from '../errors.ts'
import { eurosOf, inEuros } from '../money.ts'
import type { MessagesOf, Transaction } from '../store/store.ts'
import { together } from '../together.ts'
import { dayLeft, monthLeft } from '../utc.ts'
import type { Policy } from './policy-schema.ts'

interface Spent {
  caller: string
  country: string
  now: number
}

type Cap = Policy['spend']['total']

/** In millionths of a euro. */
interface Caps {
  total: Cap
  countries: Partial<Record<string, Cap>>
  keys: Partial<Record<string, Cap>>
}

/** Throws quota_exceeded where the messages counted so far cost more than the policy lets them, which undoes the transaction. */
export async function demandMessageSpend(tx: Transaction, spend: Caps, spent: Spent): Promise<void> {
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

async function demandWithin(tx: Transaction, { now }: Spent, { rule, whose, cap = {}, of }: Held): Promise<void> {
  const { day, month } = cap
  const [ofDay, ofMonth] = await together(
    day === undefined ? nothing : tx.sentOnDay(now, of),
    month === undefined ? nothing : tx.sentInMonth(now, of),
  )
  if (day !== undefined && ofDay.micros > day) {
    throw exceeded(`${whose} of a day`, { rule: `${rule}.day`, observed: ofDay.micros, bound: day }, dayLeft(now))
  }
  if (month !== undefined && ofMonth.micros > month) {
    const overspent = { rule: `${rule}.month`, observed: ofMonth.micros, bound: month }
    throw exceeded(`${whose} of a month`, overspent, monthLeft(now))
  }
}

const nothing = Promise.resolve({ micros: 0 })

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
