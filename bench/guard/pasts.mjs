// The markets that scenarios play in, how things went there before, and where those who pump them send.
import { numberAt, priceOf } from './markets.mjs'
import { attackersAddressOf, resending } from './people.mjs'

export const startsAt = Date.parse('2026-03-02T10:00:00Z')
export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour
/** A large market, and a small one: messages a day. */
export const large = 20_000
export const small = 200

const attackedRange = 7
/** Five of a hundred people of the country that is attacked have numbers in its attacked range; of all, six of ten are known. */
export const attackedMarket = (country, perDay) => ({
  country,
  perDay,
  conversion: 0.6,
  ranges: 300,
  attackedPart: 0.05,
  knownPart: 0.6,
  attackedRange,
})
export const otherMarket = (perDay, conversion = 0.7) => ({ country: 'FR', perDay, conversion, ranges: 300 })

/** Of messages, resends among them, where so many of the people who ask are verified: what `person` comes to. */
function ofMessages({ conversion }) {
  const verified = conversion * (1 + resending.converting)
  return verified / (verified + (1 - conversion) * (1 + resending.others))
}

/** How things went before; none for a market of today. */
export function historyOf(markets, { accounts = true, keys = { app: 1 } } = {}) {
  const total = markets.reduce((sum, { perDay }) => sum + perDay, 0)
  const mean = (of) => markets.reduce((sum, market) => sum + of(market) * market.perDay, 0) / total
  const usual = { conversion: mean(ofMessages), price: mean(({ country }) => priceOf(country)), accounts }
  return [
    ...markets.map((market) => ({
      scope: `country:${market.country}`,
      perDay: market.perDay,
      conversion: ofMessages(market),
      price: priceOf(market.country),
      delays: market.codes?.delays,
      accounts,
    })),
    ...Object.entries(keys).map(([key, part]) => ({ scope: `key:${key}`, perDay: Math.round(total * part), ...usual })),
    { scope: 'total:', perDay: total, ...usual },
  ]
}

export const freshAddress = (chance) => ({ ip: attackersAddressOf(chance), account: `x${chance.next()}` })
export const inTurn = (country) => (chance) => (index) => ({
  country,
  number: numberAt(country, attackedRange, index % 10_000),
  ...freshAddress(chance),
})
export const anywhere = (country) => (chance) => () => ({
  country,
  number: numberAt(country, 40 + chance.below(300), chance.below(10_000)),
  ...freshAddress(chance),
})
