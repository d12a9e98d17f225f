// What is played, and what it must come to. `scale` makes less of each, for a quick look: attacks and people alike.

import { countries, numberAt, priceOf } from './markets.mjs'
import { addressOf, people, pumping, resending } from './people.mjs'
import { createRandom } from './random.mjs'

const startsAt = Date.parse('2026-03-02T10:00:00Z')
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** The largest market there is here, and a small one: messages a day. */
const large = 20_000
const small = 200

const attackedRange = 7
/** Five of a hundred people of the country that is attacked have numbers in its attacked range; of all, six of ten are known. */
const attackedMarket = (country, perDay) => ({
  country,
  perDay,
  conversion: 0.6,
  ranges: 300,
  attackedPart: 0.05,
  knownPart: 0.6,
  attackedRange,
})
const otherMarket = (perDay, conversion = 0.7) => ({ country: 'FR', perDay, conversion, ranges: 300 })

/** Of messages, resends among them, where so many of the people who ask are verified: what `person` comes to. */
function ofMessages({ conversion }) {
  const verified = conversion * (1 + resending.converting)
  return verified / (verified + (1 - conversion) * (1 + resending.others))
}

/** How things went before; none for a market of today. */
function historyOf(markets, { accounts = true, keys = { app: 1 } } = {}) {
  const total = markets.reduce((sum, { perDay }) => sum + perDay, 0)
  const mean = (of) => markets.reduce((sum, market) => sum + of(market) * market.perDay, 0) / total
  const usual = { conversion: mean(ofMessages), price: mean(({ country }) => priceOf(country)), accounts }
  return [
    ...markets.map((market) => ({
      scope: `country:${market.country}`,
      perDay: market.perDay,
      conversion: ofMessages(market),
      price: priceOf(market.country),
      accounts,
    })),
    ...Object.entries(keys).map(([key, part]) => ({ scope: `key:${key}`, perDay: Math.round(total * part), ...usual })),
    { scope: 'total:', perDay: total, ...usual },
  ]
}

const freshAddress = (chance) => ({ ip: addressOf(chance), account: `x${chance.next()}` })
const inTurn = (country) => (chance) => (index) => ({
  country,
  number: numberAt(country, attackedRange, index % 10_000),
  ...freshAddress(chance),
})
const anywhere = (country) => (chance) => () => ({
  country,
  number: numberAt(country, 40 + chance.below(300), chance.below(10_000)),
  ...freshAddress(chance),
})

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
      const markets = [market, other].filter(({ perDay }) => perDay > 0)
      const asking = ({ perDay, ...each }) => ({ ...each, perDay: perDay <= small ? perDay : perDay * scale })
      const cast = [
        ...markets.flatMap((each) => [...people(chance, asking(each), span)]),
        ...pumping(chance, { ...times, perSecond: isSlow ? perSecond : perSecond * scale, wayOf: wayOf(chance) }),
      ].map((somebody) => ({ ...somebody, ...(!somebody.isHonest && more) }))
      return { startsAt, history: historyOf(markets, { keys }), cast }
    },
  }
}

/** No attack at all: nobody should notice the guard. */
function quiet(name, { market, to, shape, most, isNew = false, scaled = 1, rules }) {
  return {
    name,
    rules,
    play(chance, scale) {
      const span = { from: startsAt, to: startsAt + (scale < 1 ? to * scaled : to), shape, most }
      return { startsAt, history: isNew ? [] : historyOf([market]), cast: [...people(chance, market, span)] }
    },
  }
}

const gb = attackedMarket('GB', large)
/** Slow enough for a large market not to notice. */
const slowly = { isSlow: true, perSecond: 0.1 }

