import { eurosOf } from '../money.ts'
import type { Policy } from './policy-schema.ts'

/** A rule that counts: so many messages in a time, or so many euros. */
type Counted = { rule: string; messages: number; seconds: number } | { rule: string; euros: number }

interface Asked {
  country: string | undefined
  caller: string
  /** What one message costs, in millionths of a euro. */
  micros: number
  /** The policy lets it through by name. */
  isExempt: boolean
  /** TOLLGATE_SENDS_PER_NUMBER. */
  perNumber: readonly { limit: number; windowMs: number }[]
}

/**
 * What a message is counted by that the written rules let through. A budget is told as it is where nothing is known of how
 * it went before.
 */
export function countedBy({ budgets, spend }: Policy, { country = '', caller, ...asked }: Asked): Counted[] {
  const { micros, isExempt, perNumber } = asked
  const caps: [rule: string, cap: Policy['spend']['total'] | undefined][] = [
    ['spend.total', spend.total],
    [`spend.countries.${country}`, new Map(Object.entries(spend.countries)).get(country)],
    [`spend.keys.${caller}`, spend.keys[caller]],
  ]
  const { number, hold_out: _, ...levels } = budgets
  return [
    ...(number ?? perNumber).map(({ limit: messages, windowMs }) => ({
      rule: number ? 'budgets.number' : 'TOLLGATE_SENDS_PER_NUMBER',
      messages,
      seconds: windowMs / 1000,
    })),
    ...caps.flatMap(([rule, cap]) =>
      Object.entries(cap ?? {}).map(([span, limit]) => ({ rule: `${rule}.${span}`, euros: eurosOf(limit) })),
    ),
    ...Object.entries(isExempt ? {} : levels).flatMap(([kind, budget]) =>
      budget === 'off'
        ? []
        : { rule: `budgets.${kind}`, euros: eurosOf(Math.min(budget.messages * micros, budget.euros)) },
    ),
  ]
}
