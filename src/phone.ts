import {
  type CountryCode,
  getCountries,
  isSupportedCountry,
  type NumberType,
  ParseError,
  type PhoneNumber,
  parsePhoneNumberWithError,
} from 'libphonenumber-js/max'
import { GatewayError } from './errors.ts'

export interface Phone {
  /** E.164 without `+`. */
  number: string
  /** ISO 3166 alpha-2; absent for a number of no region. */
  country?: CountryCode | undefined
  /** Whether metadata knows the number. Metadata lags, so an unknown one is only marked. */
  isValid: boolean
  lineType: LineType
}

/** What metadata says of a number; `unknown` is one that it does not know, `non_geographic` one behind +87x or +88x. */
export const lineTypes = [
  'mobile',
  'fixed_line',
  'fixed_line_or_mobile',
  'premium_rate',
  'shared_cost',
  'toll_free',
  'pager',
  'voicemail',
  'uan',
  'voip',
  'personal_number',
  'non_geographic',
  'unknown',
] as const

export type LineType = (typeof lineTypes)[number]

/** Ranges that no operator gives out, for trying things: Ofcom's drama numbers and North America's 555-01xx. */
const fictionalRanges: { pattern: RegExp; country: CountryCode }[] = [
  { pattern: /^447700900\d{3}$/, country: 'GB' },
  { pattern: /^1\d{3}55501\d{2}$/, country: 'US' },
]

export interface PhoneOptions {
  /** The region of a number in national writing. */
  country?: string | undefined
  /** Fictional ranges count as numbers of their country. */
  fictional: boolean
}

/**
 * Reads a number as people write it (`+44 7700 900123`, `0044…`, with a country `07700 900123`).
 * Parsing costs about 44 µs: do it once for a request. Throws invalid_request for one that can't exist.
 */
export function readPhone(text: string, { country, fictional }: PhoneOptions): Phone {
  const phone = parse(text, country)
  const number = phone.number.slice(1)
  const range = fictional ? fictionalRanges.find(({ pattern }) => pattern.test(number)) : undefined
  if (range) return { number, country: range.country, isValid: true, lineType: 'mobile' }
  if (phone.ext !== undefined) throw impossible('has an extension, which a message cannot reach')
  if (!phone.isPossible()) throw impossible('no number of its country has this length')
  const kind = phone.getType()
  // A number of a known kind is valid; asked first, most numbers need one look at the metadata.
  const isValid = kind !== undefined || phone.isValid()
  // Dialling prefixes in front of nonsense: read again, what is left would be yet another number, past every limit.
  if (!isValid && parse(number, undefined).number !== phone.number) throw impossible('is not a phone number')
  return { number, country: phone.country, isValid, lineType: lineTypeOf(phone, kind) }
}

/** Calling codes that are no country's, for which each network asks what it likes: satellites, personal numbers, networks. */
const ofNoCountry = /^(87[08]|88[1238])$/

function lineTypeOf(phone: PhoneNumber, kind: NumberType): LineType {
  const lineType = lineTypes.find((each) => each === kind?.toLowerCase())
  const isOrdinary =
    lineType === undefined || lineType === 'mobile' || lineType === 'voip' || lineType === 'personal_number'
  if (isOrdinary && ofNoCountry.test(phone.countryCallingCode)) return 'non_geographic'
  return lineType ?? 'unknown'
}

function parse(text: string, country: string | undefined): PhoneNumber {
  // Some put the country code in brackets: (+44) 7700 …
  const open = text.trim().replace(/^\(\s*((?:00|\+)\d{1,3})\s*\)/, '$1 ')
  const international = country === undefined ? open.replace(/^(00|\+)?\s*/, '+') : open.replace(/^00/, '+')
  try {
    return parsePhoneNumberWithError(international, { defaultCountry: region(country), extract: false })
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const reason = error.message === 'INVALID_COUNTRY' ? 'begins with no known country code' : 'is not a phone number'
    throw impossible(reason)
  }
}

/** Regions that have phone numbers, as ISO 3166 alpha-2. */
export const regions: readonly CountryCode[] = getCountries()

/** Whether there are phone numbers of a two-letter region. */
export function isRegion(text: string): text is CountryCode {
  return isSupportedCountry(text)
}

function region(country: string | undefined): CountryCode | undefined {
  if (country === undefined || isRegion(country)) return country
  throw refused('country', 'is no known country')
}

function impossible(reason: string): GatewayError {
  return refused('number', reason)
}

function refused(name: string, reason: string): GatewayError {
  return new GatewayError('invalid_request', `${name}: ${reason}`, { invalid_parameters: [{ name, reason }] })
}
