// Attacks that go on for hours or days, or begin long before.
import { countries, numberAt, priceOf } from './markets.mjs'
import {
  anywhere,
  attackedMarket,
  day,
  freshAddress,
  historyOf,
  hour,
  minute,
  otherMarket,
  small,
  startsAt,
} from './pasts.mjs'
import { people, pumping } from './people.mjs'

/**
 * Rented numbers are verified for a day or two, before the same market is pumped: `times` so many, each with an account of its
 * own, or so many `numbers` in turn, each with the same account again.
 */
const laundering = (
  name,
  {
    country = 'LV',
    times,
    numbers = times,
    delayMs = 10_000,
    more = {},
    rentedTimes = { from: startsAt, to: startsAt + 2 * day },
    pumps = { from: startsAt + 2 * day, to: startsAt + 2 * day + 30 * minute },
    afterMs = 30 * minute,
    perSecond = 2,
    isSlow = false,
    rules,
  },
) => ({
  name,
  rules,
  attacked: { country, ...pumps, normalPerDay: small * priceOf(country) },
  play(chance, scale) {
    const market = attackedMarket(country, small)
    const rented = pumping(chance, {
      ...rentedTimes,
      perSecond: (times * scale ** 2) / ((rentedTimes.to - rentedTimes.from) / 1000),
      wayOf: (index) => {
        const which = index % numbers
        const number = numberAt(country, 10 + (which % 20), which % 10_000)
        return { country, number, ...freshAddress(chance), account: `r${which}` }
      },
    })
    const pumped = pumping(chance, {
      ...pumps,
      perSecond: isSlow ? perSecond : perSecond * scale,
      wayOf: anywhere(country)(chance),
    })
    const cast = [
      ...people(chance, market, { from: startsAt, to: pumps.to + afterMs }),
      ...[...rented].map((somebody) => ({
        ...somebody,
        ...more,
        wouldVerify: true,
        delayMs,
        passes: true,
        isRented: true,
      })),
      ...[...pumped].map((somebody) => ({ ...somebody, ...more })),
    ]
    return { startsAt, history: historyOf([market]), cast }
  },
})

/** The first one. */
const midnight = startsAt + 14 * hour

/**
 * What grows a budget at all: sixty times what the market verifies in a day, each when it has been called as well, so that
 * it has cost more. Whoever spends it sends little at a time, and dear messages.
 */
const muchLaundering = {
  country: 'ID',
  times: 8000,
  delayMs: 130_000,
  more: { workflow: 1 },
  perSecond: 0.01,
  isSlow: true,
  afterMs: 8 * hour,
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
    'success in the country': { why: notTold, heldTo: 0.45 },
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

/** Somebody is to be annoyed: each code is over before the next is asked for, for eight hours. */
const bombing = {
  name: 'one number, again and again',
  rules: ['number'],
  attacked: { country: 'GB', from: startsAt, to: startsAt + 8 * hour, normalPerDay: 5000 * priceOf('GB'), isOne: true },
  play(chance, scale) {
    const market = { ...attackedMarket('GB', 5000), attackedPart: 0 }
    const number = numberAt('GB', 400, 7)
    const cast = [
      ...people(chance, { ...market, perDay: market.perDay * scale }, { from: startsAt, to: startsAt + 9 * hour }),
      ...Array.from({ length: 90 }, (_, index) => ({
        at: startsAt + index * 320_000,
        ...{ country: 'GB', number, isHonest: false, wouldVerify: false, passes: false, session: `x${index}` },
        ...freshAddress(chance),
      })),
    ]
    return { startsAt, history: historyOf([market]), cast }
  },
}

export const longAttacks = [
  laundering('laundering', { times: 600 }),
  laundering('laundering with thousands of numbers', {
    ...muchLaundering,
    rentedTimes: { from: startsAt, to: startsAt + 20 * hour },
    pumps: { from: startsAt + day, to: midnight + day },
    rules: ['settled'],
  }),
  laundering('laundering with the same numbers again and again', {
    ...muchLaundering,
    numbers: 160,
    rentedTimes: { from: startsAt, to: midnight + 20 * hour },
    pumps: { from: midnight + 2 * day, to: midnight + 2 * day + 16 * hour },
    rules: ['once'],
  }),
  bombing,
  pulses,
  allDay('small market, all day', { heldTo: 6 }),
  allDay('small market, all day, each message twice', { resendAfterMs: 61_000, heldTo: 9 }),
  solved,
  griefing,
  breadth,
]
