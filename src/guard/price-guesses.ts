/** What a message is expected to cost, in millionths of a euro. */
export interface Prices {
  sms: number
  /** A call that speaks the code. */
  tts: number
}

/** Guesses, in whole cents a message, for where neither Vonage nor the policy has told: regions by what a text message costs. */
const smsCents: Record<number, string> = {
  1: 'US CA IN',
  3: 'BR CN MX',
  4: 'GB IE SE FI DK NO PT ES PL AU KR TR ZA',
  6: 'AT CH CZ FR GR HU IT LT LV EE NL SK SI RO HR TH JP SG HK TW CO AR CL PE',
  9: 'BE DE LU IL MY PH VN UA SA AE KE GH TZ UG',
  12: 'EG NG MA DZ PK BD ID LK KZ GE AM RS BA MK AL SN CI CM',
}
const dearestCents = 15
const callCents = 11

const cents = new Map(
  Object.entries(smsCents).flatMap(([price, regions]) => regions.split(' ').map((region) => [region, Number(price)])),
)

const microsOfCent = 10_000

export function guessedPrices(country: string): Prices {
  const sms = cents.get(country) ?? dearestCents
  return { sms: sms * microsOfCent, tts: Math.max(callCents, sms) * microsOfCent }
}