export const scenarios = [
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
  attack('largest market, one range, slowly', { market: gb, wayOf: inTurn('GB'), ...slowly, rules: ['prefix'] }),
  attack('two addresses, slowly', {
    market: gb,
    wayOf: (chance) => (index) => ({ ...anywhere('GB')(chance)(index), ip: `198.51.100.${1 + (index % 2)}` }),
    ...slowly,
    rules: ['address'],
  }),
  attack('smishing with a stolen key, slowly', {
    market: gb,
    wayOf: anywhere('GB'),
    more: { key: 'partner' },
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
    unmet: { 'success after 15 min': { why: 'nobody is known, and whoever is challenged passes in 98 of 100 cases' } },
  }),
  attack('a country where nobody is', {
    market: attackedMarket('KZ', 0),
    wayOf: anywhere('KZ'),
    other: otherMarket(5000),
  }),
]

/** Rented numbers are verified for two days, with accounts of their own, before the same market is pumped. */
const laundering = {
  name: 'laundering',
  attacked: {
    country: 'LV',
    from: startsAt + 2 * day,
    to: startsAt + 2 * day + 30 * minute,
    normalPerDay: small * priceOf('LV'),
  },
  play(chance, scale) {
    const market = attackedMarket('LV', small)
    const pumps = { from: startsAt + 2 * day, to: startsAt + 2 * day + 30 * minute }
    const rented = pumping(chance, {
      from: startsAt,
      to: pumps.from,
      perSecond: (600 * scale) / ((2 * day) / 1000),
      wayOf: (index) => ({ country: 'LV', number: numberAt('LV', 10 + (index % 20), index), ...freshAddress(chance) }),
    })
    const cast = [
      ...people(chance, market, { from: startsAt, to: pumps.to + 30 * minute }),
      ...[...rented].map((somebody) => ({
        ...somebody,
        wouldVerify: true,
        delayMs: 10_000,
        passes: true,
        isRented: true,
      })),
      ...pumping(chance, { ...pumps, perSecond: 2 * scale, wayOf: anywhere('LV')(chance) }),
    ]
    return { startsAt, history: historyOf([market]), cast }
  },
}

/** Requests that only mean to have honest people refused: nearly a quarter of the market's volume, for as long as it takes. */
const griefing = {
  name: 'griefing',
  rules: ['known'],
  attacked: { country: 'GB', from: startsAt, to: startsAt + 8 * hour, normalPerDay: 5000 * priceOf('GB') },
  atLeast: { attacked: 0.99 },
  play(chance, scale) {
    const market = { ...attackedMarket('GB', 5000), attackedPart: 0 }
    const span = { from: startsAt, to: startsAt + (scale < 1 ? 5 : 8) * hour }
    const perSecond = (0.24 * market.perDay) / (day / 1000)
    const cast = [
      ...people(chance, market, span),
      ...pumping(chance, { ...span, perSecond, wayOf: anywhere('GB')(chance) }),
    ]
    return { startsAt, history: historyOf([market]), cast }
  },
}

/** A little everywhere, each country below its own floor, with no word of who is behind it, for days. */
const breadth = {
  name: 'a little everywhere',
  rules: ['total'],
  attacked: { country: undefined, from: startsAt, to: startsAt + 2 * day, normalPerDay: 40 },
  play(chance, scale) {
    const span = { from: startsAt, to: startsAt + 2 * day }
    const market = otherMarket(700 * scale)
    const cast = [
      ...people(chance, market, span),
      ...pumping(chance, {
        ...span,
        perSecond: 600 / (day / 1000),
        wayOf: (index) => {
          const country = countries[3 + (index % (countries.length - 3))]
          const number = numberAt(country, 40 + chance.below(300), chance.below(10_000))
          return { country, number, key: `site-${index % 10}` }
        },
      }),
    ].map((somebody) => ({ ...somebody, ...(!somebody.isHonest && { session: undefined }) }))
    return { startsAt, history: historyOf([{ ...market, perDay: 700 }]), cast }
  },
}

