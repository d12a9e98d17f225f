import { isSupportedCountry, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max'

/**
 * The digits of a number as people write it, without + or 00; undefined when no number of its country has that length.
 * With a country, a number in national writing becomes one of that country.
 */
export function readPhoneNumber(text: string, country?: string): string | undefined {
  const bare = text.replace(/[\s()[\]-]/g, '').replace(/^00/, '+')
  if (!/^\+?\d+$/.test(bare)) return undefined
  const phone = parse(bare, country?.toUpperCase())
  return phone?.isPossible() ? phone.number.slice(1) : undefined
}

function parse(bare: string, country: string | undefined): PhoneNumber | undefined {
  if (bare.startsWith('+')) return parsePhoneNumberFromString(bare)
  return country && isSupportedCountry(country)
    ? parsePhoneNumberFromString(bare, country)
    : parsePhoneNumberFromString(`+${bare}`)
}
