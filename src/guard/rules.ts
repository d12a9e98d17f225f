import { isWithin } from '../address.ts'
import { GatewayError } from '../errors.ts'
import type { LineType, Phone } from '../phone.ts'
import type { Policy } from './policy-schema.ts'

/** The policy that counts now. */
export interface InForce {
  readonly policy: Policy
  /** 12 hex digits. */
  readonly version: string
}

/** A message that is asked for. */
export interface Attempt {
  phone: Phone
  /** The caller's id. */
  caller: string
  /** Whether it is a person who was verified before. */
  isKnown?: boolean
  /** The address of the person's device, where the caller tells it. */
  address?: string | undefined
  /** How the messages would come. */
  channels: readonly ('sms' | 'tts')[]
  now: number
}

/** What the policy says to it. */
export interface Verdict {
  answer: 'allow' | 'challenge' | 'block'
  /** The key in the policy that decides; absent where nothing in it speaks against it. */
  rule?: string
  /** For the caller, where it is blocked. */
  refusal?: GatewayError
  /** Whether it holds in either mode. */
  always?: boolean
  /** Whether it is let through by name: nothing else is asked. */
  isExempt?: boolean
}

/** Asks the rules in this order; the first that has an answer gives it. */
export function judge(policy: Policy, attempt: Attempt): Verdict {
  for (const rule of rules) {
    const verdict = rule(policy, attempt)
    if (verdict) return verdict
  }
  return { answer: 'allow' }
}

/** Throws what the policy has against a message. */
export function demandAllowed(policy: Policy, attempt: Attempt): Verdict {
  const verdict = judge(policy, attempt)
  if (verdict.refusal) throw verdict.refusal
  return verdict
}

type Rule = (policy: Policy, attempt: Attempt) => Verdict | undefined

const rules: Rule[] = [killSwitch, outage, suppression, testNumber, override, countryRule, refusedLine, doubtfulLine]

function killSwitch({ kill_switch }: Policy): Verdict | undefined {
  return kill_switch ? blocked('kill_switch', unavailable('Messages are stopped for now.')) : undefined
}

function outage({ outages }: Policy, { phone, channels, now }: Attempt): Verdict | undefined {
  const found = outages.findIndex(
    ({ country, channel, until = Number.POSITIVE_INFINITY }) =>
      until > now &&
      (country === undefined || country === phone.country) &&
      (channel === undefined || channels.includes(channel)),
  )
  if (found < 0) return undefined
  const { channel, until } = outages[found] ?? {}
  const [what, how] = channel === 'tts' ? ['Calls', 'one without calls'] : ['Text messages', 'one of calls alone']
  const advice = channel === undefined ? '' : ` Another workflow may do: ${how}.`
  const waitMs = until === undefined ? undefined : until - now
  return blocked(
    `outages.${found}`,
    unavailable(`${channel ? what : 'Messages'} do not arrive in this country for now.${advice}`, waitMs),
  )
}

function suppression({ suppressed }: Policy, { phone }: Attempt): Verdict | undefined {
  const found = suppressed.findIndex(({ number }) => number === phone.number)
  if (found < 0) return undefined
  return blocked(`suppressed.${found}`, notAllowed('Codes are not sent to this number.'))
}

function testNumber({ test_numbers }: Policy, { phone, now }: Attempt): Verdict | undefined {
  const found = test_numbers.findIndex(({ number, until }) => number === phone.number && until > now)
  return found < 0 ? undefined : { answer: 'allow', rule: `test_numbers.${found}`, isExempt: true }
}

function override({ overrides }: Policy, { phone, caller, address: from, now }: Attempt): Verdict | undefined {
  const found = overrides.findIndex(
    ({ number, prefix, country, address, key, until }) =>
      until > now &&
      (number === phone.number ||
        (prefix !== undefined && phone.number.startsWith(prefix)) ||
        (country !== undefined && country === phone.country) ||
        (address !== undefined && from !== undefined && isWithin(from, address)) ||
        key === caller),
  )
  const entry = overrides[found]
  if (!entry) return undefined
  const rule = `overrides.${found}`
  if (entry.action === 'allow') return { answer: 'allow', rule, isExempt: true }
  if (entry.action === 'challenge') return { answer: 'challenge', rule, always: true }
  if (entry.country) return blocked(rule, countryRefused(entry.country))
  if (entry.key || entry.address) return blocked(rule, new GatewayError('forbidden', 'Codes are not sent from there.'))
  return blocked(rule, notAllowed('Codes are not sent to this number.'))
}

function countryRule(
  { countries: { default: general, regions } }: Policy,
  { phone, isKnown }: Attempt,
): Verdict | undefined {
  const { country } = phone
  const own = country === undefined ? undefined : regions[country]
  const wanted = own ?? general
  if (wanted === 'allow' || (wanted === 'known_only' && isKnown)) return undefined
  const rule = own === undefined ? 'countries.default' : `countries.regions.${country}`
  return blocked(rule, countryRefused(country))
}

function refusedLine({ line_types }: Policy, { phone }: Attempt): Verdict | undefined {
  if (!line_types.refuse.includes(phone.lineType)) return undefined
  return blocked('line_types.refuse', notAllowed(`Codes are not sent to ${nameOf(phone.lineType)} numbers.`))
}

function doubtfulLine({ line_types }: Policy, { phone, isKnown }: Attempt): Verdict | undefined {
  if (isKnown || !line_types.challenge.includes(phone.lineType)) return undefined
  return { answer: 'challenge', rule: 'line_types.challenge' }
}

function blocked(rule: string, { code, message, members }: GatewayError): Verdict {
  const refusal = new GatewayError(code, message, { ...members, basis: { rule } })
  return { answer: 'block', rule, refusal }
}

const tryAgainMs = 300_000

function unavailable(detail: string, waitMs = tryAgainMs): GatewayError {
  return new GatewayError('upstream_unavailable', detail, { retry_after_seconds: Math.ceil(waitMs / 1000) })
}

function notAllowed(detail: string): GatewayError {
  return new GatewayError('number_not_allowed', detail)
}

function countryRefused(country: string | undefined): GatewayError {
  return new GatewayError('country_not_allowed', `Codes are not sent to numbers of ${country ?? 'no country'}.`)
}

function nameOf(lineType: LineType): string {
  return lineType === 'uan' ? 'UAN' : lineType.replaceAll('_', '-')
}
