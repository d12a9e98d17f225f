import * as z from 'zod'
import { type Operation, operation } from '../operation.ts'
import { pageAsked, pageTold } from '../page-members.ts'
import { brand } from './brand.ts'
import { languages } from './languages.ts'
import { challengeToken, context, nonce, number, purpose, requestId, state, view } from './members.ts'

/** Answers kept for repeats hold no number, not even masked: once it is erased, it is in none of them. */
const unstored: Operation['unstored'] = {
  members: ['number'],
  renew: async ({ request_id }, { verifications, caller }) => {
    const { number } = await verifications.get(requestId.parse(request_id), caller.id)
    return { number }
  },
}

const upstreamStatus = z.string().describe('Vonage’s status; 0 is success.')

export const requestVerification = operation({
  name: 'request-verification',
  title: 'Send a verification code',
  description: 'Send a verification code to a phone number.',
  toolDescription: 'Send a verification code to a phone number for 2FA.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  scope: 'verify',
  tool: 'default',
  input: z.strictObject({
    number,
    brand,
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be two capital letters')
      .optional()
      .describe('The country of a number in national writing, such as GB.'),
    sender_id: z
      .string()
      .max(11, 'must be 1 to 11 letters or digits')
      .regex(/^ *[\p{L}\p{N}][\p{L}\p{N} ]*$/u, 'must be 1 to 11 letters or digits')
      .optional()
      .describe('Who the message comes from, where the country allows it: up to 11 letters or digits.'),
    code_length: z
      .union([z.literal(4), z.literal(6)], 'must be 4 or 6')
      .optional()
      .describe('Digits of the code: 4 or 6. 6 unless set otherwise.'),
    lg: z
      .enum(languages, 'must be a language of Vonage, such as en-gb')
      .optional()
      .describe('Language of the message, such as en-gb; by the number’s country unless given.'),
    pin_expiry: z
      .int('must be 60 to 3600 seconds')
      .min(60, 'must be 60 to 3600 seconds')
      .max(3600, 'must be 60 to 3600 seconds')
      .optional()
      .describe('Seconds that the code lives; 300 unless set otherwise.'),
    next_event_wait: z
      .int('must be 60 to 900 seconds')
      .min(60, 'must be 60 to 900 seconds')
      .max(900, 'must be 60 to 900 seconds')
      .optional()
      .describe('Seconds between the messages of a workflow that has several.'),
    workflow_id: z
      .int('must be 1 to 7')
      .min(1, 'must be 1 to 7')
      .max(7, 'must be 1 to 7')
      .optional()
      .describe(
        'Which messages come: 6 one SMS (unless set otherwise), 4 two SMS, 7 one call; 1, 2, 3 and 5 hold calls too.',
      ),
    nonce: nonce.optional(),
    purpose: purpose.optional(),
    context: context.optional(),
    challenge_token: challengeToken.optional(),
  }),
  output: z.looseObject({
    ...view,
    status: upstreamStatus,
    message_sent: z.boolean().describe('False when an earlier message of the same brand to this number still counts.'),
    number_valid: z
      .boolean()
      .describe('Whether numbering metadata knows the number; it lags, so a message is sent in either case.'),
    verification_url: z
      .url()
      .describe(
        'A page where the person can type the code, so that nobody else sees it; get-verification tells the outcome.',
      ),
  }),
  problems: [
    'challenge_required',
    'number_unreachable',
    'number_not_allowed',
    'country_not_allowed',
    'destination_not_supported',
    'network_blocked',
    'quota_exceeded',
    'verification_pending',
    'request_in_progress',
    'upstream_unavailable',
    'upstream_out_of_credit',
  ],
  unstored,
  leads: {
    to: ({ verification_url, request_id }) => ({
      url: z.string().parse(verification_url),
      message: 'Type the code there that was sent to your phone.',
      id: requestId.parse(request_id),
    }),
    outcome: (id, { verifications, caller }) => verifications.get(id, caller.id),
  },
  run: (input, { verifications, caller, intentId }) => verifications.request(input, caller, intentId),
})

