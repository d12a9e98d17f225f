// Where people live: mobile ranges that are in use, and what a message costs there.
import { guessedPrices } from '../../src/guard/price-guesses.ts'

/** A range is a number less its last four digits; a market has so many of them, one after the other. */
const ranges = {
  GB: { first: 44740000, price: 0.04 },
  DE: { first: 491511000, price: 0.09 },
  FR: { first: 3361200, price: 0.06 },
  LV: { first: 3712600, price: 0.06 },
  KZ: { first: 7701100, price: 0.12 },
  ID: { first: 6281210, price: 0.14 },
  NG: { first: 234803100, price: 0.1 },
  UA: { first: 38067100, price: 0.09 },
  PL: { first: 4860100, price: 0.04 },
  ES: { first: 3461200, price: 0.04 },
  NL: { first: 3161100, price: 0.06 },
  SE: { first: 4670100, price: 0.04 },
  RO: { first: 4072100, price: 0.06 },
  PT: { first: 35191000, price: 0.04 },
  EG: { first: 20100100, price: 0.12 },
  BD: { first: 880171000, price: 0.12 },
  PK: { first: 92300100, price: 0.12 },
  LK: { first: 9477100, price: 0.12 },
  KE: { first: 25471200, price: 0.09 },
  CO: { first: 57300100, price: 0.06 },
}

export const countries = Object.keys(ranges)

/** Of a text message, in euros. */
export function priceOf(country) {
  return ranges[country]?.price ?? guessedPrices(country).sms / 1_000_000
}

export const prices = Object.fromEntries(
  countries.map((country) => [country, { sms: ranges[country].price, tts: 0.12 }]),
)

/** The number at a place in a range of a country. */
export function numberAt(country, range, place) {
  return `${ranges[country].first + range}${String(place).padStart(4, '0')}`
}

export function rangeOf(number) {
  return number.slice(0, -4)
}
