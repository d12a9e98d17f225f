import { GatewayError } from '../errors.ts'
import type { Phone } from '../phone.ts'

/** What may be sent where: fixed rules that hold before anything is counted. */
export interface FixedRules {
  /** Regions allowed; absent means all (only in a sandbox). */
  countries?: readonly string[] | undefined
  /** The longest life of a code, in seconds. */
  maxPinExpirySeconds: number
}

/** Throws the reason why no code may go to this number. */
export function admit(phone: Phone, { countries }: FixedRules): void {
  if (countries && (phone.country === undefined || !countries.includes(phone.country))) {
    const place = phone.country ?? 'no country'
    throw new GatewayError(
      'country_not_allowed',
      `The number belongs to ${place}; allowed are ${countries.join(', ')}.`,
      { basis: { rule: 'TOLLGATE_COUNTRIES' } },
    )
  }
}

/** Throws for a code that would live longer than the operator allows. */
export function admitCodeLife(seconds: number, { maxPinExpirySeconds }: FixedRules): void {
  if (seconds <= maxPinExpirySeconds) return
  const reason = `the code would live ${seconds} seconds; allowed are ${maxPinExpirySeconds} (TOLLGATE_PIN_EXPIRY_MAX)`
  throw new GatewayError('invalid_request', `pin_expiry: ${reason}`, {
    invalid_parameters: [{ name: 'pin_expiry', reason }],
  })
}