/** Five minutes of attack in each twenty, for a day. */
const pulses = {
  name: 'on and off, for a day',
  rules: ['growth', 'exposure'],
  attacked: { country: 'LV', from: startsAt, to: startsAt + day, normalPerDay: small * priceOf('LV') },
  play(chance, scale) {
    const market = attackedMarket('LV', small)
    const span = { from: startsAt, to: startsAt + day }
    const pumps = [...pumping(chance, { ...span, perSecond: 0.2 * scale, wayOf: anywhere('LV')(chance) })]
    const isOn = ({ at }) => (at - startsAt) % (20 * minute) < 5 * minute
    return { startsAt, history: historyOf([market]), cast: [...people(chance, market, span), ...pumps.filter(isOn)] }
  },
}

/** All day long; `resendAfterMs`: each message once more. */
const allDay = (name, { resendAfterMs, heldTo }) => ({
  name,
  unmet: { 'loss a day': { why: 'of 17,280 who ask 43 pass a challenge, and EUR 0.25 are held out', heldTo } },
  attacked: { country: 'LV', from: startsAt, to: startsAt + day, normalPerDay: small * priceOf('LV') },
  play(chance, scale) {
    const market = attackedMarket('LV', small)
    const span = { from: startsAt, to: startsAt + day }
    const pumps = pumping(chance, { ...span, perSecond: 0.2 * scale, wayOf: anywhere('LV')(chance) })
    const cast = [
      ...people(chance, market, { from: startsAt, to: span.to + hour }),
      ...[...pumps].map((somebody) => ({ ...somebody, resendAfterMs })),
    ]
    return { startsAt, history: historyOf([market]), cast }
  },
})

const notTold = 'who passes every challenge is told from people by no rule, so that a block stops both'

/** Challenges are solved for money: what is left is that nothing is sent for a time. */
const solved = {
  name: 'by people who pass challenges, for six hours',
  rules: ['block'],
  unmet: {
    // Four budgets at once, and what is sent after each block until its codes are late.
    'loss a day': { why: notTold, heldTo: 25 },
    'success in the country': { why: notTold },
  },
  attacked: { country: 'LV', from: startsAt, to: startsAt + 6 * hour, normalPerDay: small * priceOf('LV') },
  play(chance) {
    const market = attackedMarket('LV', small)
    const span = { from: startsAt, to: startsAt + 6 * hour }
    const pumps = pumping(chance, { ...span, perSecond: 0.05, wayOf: anywhere('LV')(chance) })
    const cast = [...people(chance, market, span), ...[...pumps].map((somebody) => ({ ...somebody, passes: true }))]
    return { startsAt, history: historyOf([market]), cast }
  },
}

scenarios.push(
  laundering,
  pulses,
  allDay('small market, all day', { heldTo: 6 }),
  allDay('small market, all day, each message twice', { resendAfterMs: 61_000, heldTo: 9 }),
  solved,
  griefing,
  breadth,
  quiet('launch, from nothing to 5,000 an hour', {
    market: { country: 'GB', perDay: 120_000, conversion: 0.6, ranges: 300 },
    to: hour,
    shape: (part) => part,
    isNew: true,
    scaled: 0.4,
  }),
  ...[0.6, 0.7, 0.8].map((conversion) =>
    quiet(`a normal week, conversion ${conversion}`, {
      market: { country: 'GB', perDay: 400, conversion, ranges: 300 },
      to: 7 * day,
      scaled: 0.2,
    }),
  ),
  quiet('four normal weeks, conversion 0.6', {
    market: { country: 'GB', perDay: 400, conversion: 0.6, ranges: 300 },
    to: 28 * day,
    scaled: 0.05,
    rules: ['people', 'margin'],
  }),
  quiet('a normal day in the largest market', {
    market: { country: 'GB', perDay: large, conversion: 0.6, ranges: 300 },
    to: day,
    scaled: 0.1,
    rules: ['share'],
  }),
  quiet('a spike of twenty times', {
    market: { country: 'GB', perDay: 2000, conversion: 0.6, ranges: 300 },
    to: 3 * hour,
    shape: (part) => (part > 0.4 && part < 0.6 ? 20 : 1),
    most: 20,
  }),
)

export function castOf(scenario, { seed, scale }) {
  return scenario.play(createRandom(seed), scale)
}
