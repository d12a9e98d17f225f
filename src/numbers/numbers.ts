import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { NumberOrder, Store } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type {
  NumberEntry,
  NumberKey,
  NumberPage,
  NumberQuery,
  NumbersApi,
  OrderAnswer,
  OrderBody,
} from '../vonage/vonage.ts'
import { merge, type NumberSettings } from './settings.ts'

/**
 * The numbers of the account. Each order is written down before Vonage is asked. One that was given an id and has
 * succeeded is not made again under it. Failures are GatewayErrors.
 */
export interface Numbers {
  owned(query: NumberQuery): Promise<NumberPage>
  available(query: NumberQuery & { country: string }): Promise<NumberPage>
  buy(number: NumberKey, caller: string, orderId?: string): Promise<OrderView>
  /** Changes the given settings and keeps the others. */
  update(number: NumberKey, changes: NumberSettings, caller: string, orderId?: string): Promise<OrderView>
  /** Releases a number; a second release succeeds too. */
  cancel(number: NumberKey, caller: string, orderId?: string): Promise<OrderView>
}

export type OrderView = OrderBody & { country: string; msisdn: string }

export interface NumbersParts {
  api: NumbersApi
  store: Store
  clock: Clock
  newId: () => string
  /** Live, nothing is ordered: there are no caps on spending yet. */
  ordersAllowed: boolean
}

type Refused = Extract<OrderAnswer, { outcome: 'refused' }>

interface Order {
  key: NumberKey
  action: NumberOrder['action']
  caller: string
  orderId: string | undefined
  ask: () => Promise<OrderAnswer>
  /** Why Vonage refused; undefined when what was wanted is so already, by an earlier order. */
  explain: (refused: Refused, before: NumberOrder | undefined) => Promise<GatewayError | undefined>
}

export function createNumbers({ api, store, clock, newId, ordersAllowed }: NumbersParts): Numbers {
  async function ownedNumber({ country, msisdn }: NumberKey): Promise<NumberEntry | undefined> {
    const { numbers } = await api.owned({ country, pattern: msisdn, search_pattern: 0, size: 1 })
    return numbers.find((number) => number.msisdn === msisdn)
  }

  /** Writes the intent, asks, and writes down what became of it. */
  async function order({ key, action, caller, orderId, ask, explain }: Order): Promise<OrderView> {
    if (!ordersAllowed) throw noSpending()
    const earlier = orderId === undefined ? undefined : await store.order(orderId)
    if (earlier?.state === 'done') return { ...success, ...key }
    const before = await store.latestOrder(key.country, key.msisdn)
    const id = earlier ? newId() : (orderId ?? newId())
    // Later than the one before it, whatever the clock did meanwhile.
    const createdAt = Math.max(clock.now(), (before?.createdAt ?? 0) + 1)
    const intent: NumberOrder = { id, caller, action, ...key, state: 'intended', createdAt }
    await store.transaction(key.msisdn, (tx) => tx.insertOrder(intent))
    const settle = (state: 'done' | 'refused' | 'unknown') =>
      store.transaction(key.msisdn, (tx) => tx.settleOrder(id, state, clock.now()))
    try {
      const answer = await ask()
      const problem = answer.outcome === 'refused' ? await explain(answer, before) : undefined
      if (problem) throw problem
      await settle('done')
      return { ...(answer.outcome === 'done' ? answer.body : success), ...key }
    } catch (error) {
      await settle(error instanceof UpstreamFailure && error.effect === 'unknown' ? 'unknown' : 'refused')
      throw error
    }
  }

  return {
    owned: (query) => api.owned(query),

    available: (query) => api.available(query),

    buy: (key, caller, orderId) =>
      order({
        key,
        action: 'buy',
        caller,
        orderId,
        ask: () => api.buy(key),
        async explain({ addressRequired, refusal: upstream }, before) {
          if (addressRequired) {
            return new GatewayError('address_required', 'Numbers of this country need a local address.', { upstream })
          }
          if (!(await ownedNumber(key)))
            return new GatewayError('number_unavailable', 'The number is not for sale.', { upstream })
          const cameThrough = before?.action === 'buy' && before.caller === caller && before.state === 'unknown'
          if (cameThrough) return undefined
          return new GatewayError('number_unavailable', 'The account owns this number already.', { upstream })
        },
      }),

    update: (key, changes, caller, orderId) =>
      order({
        key,
        action: 'update',
        caller,
        orderId,
        async ask() {
          const owned = await ownedNumber(key)
          return owned ? api.update(key, merge(owned, changes)) : notOwned
        },
        explain: async (refused) => notOurs(refused, 'Vonage did not take the settings.'),
      }),

    cancel: (key, caller, orderId) =>
      order({
        key,
        action: 'cancel',
        caller,
        orderId,
        ask: () => api.cancel(key),
        async explain(refused, before) {
          const isReleased = before?.action === 'cancel' && !(await ownedNumber(key))
          return isReleased ? undefined : notOurs(refused, 'Vonage did not release the number.')
        },
      }),
  }
}

const success: OrderBody = { 'error-code': '200', 'error-code-label': 'success' }

const notOwned: Refused = { outcome: 'refused', addressRequired: false, refusal: { status: '420' } }

function notOurs({ refusal: upstream }: Refused, detail: string): GatewayError {
  return new GatewayError('number_unavailable', `${detail} It may not belong to this account.`, { upstream })
}

function noSpending(): GatewayError {
  const detail = 'Numbers are not bought, updated or released live: there are no caps on spending yet.'
  return new GatewayError('forbidden', detail)
}
