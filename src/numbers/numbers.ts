import type { Caller } from '../access/caller.ts'
import { demandWithin, type RateCounter } from '../access/rates.ts'
import { GatewayError } from '../errors.ts'
import { demandCountry } from '../guard/caller-bounds.ts'
import { plain } from '../plain.ts'
import type { NumberKey, NumberPage, NumberQuery } from '../vonage/vonage.ts'
import { costOf, free } from './cost.ts'
import { type Ordering, type OrderParts, type OrderView, placeOrder, type Refused } from './place-order.ts'
import { merge, type NumberSettings, wanted } from './settings.ts'
import { ownedNumber } from './settle-orders.ts'

/**
 * The numbers of the account. Each order is written down before Vonage is asked. One that was given an id and has
 * succeeded is not made again under it. Failures are GatewayErrors.
 */
export interface Numbers {
  owned(query: NumberQuery): Promise<NumberPage>
  available(query: NumberQuery & { country: string }, caller: Caller): Promise<NumberPage>
  buy(number: NumberKey, by: Ordering): Promise<OrderView>
  /** Changes the given settings and keeps the others. */
  update(number: NumberKey, changes: NumberSettings, by: Ordering): Promise<OrderView>
  /** Releases a number; a second release succeeds too. */
  cancel(number: NumberKey, by: Ordering): Promise<OrderView>
}

export interface NumbersParts extends OrderParts {
  /** Searches of a caller; absent: as many as it likes. */
  searches?: RateCounter | undefined
}

export function createNumbers(parts: NumbersParts): Numbers {
  const { api, searches } = parts

  function countSearch({ id }: Caller): void {
    if (searches) demandWithin(searches.take(id), 'searches of one caller')
  }

  return {
    owned: async (query) => plain(await api.owned(query)),

    async available(query, caller) {
      demandCountry(caller, query.country)
      countSearch(caller)
      return plain(await api.available(query))
    },

    buy: (key, by) =>
      placeOrder(parts, by, {
        key,
        action: 'buy',
        asks: `Buy the number ${key.msisdn} of ${key.country}?`,
        async cost() {
          countSearch(by.caller)
          return costOf(api, key)
        },
        ask: () => api.buy(key),
        async explain({ addressRequired, refusal: upstream }, before) {
          if (addressRequired) {
            return new GatewayError('address_required', 'Numbers of this country need a local address.', { upstream })
          }
          if (!(await ownedNumber(api, key)))
            return new GatewayError('number_unavailable', 'The number is not for sale.', { upstream })
          const isRepeat = before?.action === 'buy' && before.caller === by.caller.id
          if (isRepeat && (before.state === 'unknown' || before.isUntold)) return undefined
          return new GatewayError('number_unavailable', 'The account owns this number already.', { upstream })
        },
      }),

    update(key, changes, by) {
      const settings = wanted(changes)
      return placeOrder(parts, by, {
        key,
        action: 'update',
        asks: `Change where messages and calls of the number ${key.msisdn} of ${key.country} go?`,
        cost: free,
        settings,
        async ask() {
          const owned = await ownedNumber(api, key)
          return owned ? api.update(key, merge(owned, settings)) : notOwned
        },
        explain: async (refused) => notOurs(refused, 'Vonage did not take the settings.'),
      })
    },

    cancel: (key, by) =>
      placeOrder(parts, by, {
        key,
        action: 'cancel',
        asks: `Release the number ${key.msisdn} of ${key.country}, with whatever uses it?`,
        cost: free,
        ask: () => api.cancel(key),
        async explain(refused, before) {
          const isReleased = before?.action === 'cancel' && !(await ownedNumber(api, key))
          return isReleased ? undefined : notOurs(refused, 'Vonage did not release the number.')
        },
      }),
  }
}

const notOwned: Refused = { outcome: 'refused', addressRequired: false, refusal: { status: '420' } }

function notOurs({ refusal: upstream }: Refused, detail: string): GatewayError {
  return new GatewayError('number_unavailable', `${detail} It may not belong to this account.`, { upstream })
}
