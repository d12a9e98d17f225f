import * as z from 'zod'
import { microsOf } from '../money.ts'
import { type LineType, lineTypes, regions } from '../phone.ts'
import { readWindow } from '../window.ts'

// What an operator writes down of who gets codes. The descriptions are shown by editors.

const region = z.enum(regions).describe('A region, such as GB.')
const reason = z.string().trim().min(1).max(200).describe('Why; for whoever reads this later. Callers are not told.')

/** A day of UTC, to its end, or an instant. */
const until = z
  .union(
    [z.iso.date(), z.iso.datetime({ offset: true })],
    'must be a day such as 2026-12-31, or an instant such as 2026-12-31T18:00:00Z',
  )
  .transform((text) => (text.length === 10 ? Date.parse(text) + 86_400_000 : Date.parse(text)))
  .describe('A day such as 2026-12-31, to its end (UTC), or an instant such as 2026-12-31T18:00:00Z.')

/** YAML reads +447700900123 as a whole number. */
const digits = (pattern: RegExp, what: string) =>
  z
    .union([z.string(), z.int()])
    .transform((text) => String(text).replaceAll(/^\+|[\s().-]/g, ''))
    .refine((text) => pattern.test(text), `must be ${what}`)

const number = digits(/^[1-9]\d{5,14}$/, 'a number with its country code, such as +447700900123').describe(
  'A phone number with its country code.',
)
const prefix = digits(/^[1-9]\d{0,13}$/, 'the first digits of numbers, such as +4477009').describe(
  'The first digits of phone numbers, country code first.',
)

const listOf = <T extends z.ZodType>(item: T) => z.array(item).max(10_000).default([])

const countryRule = z
  .enum(['allow', 'known_only', 'block'])
  .describe(
    'allow: numbers of this region get codes, as far as the other rules let them. known_only: those of people who were verified here before. block: none does.',
  )

const override = z
  .strictObject({
    number: number.optional(),
    prefix: prefix.optional(),
    country: region.optional(),
    address: z
      .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'must be an IP address or a network, such as 203.0.113.0/24')
      .optional()
      .describe('An address of a person’s device, as callers tell it, or a network such as 203.0.113.0/24.'),
    key: z.string().min(1).max(100).optional().describe('The name of a key.'),
    action: z
      .enum(['allow', 'challenge', 'block'])
      .describe(
        'allow: the rules on countries and kinds of lines do not hold. challenge: only after a challenge, in either mode. block: no code is sent.',
      ),
    reason,
    until,
  })
  .refine(
    ({ number, prefix, country, address, key }) => [number, prefix, country, address, key].filter(isGiven).length === 1,
    'must name one of number, prefix, country, address, key',
  )

const channels = z.enum(['sms', 'tts'])

/** Written in euros, kept in millionths. */
const euros = z.number().nonnegative().max(10_000_000).transform(microsOf)

/** What costs nothing would be in no budget. */
const price = z.number().min(0.0001).max(10_000_000).transform(microsOf)

const prices = z.strictObject({ sms: price.optional(), tts: price.optional() })

const longestWindowMs = 86_400_000

/** Such as 3/10m. */
const window = z
  .string()
  .transform((text) => readWindow(text) ?? { limit: 0, windowMs: 0 })
  .refine(
    ({ limit, windowMs }) => limit > 0 && windowMs <= longestWindowMs,
    'must be how many in which time, to 24 hours, such as 3/10m',
  )

const budget = (usual: { messages: number; euros: number; share: number }) =>
  z
    .union([
      z.literal('off'),
      z.strictObject({
        messages: z.int().min(1).max(1_000_000).default(usual.messages).describe('As much as so many messages cost,'),
        euros: euros.prefault(usual.euros).describe('and so many euros at most;'),
        share: z
          .number()
          .min(0)
          .max(1)
          .default(usual.share)
          .describe('or this share of what people who told an account have usually cost in a day, where that is more:'),
        most: euros.prefault(100).describe('so many euros at most, however much that has grown.'),
      }),
    ])
    .prefault({})

const spendCap = z.strictObject({
  day: euros.optional().describe('Euros for the messages of a UTC day.'),
  month: euros.optional().describe('Euros for those of a UTC month.'),
})

