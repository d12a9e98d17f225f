// Attacks of half an hour, each in its own market.
import { priceOf } from './markets.mjs'
import {
  anywhere,
  attackedMarket,
  freshAddress,
  historyOf,
  hour,
  inTurn,
  large,
  minute,
  otherMarket,
  small,
  startsAt,
} from './pasts.mjs'
import { people, pumping } from './people.mjs'

/** Half an hour of quiet, half an hour of attack, half an hour after it, or more. */
function attack(
  name,
  {
    market,
    wayOf,
    perSecond = 2,
    isSlow = false,
    more = {},
    other = otherMarket(Math.min(2 * market.perDay, 2000)),
    rules,
    keys,
    unmet,
  },
) {
  const times = { from: startsAt + 30 * minute, to: startsAt + hour }
  return {
    name,
    rules,
    unmet,
    attacked: { country: market.country, ...times, normalPerDay: market.perDay * priceOf(market.country) },
    play(chance, scale) {
      // Few people ask in a small market: there all of them do, and for longer, so that what becomes of them tells something.
      const isSmall = market.perDay <= small
      const span = { from: startsAt, to: startsAt + (isSmall ? 4 * hour : 90 * minute) }
      const markets = [amidst(market, other), other].filter(({ perDay }) => perDay > 0)
      const asking = ({ perDay, ...each }) => ({ ...each, perDay: perDay <= small ? perDay : perDay * scale })
      const cast = [
        ...markets.flatMap((each) => [...people(chance, asking(each), span)]),
        ...pumping(chance, { ...times, perSecond: isSlow ? perSecond : perSecond * scale, wayOf: wayOf(chance) }),
      ].map((somebody) => ({ ...somebody, ...(!somebody.isHonest && more) }))
      return { startsAt, history: historyOf(markets, { keys }), cast }
    },
  }
}

/** Five of a hundred people, of all, have numbers in the attacked range; where few live in the country, three of twenty there. */
function amidst(market, other) {
  const isHere = market.perDay / (market.perDay + other.perDay)
  return { ...market, attackedPart: Math.min(0.15, 0.05 / isHere) }
}

const gb = attackedMarket('GB', large)
/** So large that it does not notice what is sent slowly. */
const larger = attackedMarket('GB', 2 * large)
const slowly = { isSlow: true, perSecond: 0.1 }

/** Nine of ten codes within 20 seconds. */
const soon = { seconds: 8, spread: 0.6, delays: [64, 30, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0] }

export const attacks = [
  attack('small market, one range', { market: attackedMarket('LV', small), wayOf: inTurn('LV') }),
  attack('small market, anywhere', { market: attackedMarket('LV', small), wayOf: anywhere('LV') }),
  attack('small market beside a large one, anywhere', {
    market: attackedMarket('LV', small),
    wayOf: anywhere('LV'),
    other: otherMarket(10_000),
    rules: ['country'],
  }),
  attack('largest market, one range', { market: gb, wayOf: inTurn('GB') }),
  attack('largest market, anywhere', { market: gb, wayOf: anywhere('GB') }),
  attack('largest market, ten a second', { market: gb, wayOf: anywhere('GB'), perSecond: 10 }),
  attack('market of 80,000 a day whose codes are soon back', {
    market: { ...attackedMarket('ID', 80_000), codes: soon },
    wayOf: anywhere('ID'),
    perSecond: 4,
    other: otherMarket(10_000),
    rules: ['mature'],
  }),
  attack('market of 40,000 a day, one range, slowly', {
    market: larger,
    wayOf: inTurn('GB'),
    ...slowly,
    rules: ['prefix'],
  }),
  attack('two addresses, slowly', {
    market: larger,
    wayOf: (chance) => (index) => ({ ...anywhere('GB')(chance)(index), ip: `198.51.100.${1 + (index % 2)}` }),
    ...slowly,
    rules: ['address'],
  }),
  attack('smishing with a stolen key, slowly', {
    market: larger,
    wayOf: anywhere('GB'),
    more: { key: 'partner', brand: 'Parcel held pay' },
    keys: { app: 1, partner: 0.01 },
    ...slowly,
    rules: ['key'],
  }),
  attack('text, call, call', {
    market: attackedMarket('DE', 5000),
    wayOf: anywhere('DE'),
    more: { workflow: 1 },
    rules: ['young'],
  }),
  attack('premium-rate numbers, called', {
    market: attackedMarket('GB', 5000),
    wayOf: (chance) => (index) => ({
      country: 'GB',
      number: `44901234${1000 + (index % 9000)}`,
      ...freshAddress(chance),
    }),
    more: { workflow: 1, callPrice: 1.5 },
    ...slowly,
    rules: ['lines'],
  }),
  attack('where nobody tells accounts', {
    rules: ['elsewhere'],
    market: { ...attackedMarket('DE', 5000), knownPart: 0 },
    wayOf: anywhere('DE'),
    unmet: {
      'success after 15 min': {
        why: 'nobody is known, and whoever is challenged passes in 98 of 100 cases',
        heldTo: 0.97,
      },
    },
  }),
  attack('a country where nobody is', {
    market: attackedMarket('KZ', 0),
    wayOf: anywhere('KZ'),
    other: otherMarket(5000),
  }),
]
