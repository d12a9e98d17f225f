import * as z from 'zod'
import { operation } from '../operation.ts'

const country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'must be two capital letters')
  .describe('Two-letter country code, such as GB.')

const msisdn = z
  .string()
  .regex(/^[1-9]\d{4,14}$/, 'must be the digits of a number, without +')
  .describe('The number’s digits without +, such as 442039050911.')

const paging = {
  pattern: z
    .string()
    .regex(/^\d{1,15}$/, 'must be 1 to 15 digits')
    .optional()
    .describe('Digits to look for.'),
  search_pattern: z
    .int('must be 0, 1 or 2')
    .min(0, 'must be 0, 1 or 2')
    .max(2, 'must be 0, 1 or 2')
    .optional()
    .describe('Where the pattern stands: 0 at the start, 1 anywhere, 2 at the end.'),
  size: z
    .int('must be 1 to 100')
    .min(1, 'must be 1 to 100')
    .max(100, 'must be 1 to 100')
    .optional()
    .describe('How many on a page: 1 to 100, 10 unless given.'),
  index: z
    .int('must be 1 to 100000')
    .min(1, 'must be 1 to 100000')
    .max(100_000, 'must be 1 to 100000')
    .optional()
    .describe('Which page, from 1.'),
}

const page = z.looseObject({
  count: z.int().describe('How many match in all.'),
  numbers: z.array(
    z.looseObject({
      country: z.string(),
      msisdn: z.string(),
      type: z.string().optional().describe('landline, mobile-lvn or landline-toll-free.'),
      features: z.array(z.string()).optional().describe('SMS, VOICE, MMS.'),
      cost: z.string().optional().describe('EUR a month.'),
      initialPrice: z.string().optional().describe('EUR at purchase.'),
    }),
  ),
})

const key = z.strictObject({ country, msisdn })

const order = z.looseObject({
  country: z.string(),
  msisdn: z.string(),
  'error-code': z.string().describe('Vonage’s code; 200 is success.'),
  'error-code-label': z.string().optional(),
})

const setting = z.string().max(2000).optional()

/** What keeps callers from ordering. */
const ordering = ['approval_required', 'country_not_allowed', 'quota_exceeded'] as const

export const listOwnedNumbers = operation({
  name: 'list-owned-numbers',
  title: 'List owned numbers',
  description: 'List owned virtual numbers.',
  toolDescription: 'List all virtual phone numbers owned by the account.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'numbers:read',
  tool: 'default',
  input: z.strictObject({ country: country.optional(), ...paging }),
  output: page,
  problems: [],
  run: (query, { numbers }) => numbers.owned(query),
})

export const searchAvailableNumbers = operation({
  name: 'search-available-numbers',
  title: 'Search numbers to buy',
  description: 'Search for phone numbers available to purchase.',
  toolDescription: 'Search for available phone numbers to purchase in a country.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'numbers:read',
  tool: 'default',
  input: z.strictObject({
    country,
    type: z
      .enum(['landline', 'mobile-lvn', 'landline-toll-free'], 'must be landline, mobile-lvn or landline-toll-free')
      .optional()
      .describe('landline, mobile-lvn or landline-toll-free.'),
    features: z
      .enum(
        ['SMS', 'VOICE', 'SMS,VOICE', 'MMS', 'SMS,MMS', 'VOICE,MMS', 'SMS,MMS,VOICE'],
        'must be SMS, VOICE, MMS or several of them in the order SMS,MMS,VOICE',
      )
      .optional()
      .describe('What the number must be able to do, such as SMS,VOICE.'),
    ...paging,
  }),
  output: page,
  problems: ['country_not_allowed', 'quota_exceeded'],
  run: (query, { numbers, caller }) => numbers.available(query, caller),
})

export const buyNumber = operation({
  name: 'buy-number',
  title: 'Buy a number',
  description: 'Purchase a virtual phone number for the account.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  scope: 'numbers:buy',
  tool: 'default',
  input: key,
  output: order,
  problems: ['number_unavailable', 'address_required', ...ordering],
  repeatWindowMs: 60_000,
  run: (input, { numbers, caller, surface, intentId }) => numbers.buy(input, { caller, surface, orderId: intentId }),
})

export const updateNumber = operation({
  name: 'update-number',
  title: 'Change a number’s settings',
  description: 'Change where a number’s messages and calls go; settings that are not given stay as they are.',
  hints: { readOnly: false, destructive: true, idempotent: true },
  scope: 'numbers:write',
  tool: 'opt-in',
  input: z.strictObject({
    country,
    msisdn,
    app_id: setting.describe('Id of the Vonage application that takes messages and calls.'),
    moHttpUrl: setting.describe('Where inbound SMS go; Vonage asks it and wants HTTP 200. Empty: nowhere.'),
    moSmppSysType: setting.describe('System type for inbound SMS over SMPP.'),
    voiceCallbackType: z
      .string()
      .regex(/^(sip|tel|app)?$/, 'must be sip, tel, app or empty')
      .optional()
      .describe('What voiceCallbackValue is: sip, tel or app. Empty: calls go nowhere.'),
    voiceCallbackValue: setting.describe('A SIP address, a number, or an application id.'),
    voiceStatusCallback: setting.describe('Where the states of calls go.'),
  }),
  output: order,
  problems: ['number_unavailable', ...ordering],
  run: ({ country, msisdn, ...changes }, { numbers, caller, surface, intentId }) =>
    numbers.update({ country, msisdn }, changes, { caller, surface, orderId: intentId }),
})

export const cancelNumber = operation({
  name: 'cancel-number',
  title: 'Release a number',
  description: 'Cancel the subscription of a virtual phone number.',
  hints: { readOnly: false, destructive: true, idempotent: true },
  scope: 'numbers:write',
  tool: 'opt-in',
  input: key,
  output: order,
  problems: ['number_unavailable', ...ordering],
  run: (input, { numbers, caller, surface, intentId }) => numbers.cancel(input, { caller, surface, orderId: intentId }),
})
