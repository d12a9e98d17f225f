import type { Caller } from '../access/caller.ts'
import { GatewayError } from '../errors.ts'

/** Throws the reason why this caller may send no code for the brand. */
export function demandBrand({ bounds: { brands } }: Caller, brand: string): void {
  if (!brands || brands.includes(brand)) return
  throw new GatewayError('forbidden', `This caller sends codes for ${brands.join(', ')} only.`, {
    basis: { rule: 'key.brands' },
  })
}

/** Throws the reason why this caller has nothing to do with numbers of the country; undefined is no country. */
export function demandCountry({ bounds: { countries } }: Caller, country: string | undefined): void {
  if (!countries || (country !== undefined && countries.includes(country))) return
  const place = country ?? 'no country'
  const detail = `The number belongs to ${place}; this caller is allowed ${countries.join(', ')}.`
  throw new GatewayError('country_not_allowed', detail, { basis: { rule: 'key.countries' } })
}

/** Throws the reason why codes of this caller may not come in all of these ways. */
export function demandChannels({ bounds: { channels } }: Caller, wanted: readonly ('sms' | 'tts')[]): void {
  if (!channels || wanted.every((channel) => channels.includes(channel))) return
  const detail = `This caller sends codes by ${channels.join(' and ')} only; the workflow has ${wanted.join(' and ')}.`
  throw new GatewayError('forbidden', detail, { basis: { rule: 'key.channels' } })
}