export const checkVerification = operation({
  name: 'check-verification',
  title: 'Check a verification code',
  description: 'Verify a PIN submitted by the user.',
  toolDescription: 'Verify a PIN code entered by the user to complete 2FA.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  scope: 'verify',
  tool: 'default',
  input: z.strictObject({
    request_id: requestId,
    code: z
      .string()
      .regex(/^\d{4,10}$/, 'must be 4 to 10 digits')
      .describe('The code as the person typed it: digits only, such as 123456.'),
  }),
  output: z.looseObject({
    request_id: requestId,
    state: z.literal('verified'),
    verification_token: z
      .string()
      .describe(
        'The signed result: an ES256 JWT, good for 5 minutes, for a service that relies on it; its keys are at /.well-known/jwks.json. A repeat with the same Idempotency-Key gets a new one.',
      ),
    status: upstreamStatus,
    event_id: z.string().optional().describe('Vonage’s id of the message that was answered.'),
    price: z.string().optional().describe('What Vonage charges for the verification.'),
    currency: z.string().optional(),
    estimated_price_messages_sent: z.string().optional().describe('What Vonage charges for the messages.'),
    reconciled: z
      .literal(true)
      .optional()
      .describe(
        'Vonage’s answer was lost, and its record shows that the code was right; its other members are missing.',
      ),
  }),
  problems: [
    'wrong_code',
    'attempts_exhausted',
    'verification_expired',
    'verification_cancelled',
    'verification_superseded',
    'already_verified',
    'delivery_unknown',
    'check_in_progress',
    'verification_not_found',
  ],
  unstored: {
    members: ['verification_token'],
    renew: ({ request_id }, { verifications, caller }) =>
      verifications.renewToken(requestId.parse(request_id), caller.id),
  },
  run: (input, { verifications, caller }) => verifications.check(input, caller.id),
})

export const cancelVerification = operation({
  name: 'cancel-verification',
  title: 'Cancel a verification',
  description: 'Cancel a pending verification request.',
  hints: { readOnly: false, destructive: true, idempotent: true },
  scope: 'verify',
  tool: 'default',
  input: z.strictObject({ request_id: requestId }),
  output: z.looseObject({
    request_id: requestId,
    status: upstreamStatus,
    command: z.string().describe('cancel'),
    state: z.literal('cancelled'),
  }),
  problems: [
    'attempts_exhausted',
    'verification_expired',
    'verification_superseded',
    'already_verified',
    'verification_not_found',
  ],
  run: ({ request_id }, { verifications, caller }) => verifications.cancel(request_id, caller.id),
})

export const triggerNextEvent = operation({
  name: 'trigger-next-event',
  title: 'Send the next message',
  description:
    'Send the next message of a verification now: its workflow’s next event, or a new code where it has none.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  scope: 'verify',
  tool: 'opt-in',
  input: z.strictObject({ request_id: requestId }),
  output: z.looseObject({
    ...view,
    status: upstreamStatus,
    command: z.string().describe('trigger_next_event'),
    message_sent: z.boolean(),
  }),
  problems: [
    'not_now',
    'number_not_allowed',
    'country_not_allowed',
    'upstream_unavailable',
    'quota_exceeded',
    'attempts_exhausted',
    'verification_expired',
    'verification_cancelled',
    'verification_superseded',
    'already_verified',
    'delivery_unknown',
    'check_in_progress',
    'verification_pending',
    'verification_not_found',
    'number_unreachable',
    'destination_not_supported',
    'network_blocked',
    'upstream_out_of_credit',
  ],
  unstored,
  run: ({ request_id }, { verifications, caller, intentId }) => verifications.triggerNext(request_id, caller, intentId),
})

export const getVerification = operation({
  name: 'get-verification',
  title: 'Look at a verification',
  description: 'Get the state of a verification.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'verify',
  tool: 'opt-in',
  input: z.strictObject({ request_id: requestId }),
  output: z.looseObject(view),
  problems: ['verification_not_found'],
  run: ({ request_id }, { verifications, caller }) => verifications.get(request_id, caller.id),
})

export const listVerifications = operation({
  name: 'list-verifications',
  title: 'List verifications',
  description: 'List the caller’s own verifications, newest first.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'verifications:read',
  tool: 'opt-in',
  input: z.strictObject({
    state: state.optional().describe('Only those in this state, as it is written down.'),
    ...pageAsked,
  }),
  output: z.looseObject({
    verifications: z.array(z.looseObject(view)),
    ...pageTold,
  }),
  problems: [],
  run: (query, { verifications, caller }) => verifications.list(query, caller.id),
})
