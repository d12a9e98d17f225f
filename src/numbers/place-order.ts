import type { Caller } from '../access/caller.ts'
import { GatewayError } from '../errors.ts'
import { demandCountry } from '../guard/caller-bounds.ts'
import type { NumberOrder, Transaction } from '../store/store.ts'
import type { Sweep } from '../sweep.ts'
import { nothingHappened } from '../vonage/errors.ts'
import type { NumberKey, OrderAnswer, OrderBody } from '../vonage/vonage.ts'
import { recordOrder } from './record-order.ts'
import { answeredWithinMs, isCarriedOut, type LookParts, lookAgainAfterMs } from './settle-orders.ts'

export type OrderView = OrderBody & { country: string; msisdn: string }

export type Refused = Extract<OrderAnswer, { outcome: 'refused' }>

export interface Order {
  key: NumberKey
  action: NumberOrder['action']
  /** What an update sets. */
  settings?: Record<string, string>
  caller: Caller
  orderId: string | undefined
  ask: () => Promise<OrderAnswer>
  /** Why Vonage refused; undefined when what was wanted is so already, by an earlier order. */
  explain: (refused: Refused, before: NumberOrder | undefined) => Promise<GatewayError | undefined>
}

export interface OrderParts extends LookParts {
  sweep: Sweep
  newId: () => string
  /** Live, nothing is ordered: there are no caps on spending yet. */
  ordersAllowed: boolean
}

/** Writes the intent, asks, and writes down what became of it. */
export async function placeOrder(parts: OrderParts, order: Order): Promise<OrderView> {
  const { store, clock, keys, newId, ordersAllowed } = parts
  const { key, action, settings, caller, orderId, ask, explain } = order
  demandCountry(caller, key.country)
  if (!ordersAllowed) throw noSpending()
  const earlier = orderId === undefined ? undefined : await store.order(orderId)
  if (earlier?.state === 'done') return { ...success, ...key }
  const numberHash = keys.hash(key.msisdn)
  const before = await store.latestOrder(key.country, numberHash)
  const id = earlier ? newId() : (orderId ?? newId())
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
    await write(tx, 'intended')
  })
  const settle = (state: 'done' | 'refused') =>
    store.transaction(numberHash, async (tx) => {
      await tx.settleOrder(id, state, clock.now())
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

const success: OrderBody = { 'error-code': '200', 'error-code-label': 'success' }

function noSpending(): GatewayError {
  const detail = 'Numbers are not bought, updated or released live: there are no caps on spending yet.'
  return new GatewayError('forbidden', detail)
}
