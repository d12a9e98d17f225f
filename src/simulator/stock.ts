import type { Random } from './random.ts'

type NumberType = 'mobile-lvn' | 'landline' | 'landline-toll-free'
type NumberFeature = 'SMS' | 'VOICE' | 'MMS'

/** What a feature can't do: `reach` is all that it has. */
export interface Limitation {
  feature: NumberFeature
  type: 'INBOUND' | 'OUTBOUND'
  reach: 'DOMESTIC' | 'INTERNATIONAL'
}

/** A number that Vonage has to let: `cost` each month and `initialPrice` once, in EUR. */
export interface StockNumber {
  country: string
  msisdn: string
  type: NumberType
  features: NumberFeature[]
  cost: string
  initialPrice: string
  limitations?: Limitation[]
}

type StockLine = [
  country: string,
  type: NumberType,
  prefix: string,
  subscriberDigits: number,
  features: NumberFeature[],
  cost: string,
  initialPrice: string,
  howMany: number,
  limitations?: Limitation[],
]

/** Their numbers are only let to those with a local address, which the API can't take. */
export const addressBoundCountries: ReadonlySet<string> = new Set(['DE', 'FR'])

const domesticSms: Limitation[] = [{ feature: 'SMS', type: 'OUTBOUND', reach: 'DOMESTIC' }]

const lines: StockLine[] = [
  ['GB', 'mobile-lvn', '447418', 6, ['VOICE', 'SMS'], '0.80', '0.80', 48],
  ['GB', 'landline', '44203', 7, ['VOICE'], '1.00', '1.25', 48],
  ['GB', 'landline-toll-free', '44808', 7, ['VOICE'], '4.00', '4.00', 36],
  ['US', 'mobile-lvn', '14152', 6, ['VOICE', 'SMS', 'MMS'], '0.90', '0.90', 60],
  ['US', 'landline', '12123', 6, ['VOICE'], '0.67', '0.67', 36],
  ['US', 'landline-toll-free', '18332', 6, ['VOICE', 'SMS'], '1.80', '1.80', 36],
  ['CA', 'mobile-lvn', '16472', 6, ['VOICE', 'SMS'], '0.90', '0.90', 24],
  ['CA', 'landline-toll-free', '18443', 6, ['VOICE', 'SMS'], '1.80', '1.80', 8, domesticSms],
  ['SE', 'mobile-lvn', '46769', 6, ['VOICE', 'SMS'], '4.00', '4.00', 16],
  ['SE', 'landline', '46844', 6, ['VOICE'], '0.90', '0.90', 16],
  ['DE', 'mobile-lvn', '4915735', 6, ['VOICE', 'SMS'], '5.00', '5.00', 12],
  ['DE', 'landline', '4930577', 5, ['VOICE'], '1.10', '1.10', 12],
  ['FR', 'mobile-lvn', '33644', 6, ['VOICE', 'SMS'], '3.50', '3.50', 12],
  ['FR', 'landline', '33187', 6, ['VOICE'], '1.00', '1.00', 12],
  ['ES', 'mobile-lvn', '34600', 6, ['SMS'], '5.00', '5.00', 16],
  ['ES', 'landline', '34911', 6, ['VOICE'], '1.00', '1.00', 16],
  ['IT', 'mobile-lvn', '39351', 7, ['SMS'], '6.00', '6.00', 12, domesticSms],
  ['NL', 'mobile-lvn', '31684', 6, ['VOICE', 'SMS'], '3.00', '3.00', 16],
  ['NL', 'landline', '31205', 6, ['VOICE'], '1.10', '1.10', 16],
  ['BE', 'mobile-lvn', '32460', 6, ['VOICE', 'SMS'], '2.50', '2.50', 12],
  ['CH', 'mobile-lvn', '41798', 6, ['VOICE', 'SMS'], '6.50', '6.50', 12],
  ['AT', 'mobile-lvn', '43676', 7, ['VOICE', 'SMS'], '4.00', '4.00', 12],
  ['IE', 'mobile-lvn', '35389', 7, ['SMS'], '3.00', '3.00', 12],
  ['IE', 'landline', '3531', 7, ['VOICE'], '1.10', '1.10', 12],
  ['DK', 'mobile-lvn', '4552', 6, ['VOICE', 'SMS'], '2.00', '2.00', 12],
  ['NO', 'mobile-lvn', '4792', 6, ['VOICE', 'SMS'], '3.00', '3.00', 12],
  ['FI', 'mobile-lvn', '35845', 7, ['VOICE', 'SMS'], '4.50', '4.50', 12],
  ['PL', 'mobile-lvn', '4857', 7, ['VOICE', 'SMS'], '2.00', '2.00', 12],
  ['CZ', 'mobile-lvn', '42073', 7, ['SMS'], '4.00', '4.00', 8],
  ['PT', 'mobile-lvn', '35193', 7, ['VOICE', 'SMS'], '5.00', '5.00', 8],
  ['EE', 'mobile-lvn', '3725', 7, ['VOICE', 'SMS'], '2.00', '2.00', 8],
  ['AU', 'mobile-lvn', '6148', 7, ['VOICE', 'SMS'], '2.75', '2.75', 16],
  ['HK', 'mobile-lvn', '8525', 7, ['SMS'], '8.00', '8.00', 8],
  ['SG', 'landline', '653', 7, ['VOICE'], '9.00', '9.00', 8],
  ['JP', 'landline', '8150', 8, ['VOICE'], '3.00', '3.00', 8],
  ['IL', 'mobile-lvn', '97255', 7, ['VOICE', 'SMS'], '4.00', '4.00', 8],
  ['ZA', 'mobile-lvn', '2760', 7, ['VOICE', 'SMS'], '3.00', '3.00', 8],
  ['BR', 'landline', '55113', 7, ['VOICE'], '3.50', '3.50', 8],
]

export function createStock(random: Random): StockNumber[] {
  return lines.flatMap(
    ([country, type, prefix, subscriberDigits, features, cost, initialPrice, howMany, limitations]) => {
      const msisdns = new Set<string>()
      while (msisdns.size < howMany) msisdns.add(prefix + random.digits(subscriberDigits))
      const others = { cost, type, features, initialPrice, ...(limitations && { limitations }) }
      return [...msisdns].sort().map((msisdn) => ({ country, msisdn, ...others }))
    },
  )
}
