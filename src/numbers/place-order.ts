import type { Approvals } from '../access/approvals.ts'
import type { Caller } from '../access/caller.ts'
import type { GatewayError } from '../errors.ts'
import { demandCountry } from '../guard/caller-bounds.ts'
import {
  demandAffordable,
  demandOrdersAllowed,
  isCapped,
  reserveSpend,
  type SpendingPolicy,
  type Surface,
} from '../guard/spend-caps.ts'
import { inEuros } from '../money.ts'
import type { NumberOrder, Transaction } from '../store/store.ts'
import type { Sweep } from '../sweep.ts'
import { nothingHappened } from '../vonage/errors.ts'
import type { NumberKey, OrderAnswer, OrderBody } from '../vonage/vonage.ts'
import type { Cost } from './cost.ts'
import { recordOrder } from './record-order.ts'
import { answeredWithinMs, isCarriedOut, type LookParts, lookAgainAfterMs } from './settle-orders.ts'

export type OrderView = OrderBody & { country: string; msisdn: string }

export type Refused = Extract<OrderAnswer, { outcome: 'refused' }>

/** Who orders, from where, and under which id where it has one. */
export interface Ordering {
  caller: Caller
  surface: Surface
  orderId?: string | undefined
}

export interface Order {
  key: NumberKey
  action: NumberOrder['action']
  /** What a person is asked who is to approve it. */
  asks: string
  cost: () => Promise<Cost>
  /** What an update sets. */
  settings?: Record<string, string>
  ask: () => Promise<OrderAnswer>
  /** Why Vonage refused; undefined when what was wanted is so already, by an earlier order. */
  explain: (refused: Refused, before: NumberOrder | undefined) => Promise<GatewayError | undefined>
}

export interface OrderParts extends LookParts {
  sweep: Sweep
  newId: () => string
  spending: SpendingPolicy
  approvals: Approvals
}

/** Writes the intent, asks, and writes down what became of it. */
export async function placeOrder(parts: OrderParts, by: Ordering, order: Order): Promise<OrderView> {
  const { store, clock, keys, newId, spending } = parts
  const { caller, surface, orderId } = by
  const { key, action, settings, ask, explain } = order
  demandCountry(caller, key.country)
  demandOrdersAllowed(spending, surface, key.country)
  const earlier = orderId === undefined ? undefined : await store.order(orderId)
  if (earlier?.state === 'done') return { ...success, ...key }
  const numberHash = keys.hash(key.msisdn)
  const before = await store.latestOrder(key.country, numberHash)
  const id = earlier ? newId() : (orderId ?? newId())
  // One whose end nobody knows is the same order: it was approved and counted, and stays so.
  const open = openOrder(earlier, before, { action, caller })
  const cost = open ? undefined : await permitted(parts, by, order, id)
  // Later than the one before it, whatever the clock did meanwhile.
  const createdAt = Math.max(clock.now(), (before?.createdAt ?? 0) + 1)
  const lookAt = createdAt + answeredWithinMs
  const intent = {
    id,
    caller: caller.id,
    action,
    country: key.country,
    numberHash,
    numberSealed: keys.seal(key.msisdn),
    settingsSealed: settings && keys.seal(JSON.stringify(settings)),
    state: 'intended',
    createdAt,
    lookAt,
  } as const
  const write = (tx: Transaction, state: NumberOrder['state']) =>
    recordOrder(tx, { ...intent, actor: caller.id, msisdn: key.msisdn, state, at: clock.now() })
  await store.transaction(numberHash, async (tx) => {
    await tx.insertOrder(intent)
    if (open) await tx.moveSpend(open.id, id)
    if (cost && cost.now > 0) await reserveSpend(tx, spending, { orderId: id, caller, micros: cost.now, at: createdAt })
    await write(tx, 'intended')
  })
  const settle = (state: 'done' | 'refused') =>
    store.transaction(numberHash, async (tx) => {
      await tx.settleOrder(id, state, clock.now())
      if (state === 'refused') await tx.removeSpend(id)
      await write(tx, state)
    })
  try {
    const answer = await ask()
    const problem = answer.outcome === 'refused' ? await explain(answer, before) : undefined
    if (problem) throw problem
    await settle('done')
    return { ...(answer.outcome === 'done' ? answer.body : success), ...key }
  } catch (error) {
    if (nothingHappened(error)) {
      await settle('refused')
      throw error
    }
    if (!(await isCarriedOut(parts, { id, action, ...key, settings }))) {
      await lookLater(parts, intent)
      throw error
    }
    await settle('done')
    return { ...success, ...key }
  }
}

/** The order may still be on its way. */
async function lookLater(
  { store, clock, sweep }: OrderParts,
  { id, numberHash }: Pick<NumberOrder, 'id' | 'numberHash'>,
) {
  await store.transaction(numberHash, (tx) => tx.lookForOrder(id, clock.now() + lookAgainAfterMs))
  await sweep.rearm()
}

/** The same order, of an earlier call of this caller whose answer was lost: by its id, or as the same purchase. */
function openOrder(
  earlier: NumberOrder | undefined,
  before: NumberOrder | undefined,
  { action, caller }: { action: NumberOrder['action']; caller: Caller },
): NumberOrder | undefined {
  const isOpen = (order: NumberOrder) => order.state === 'intended' || order.state === 'unknown'
  if (earlier && isOpen(earlier)) return earlier
  const isSamePurchase = action === 'buy' && before?.action === 'buy' && before.caller === caller.id
  return isSamePurchase && (before.state === 'unknown' || before.isUntold) ? before : undefined
}

/** What the order costs, where that counts. Throws where a person has to approve it first. */
async function permitted(
  { store, clock, spending, approvals }: OrderParts,
  { caller, surface }: Ordering,
  { key, action, settings, asks, cost }: Order,
  orderId: string,
): Promise<Cost | undefined> {
  const isAsked = spending[surface] === 'approve'
  if (!isAsked && !isCapped(spending, caller)) return undefined
  const price = await cost()
  if (price.now > 0) await demandAffordable(store, spending, { caller, micros: price.now, at: clock.now() })
  if (isAsked) {
    const asked = {
      question: asks,
      input: { ...key, ...settings },
      priceNow: inEuros(price.now),
      priceMonthly: inEuros(price.monthly),
    }
    await approvals.demand({ operation: `${action}-number`, caller, asked, orderId })
  }
  return price
}

const success: OrderBody = { 'error-code': '200', 'error-code-label': 'success' }
