import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import type { Policy } from './policy-schema.ts'
import { guessedPrices, type Prices } from './price-guesses.ts'
import type { InForce } from './rules.ts'

/** What messages are expected to cost: as Vonage's own answers have told, else as the policy says, else a guess. */
export interface PriceTable {
  of(country: string): Promise<Prices>
}

/** What other nodes were told is noticed after that long at most. */
const rereadAfterMs = 60_000

export function createPriceTable({
  store,
  clock,
  policy,
}: {
  store: Store
  clock: Clock
  policy: InForce
}): PriceTable {
  const told = new Map<string, { prices: Partial<Prices>; readAt: number }>()
  return {
    async of(country) {
      const now = clock.now()
      const held = told.get(country)
      const isFresh = held !== undefined && Math.abs(now - held.readAt) < rereadAfterMs
      const prices = isFresh ? held.prices : await store.toldPrices(country)
      if (!isFresh) told.set(country, { prices, readAt: now })
      return { ...writtenPrices(policy.policy, country), ...prices }
    },
  }
}

/** As the policy says, else a guess. */
export function writtenPrices({ prices }: Policy, country: string): Prices {
  const regions: Partial<Record<string, Partial<Prices>>> = prices.regions
  return { ...guessedPrices(country), ...prices.default, ...regions[country] }
}
