import type { Caller } from '../access/caller.ts'
import { GatewayError } from '../errors.ts'
import { inEuros } from '../money.ts'
import type { Reads, SpendTotals, Transaction } from '../store/store.ts'
import { dayLeft, monthLeft } from '../utc.ts'

/** Where an order comes from. */
export type Surface = 'rest' | 'mcp'

export interface SpendingPolicy extends Record<Surface, 'deny' | 'approve' | 'allow'> {
  /** Of all callers together. */
  caps: SpendCaps
  /** Regions of numbers that are bought, changed and released; absent: all. */
  countries?: readonly string[] | undefined
}

/** In millionths of a euro; what is absent is not capped. */
export interface SpendCaps {
  perPurchase?: number | undefined
  /** A UTC day. */
  perDay?: number | undefined
  /** A UTC month. */
  perMonth?: number | undefined
}

/** Throws where nothing may be ordered from there, or nothing of this country. */
export function demandOrdersAllowed(policy: SpendingPolicy, surface: Surface, country: string): void {
  if (policy[surface] === 'deny') {
    const [name, setting] = surface === 'rest' ? ['REST', 'TOLLGATE_SPENDING_REST'] : ['MCP', 'TOLLGATE_SPENDING_MCP']
    const detail = `Numbers are not bought, changed or released over ${name}: ${setting} is deny.`
    throw new GatewayError('forbidden', detail)
  }
  if (!policy.countries || policy.countries.includes(country)) return
  const detail = `Numbers are ordered in ${policy.countries.join(', ')} only (TOLLGATE_SPEND_COUNTRIES).`
  throw new GatewayError('country_not_allowed', detail)
}

/** Whether what an order costs is to be held against anything. */
export function isCapped({ caps }: SpendingPolicy, { bounds }: Caller): boolean {
  return [...Object.values(caps), ...Object.values(bounds.spend ?? {})].some((cap) => cap !== undefined)
}

interface Cost {
  caller: Caller
  micros: number
  at: number
}

/** Throws for an order that would pass a cap, so that nobody is asked to approve what can't be. */
export async function demandAffordable(reads: Reads, policy: SpendingPolicy, cost: Cost): Promise<void> {
  const { caller, all } = await reads.spendTotals(cost.caller.id, cost.at)
  const plus = ({ day, month }: SpendTotals['all']) => ({ day: day + cost.micros, month: month + cost.micros })
  demandCaps(policy, { caller: plus(caller), all: plus(all) }, cost)
}

/** Counts what an order costs and throws when it passes a cap, which undoes the transaction. */
export async function reserveSpend(
  tx: Transaction,
  policy: SpendingPolicy,
  { orderId, ...cost }: Cost & { orderId: string },
): Promise<void> {
  const { caller, micros, at } = cost
  const totals = await tx.addSpend({ orderId, caller: caller.id, micros, at })
  demandCaps(policy, totals, cost)
}

function demandCaps({ caps }: SpendingPolicy, totals: SpendTotals, cost: Cost): void {
  demandWithin(cost.caller.bounds.spend ?? {}, 'this caller', totals.caller, cost)
  demandWithin(caps, 'all callers together', totals.all, cost)
}

function demandWithin(caps: SpendCaps, whose: string, total: SpendTotals['all'], { micros, at }: Cost): void {
  const { perPurchase, perDay, perMonth } = caps
  if (perPurchase !== undefined && micros > perPurchase) {
    const detail = `This costs EUR ${inEuros(micros)} at once; a purchase of ${whose} may cost EUR ${inEuros(perPurchase)}.`
    throw new GatewayError('forbidden', detail)
  }
  const spent = (sum: number, cap: number, when: string, waitMs: number) => {
    const detail = `With this, ${whose} would spend EUR ${inEuros(sum)} ${when}; the cap is EUR ${inEuros(cap)}.`
    return new GatewayError('quota_exceeded', detail, { retry_after_seconds: Math.ceil(waitMs / 1000) })
  }
  if (perMonth !== undefined && total.month > perMonth) throw spent(total.month, perMonth, 'this month', monthLeft(at))
  if (perDay !== undefined && total.day > perDay) throw spent(total.day, perDay, 'today', dayLeft(at))
}
