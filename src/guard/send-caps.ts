import type { Caller } from '../access/caller.ts'
import { type Basis, GatewayError } from '../errors.ts'
import type { Message, MessagesOf, Transaction } from '../store/store.ts'
import { together } from '../together.ts'
import { dayLeft, dayMs, oneOfEach } from '../utc.ts'
import { demandMessageSpend } from './message-spend.ts'
import type { InForce } from './rules.ts'

export interface SendCaps {
  /** Caps for one number, such as 3 messages in 10 minutes. Empty: none. */
  perNumber: readonly { limit: number; windowMs: number }[]
  /** All messages of a UTC day; absent: no cap (only in a sandbox). */
  perDay?: number | undefined
}

const hourMs = 3_600_000

/** How long a message has to be kept, so that every cap for one number can count it. */
export function sendsKeptMs(perNumber: SendCaps['perNumber']): number {
  return hourMs + Math.max(dayMs, ...perNumber.map(({ windowMs }) => windowMs))
}

export interface Reservation {
  numberHash: string
  runId: string
  /** Whose run it is. */
  caller: Caller
  /** Counted in a lane of its own already, and not among those of the number. */
  inLane?: boolean
  country: string
  messages: Message[]
  now: number
}

/**
 * Counts messages of a run and throws quota_exceeded when they pass a cap, which undoes the transaction. The last thing
 * in it: the day is one row for everybody.
 */
export async function reserveSends(
  tx: Transaction,
  { caps, policy: { policy } }: { caps: SendCaps; policy: InForce },
  { numberHash, runId, caller, country, inLane = false, messages, now }: Reservation,
): Promise<void> {
  const { number: inPolicy } = policy.budgets
  const perNumber = inLane ? [] : (inPolicy ?? caps.perNumber)
  const longestMs = Math.max(0, ...perNumber.map(({ windowMs }) => windowMs))
  const earlier = longestMs > 0 ? await tx.sendsTo(numberHash, now - longestMs + 1) : []
  const over = overNumberCap(perNumber, { earlier, more: messages.length, now })
  if (over) {
    const { waitMs, ...figures } = over
    const rule = inPolicy ? 'budgets.number' : 'TOLLGATE_SENDS_PER_NUMBER'
    throw exceeded('for this number', waitMs, { rule, ...figures })
  }
  // Those of a run may go out on two of them.
  const days = oneOfEach(
    messages.map(({ at }) => at),
    dayLeft,
  )
  await together(
    tx.insertSends(numberHash, runId, messages),
    demandDaily(tx, { limit: caller.bounds.dailySends, of: { of: 'caller', name: caller.id }, ...ofCaller, days, now }),
    demandDaily(tx, { limit: caps.perDay, of: { of: 'all' }, ...ofAll, days, now }),
    demandMessageSpend(tx, policy.spend, { caller: caller.id, country, days, now }),
  )
}

interface OfNumber {
  /** When the messages before went out, or will, the earliest first. */
  earlier: readonly number[]
  more: number
  now: number
}

/** The cap that so many messages more to one number would pass. */
export function overNumberCap(
  caps: SendCaps['perNumber'],
  { earlier, more, now }: OfNumber,
): { observed: number; bound: number; waitMs: number } | undefined {
  for (const { limit, windowMs } of caps) {
    const sent = earlier.filter((sentAt) => sentAt > now - windowMs)
    const observed = sent.length + more
    const waitMs = (sent[observed - limit - 1] ?? now) + windowMs - now
    if (observed > limit) return { observed, bound: limit, waitMs }
  }
  return undefined
}

interface Daily {
  limit: number | undefined
  of: MessagesOf
  rule: string
  whose: string
  days: number[]
  now: number
}

const ofCaller = { rule: 'key.daily_sends', whose: 'for this caller in a day' }
const ofAll = { rule: 'TOLLGATE_DAILY_SENDS', whose: 'for the whole gateway in a day' }

async function demandDaily(tx: Transaction, { limit, of, rule, whose, days, now }: Daily): Promise<void> {
  if (limit === undefined) return
  const sent = await together(...days.map((at) => tx.sentOnDay(at, of)))
  for (const [index, { sends }] of sent.entries()) {
    const at = days[index] ?? now
    if (sends > limit) throw exceeded(whose, at + dayLeft(at) - now, { rule, observed: sends, bound: limit })
  }
}

function exceeded(whose: string, waitMs: number, basis: Basis): GatewayError {
  const detail = `The cap on messages ${whose} is reached.`
  return new GatewayError('quota_exceeded', detail, { basis, retry_after_seconds: Math.ceil(waitMs / 1000) })
}