const refusedLineTypes = [
  'premium_rate',
  'shared_cost',
  'toll_free',
  'pager',
  'voicemail',
  'uan',
  'non_geographic',
] satisfies LineType[]

const doubtfulLineTypes = ['voip', 'personal_number', 'unknown'] satisfies LineType[]

export const policySchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where this schema is; for editors.'),
    mode: z
      .enum(['record', 'enforce'])
      .default('record')
      .describe('record: what would be challenged is only written down. Blocks hold in either.'),
    kill_switch: z
      .boolean()
      .default(false)
      .describe(
        'true: no message is asked for. Checks go on, and so does what workflows that began have still to send.',
      ),
    countries: z
      .strictObject({
        default: countryRule.default('allow'),
        regions: z.partialRecord(region, countryRule).default({}),
      })
      .prefault({})
      .describe('By the region of a number, not by its calling code. TOLLGATE_COUNTRIES holds besides.'),
    line_types: z
      .strictObject({
        refuse: z
          .array(z.enum(lineTypes))
          .default([...refusedLineTypes])
          .describe('These get no codes.'),
        challenge: z
          .array(z.enum(lineTypes))
          .default([...doubtfulLineTypes])
          .describe('These only after a challenge.'),
      })
      .prefault({})
      .describe('Kinds of lines, by numbering metadata; unknown are numbers that it does not know.'),
    prices: z
      .strictObject({ default: prices.prefault({}), regions: z.partialRecord(region, prices).default({}) })
      .prefault({})
      .describe(
        'What a message costs, in euros, by how it comes: sms, or tts (a call). Where Vonage tells in its answers, that counts; where neither does, a guess.',
      ),
    spend: z
      .strictObject({
        total: spendCap.prefault({}),
        countries: z.partialRecord(region, spendCap).default({}),
        keys: z.record(z.string(), spendCap).default({}),
      })
      .prefault({})
      .describe('What messages may cost at most. These hold in either mode.'),
    budgets: z
      .strictObject({
        number: z
          .array(window)
          .min(1)
          .max(10)
          .optional()
          .describe('How many messages one number gets, such as 3/10m; in place of TOLLGATE_SENDS_PER_NUMBER.'),
        address: budget({ messages: 10, euros: 1, share: 0.015 }),
        prefix: budget({ messages: 25, euros: 1.2, share: 0 }),
        country: budget({ messages: 25, euros: 1.2, share: 0.015 }),
        key: budget({ messages: 25, euros: 1.2, share: 0.015 }),
        total: budget({ messages: 50, euros: 2, share: 0.015 }),
        hold_out: z
          .strictObject({
            share: z.number().min(0).max(0.1).default(0.01),
            day: euros.prefault(0.25),
          })
          .prefault({})
          .describe(
            'This share of the requests over a budget is let through without a challenge, to so many euros a UTC day, and marked: so it is seen whom a challenge would have harmed.',
          ),
      })
      .prefault({})
      .describe(
        'How much money may have gone into messages that led to nothing, beyond what is usual in their country. Over it there is a challenge.',
      ),
    overrides: listOf(override).describe('Exceptions, each to its date. The first that fits decides.'),
    outages: listOf(
      z.strictObject({
        country: region.optional().describe('Absent: in every region.'),
        channel: channels.optional().describe('sms or tts (a call). Absent: both.'),
        reason,
        until: until.optional(),
      }),
    ).describe('Where messages do not arrive: nothing is sent there, and callers are told to try later.'),
    suppressed: listOf(z.strictObject({ number, reason, since: z.iso.date().optional() })).describe(
      'Numbers whose owner wants no message.',
    ),
    test_numbers: listOf(z.strictObject({ number, reason, until })).describe(
      'Numbers of your own for trying things: the rules on countries and kinds of lines do not hold for them. Each use is in the audit.',
    ),
  })
  .describe('The policy of a tollgate.')

const isGiven = (value: unknown) => value !== undefined

export type Policy = z.output<typeof policySchema>

/** What holds where there is no file. */
export const defaultPolicy: Policy = policySchema.parse({})
