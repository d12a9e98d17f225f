import * as z from 'zod'
import { operation } from '../operation.ts'
import { pageAsked, pageTold } from '../page-members.ts'

const decisionId = z.string().describe('The decision_id: the request_id of a request that was let through.')
const dateTime = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
const answer = z.enum(['allow', 'challenge', 'block'], 'must be allow, challenge or block')

/** Whose messages are told of. */
const sought = {
  country: z.string().length(2, 'must be two letters').optional().describe('Only numbers of this region, such as GB.'),
  prefix: z
    .string()
    .regex(/^\d{1,11}$/, 'must be 1 to 11 digits')
    .optional()
    .describe('Only numbers that begin so, such as 44770090, as far as their last four digits.'),
  caller: z.string().max(100).optional().describe('Only what this caller asked for.'),
}

const decision = z.looseObject({
  decision_id: decisionId,
  at: z.iso.datetime(),
  kind: z.enum(['request', 'next']).describe('Whether a request or its next message was asked for.'),
  caller: z.string(),
  request_id: z.string().optional().describe('The verification; absent where a request was refused.'),
  state: z.string().optional().describe('What has become of the verification.'),
  prefix: z.string().describe('The number less its last four digits.'),
  country: z.string().optional().describe('The region of the number; absent for one of none.'),
  line_type: z.string().describe('The kind of line, by numbering metadata.'),
  channels: z.array(z.string()).describe('How messages would come: sms or tts.'),
  in_lane: z.boolean().describe('Whether it counts in the lane of a known person.'),
  expected_cost: z
    .string()
    .describe(
      'What the messages that are asked for would cost, in EUR; 0.00 where an earlier one is shared or comes sooner.',
    ),
  held_out: z
    .literal(true)
    .optional()
    .describe('It was let through although a budget had it challenged, to see whom that would have harmed.'),
  messages: z
    .int()
    .describe(
      'How many were expected to go out; 0 where an earlier one is shared or comes sooner, or nothing is sent.',
    ),
  answer,
  would: z
    .enum(['challenge', 'block'])
    .optional()
    .describe('What it would have been in enforce mode, where it is not that.'),
  context: z
    .array(z.enum(['ip', 'session_id', 'account_id', 'device_id']))
    .describe('What the request has told of who is behind it.'),
  rule: z
    .string()
    .optional()
    .describe(
      'What decided: a key of the policy or of a key, a setting, or how things stand, such as pending or too_early.',
    ),
  observed: z.number().optional().describe('The figure that the rule has found.'),
  limit: z.number().optional().describe('The figure that it allows.'),
  policy: z.string().describe('The version of the policy.'),
})

export const listDecisions = operation({
  name: 'list-decisions',
  title: 'List decisions',
  description: 'List what the guard said to each message that was asked for, and why, newest first. Kept for 90 days.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'admin',
  tool: 'opt-in',
  input: z.strictObject({
    answer: answer.optional().describe('Only these: allow, challenge or block.'),
    would: z
      .enum(['challenge', 'block'], 'must be challenge or block')
      .optional()
      .describe('Only what was let through that would have been this: in record mode, or held out.'),
    rule: z.string().max(100).optional().describe('Only by this rule, such as countries.default.'),
    ...sought,
    since: dateTime.optional().describe('From this time on.'),
    until: dateTime.optional().describe('Before this time.'),
    ...pageAsked,
  }),
  output: z.looseObject({
    decisions: z.array(decision),
    ...pageTold,
  }),
  problems: [],
  run: (query, { decisions }) => decisions.list(query),
})

export const getConversion = operation({
  name: 'get-conversion',
  title: 'Conversion of messages',
  description:
    'Tell how many of the messages that were sent have led to a right code, by country, prefix, caller or hour; of one country, prefix or caller where that is given. A fall tells of toll fraud, or of messages that do not arrive.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'admin',
  tool: 'opt-in',
  input: z.strictObject({
    by: z
      .enum(['country', 'prefix', 'caller', 'hour'], 'must be country, prefix, caller or hour')
      .default('country')
      .describe('What they are told by: country, prefix (the number less its last four digits), caller or hour.'),
    ...sought,
    since: dateTime.optional().describe('Requests from this time on; a day before until unless given.'),
    until: dateTime.optional().describe('Requests before this time; now unless given.'),
    limit: z
      .int('must be 1 to 1000')
      .min(1, 'must be 1 to 1000')
      .max(1000, 'must be 1 to 1000')
      .default(100)
      .describe('How many groups: 1 to 1000, those with most requests.'),
  }),
  output: z.looseObject({
    by: z.string(),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    groups: z.array(
      z.looseObject({
        name: z.string().describe('The country, prefix, caller or hour; empty for numbers of no country.'),
        requested: z.int().describe('Requests that sent a message.'),
        verified: z.int().describe('Those of them for whose message the right code was given.'),
        pending: z.int().describe('Those whose code may still be given.'),
        conversion: z
          .number()
          .optional()
          .describe('verified to those that are not pending; absent where there are none.'),
      }),
    ),
  }),
  problems: [],
  run: (query, { decisions }) => decisions.conversion(query),
})
