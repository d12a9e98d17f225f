import type { SpendingPolicy } from './guard/spend-caps.ts'
import { ConfigError, type Env, given } from './settings.ts'

const caps = {
  perPurchase: 'TOLLGATE_SPEND_PER_PURCHASE',
  perDay: 'TOLLGATE_SPEND_PER_DAY',
  perMonth: 'TOLLGATE_SPEND_PER_MONTH',
} as const

/**
 * What may be spent on numbers. A sandbox's money is play money: REST spends it, and on MCP a person is asked all the
 * same. Live nothing is spent unless it is set, and then only with all caps. Throws a ConfigError.
 */
export function readSpending(env: Env, mode: 'sandbox' | 'live'): SpendingPolicy {
  const isLive = mode === 'live'
  const policy = {
    rest: given(env, 'TOLLGATE_SPENDING_REST') ?? (isLive ? 'deny' : 'allow'),
    mcp: given(env, 'TOLLGATE_SPENDING_MCP') ?? (isLive ? 'deny' : 'approve'),
    caps: {
      perPurchase: given(env, caps.perPurchase),
      perDay: given(env, caps.perDay),
      perMonth: given(env, caps.perMonth),
    },
    countries: given(env, 'TOLLGATE_SPEND_COUNTRIES'),
  }
  const isOpen = policy.rest !== 'deny' || policy.mcp !== 'deny'
  const missing = Object.values(caps).find((name) => given(env, name) === undefined)
  if (isLive && isOpen && missing !== undefined) {
    throw new ConfigError(
      `${missing} is not set; live it is required where spending is not denied, such as ${missing}=20`,
    )
  }
  return policy
}
