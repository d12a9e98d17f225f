import * as z from 'zod'

// Members that several operations share.

export const requestId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be the 32 hex digits that request-verification returned')
  .describe('The request_id that request-verification returned, such as 9f86d081884c7d659a2feaa0c55ad015.')

export const number = z
  .string()
  .min(4, 'must be a phone number')
  .max(32, 'must be a phone number')
  .describe(
    'The phone number in international writing: 447700900123, +44 7700 900123 or 0044…; with a country also as written there.',
  )

export const nonce = z
  .string()
  .regex(/^[ -~]{1,128}$/, 'must be 1 to 128 printable ASCII characters')
  .describe(
    'A value of your own for this one session, a random one best; the signed result repeats it, so that a result can’t be carried into another session: 1 to 128 printable ASCII characters.',
  )

export const purpose = z
  .string()
  .regex(/^[A-Za-z0-9._:/-]{1,64}$/, 'must be 1 to 64 letters, digits and . _ : / -')
  .describe(
    'What it is for, such as login; the signed result repeats it, so that a result can’t be used for something else: 1 to 64 letters, digits and . _ : / -.',
  )

const word = z.string().min(1, 'must be 1 to 200 characters').max(200, 'must be 1 to 200 characters').optional()

const ipAddress = z.union([z.ipv4(), z.ipv6()])

export const context = z
  .strictObject({
    ip: z
      .string()
      .max(45, 'must be an IP address')
      .refine((text) => ipAddress.safeParse(text).success, 'must be an IP address')
      .optional()
      .describe('The address of the person’s device.'),
    session_id: word.describe('The session that asks.'),
    account_id: word.describe('The account that the number belongs to, or will.'),
    device_id: word.describe('The device that asks.'),
  })
  .describe(
    'Who is behind it, as far as it is known: the guard tells people from attacks by it. It is kept as keyed hashes, and Vonage gets nothing of it.',
  )

export const challengeToken = z
  .string()
  .max(200, 'must be the challenge_token of an earlier answer')
  .describe('The challenge_token of an earlier answer, once the person has passed a check of your own.')

export const state = z.enum(['pending', 'verified', 'failed', 'expired', 'cancelled', 'superseded'])
const dateTime = z.iso.datetime()
const channel = z.enum(['sms', 'tts'])

/** What an answer tells of a verification. */
export const view = {
  request_id: requestId,
  state: state.describe('pending until it is verified, failed (no try left), expired, cancelled or superseded.'),
  delivery: z.literal('unknown').optional().describe('Vonage did not answer: repeat the request to learn more.'),
  brand: z.string(),
  purpose: z.string().optional().describe('As it was requested.'),
  number: z.string().describe('Masked; ** once it is erased.'),
  code_length: z.int(),
  workflow_id: z.int(),
  attempts_left: z.int().describe('How many codes may still be given with this request_id.'),
  expires_at: dateTime.describe('Until when the code is accepted.'),
  resend_at: dateTime.optional().describe('From when on the next message may be asked for, while it is pending.'),
  next_channel: channel
    .optional()
    .describe('How the next message would come: sms or tts (a call); while it is pending.'),
  created_at: dateTime,
  ended_at: dateTime.optional(),
}
