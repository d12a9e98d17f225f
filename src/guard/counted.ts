import { eurosOf } from '../money.ts'
import { dayMs } from '../utc.ts'
import type { Policy } from './policy-schema.ts'
import type { Attempt, Verdict } from './rules.ts'
import type { SendCaps } from './send-caps.ts'

/** A rule that counts: so many messages in a time, so many euros, or a budget as the policy has it. */
type Counted = { rule: string; messages?: number; seconds?: number; euros?: number; share?: number; most?: number }

/**
 * By which rules a message is counted that the written ones do not block; `caps` are those of the settings. The bounds of
 * keys are none of the policy's.
 */
export function countedBy(
  { mode, budgets, spend }: Policy,
  { phone: { country }, caller, address }: Attempt,
  { verdict, caps }: { verdict: Verdict; caps: SendCaps },
): Counted[] {
  const { answer, isExempt = false, always = false } = verdict
  // What would have been challenged in enforce mode counts in no budget.
  const isWeighed = !isExempt && (answer === 'allow' || mode === 'enforce' || always)
  const spendCaps: [rule: string, cap: Policy['spend']['total'] | undefined][] = [
    ['spend.total', spend.total],
    [`spend.countries.${country}`, country && spend.countries[country]],
    [`spend.keys.${caller}`, spend.keys[caller]],
  ]
  const { number, hold_out: _, ...levels } = budgets
  return [
    ...(number ?? caps.perNumber).map(({ limit: messages, windowMs }) => ({
      rule: number ? 'budgets.number' : 'TOLLGATE_SENDS_PER_NUMBER',
      messages,
      seconds: windowMs / 1000,
    })),
    ...(caps.perDay === undefined
      ? []
      : [{ rule: 'TOLLGATE_DAILY_SENDS', messages: caps.perDay, seconds: dayMs / 1000 }]),
    ...spendCaps.flatMap(([rule, cap]) =>
      Object.entries(cap ?? {}).map(([span, limit]) => ({ rule: `${rule}.${span}`, euros: eurosOf(limit) })),
    ),
    ...Object.entries(isWeighed ? levels : {}).flatMap(([kind, budget]) =>
      budget === 'off' || (kind === 'address' && address === undefined)
        ? []
        : { rule: `budgets.${kind}`, ...budget, euros: eurosOf(budget.euros), most: eurosOf(budget.most) },
    ),
  ]
}
