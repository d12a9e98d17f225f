// No attack at all.
import { day, historyOf, hour, large, small, startsAt } from './pasts.mjs'
import { people } from './people.mjs'

/** No attack at all: nobody should notice the guard. */
function quiet(name, { market, usual = market, to, shape, most, isNew = false, scaled = 1, rules, unmet }) {
  return {
    name,
    rules,
    unmet,
    play(chance, scale) {
      const span = { from: startsAt, to: startsAt + (scale < 1 ? to * scaled : to), shape, most }
      return { startsAt, history: isNew ? [] : historyOf([usual]), cast: [...people(chance, market, span)] }
    },
  }
}

export const quiets = [
  quiet('launch, from nothing to 5,000 an hour', {
    market: { country: 'GB', perDay: 120_000, conversion: 0.6, ranges: 300 },
    to: hour,
    shape: (part) => part,
    isNew: true,
    scaled: 0.4,
    rules: ['waiting'],
  }),
  ...[0.6, 0.7, 0.8].map((conversion) =>
    quiet(`a normal week, conversion ${conversion}`, {
      market: { country: 'GB', perDay: 400, conversion, ranges: 300 },
      to: 7 * day,
      scaled: 0.2,
    }),
  ),
  quiet('two normal weeks in a small market, conversion 0.45', {
    market: { country: 'GB', perDay: small, conversion: 0.45, ranges: 300 },
    to: 14 * day,
    scaled: 0.2,
    rules: ['conversion'],
  }),
  quiet('four normal weeks, conversion 0.6', {
    market: { country: 'GB', perDay: 400, conversion: 0.6, ranges: 300 },
    to: 28 * day,
    scaled: 0.05,
    rules: ['margin'],
  }),
  quiet('a normal day in the largest market', {
    market: { country: 'GB', perDay: large, conversion: 0.6, ranges: 300 },
    to: day,
    scaled: 0.1,
    rules: ['share'],
  }),
  quiet('half a day on which every tenth code is lost', {
    market: { country: 'GB', perDay: 5000, conversion: 0.63, ranges: 300 },
    usual: { country: 'GB', perDay: 5000, conversion: 0.7 },
    to: 12 * hour,
    scaled: 0.5,
    rules: ['people'],
    unmet: { challenged: { why: 'codes that are lost and codes that nobody wanted look the same', heldTo: 0.7 } },
  }),
  quiet('a spike of twenty times', {
    market: { country: 'GB', perDay: 2000, conversion: 0.6, ranges: 300 },
    to: 3 * hour,
    shape: (part) => (part > 0.4 && part < 0.6 ? 20 : 1),
    most: 20,
  }),
]
