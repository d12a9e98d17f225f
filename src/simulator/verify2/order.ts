import * as z from 'zod'

export type Order = z.infer<typeof orderInput>
export type WorkflowStep = Order['workflow'][number]
export type Channel = WorkflowStep['channel']

/** What a request is refused for: the parameter and a sentence. */
export interface InvalidParameter {
  name: string
  reason: string
}

const number = z
  .string(must('be text'))
  .regex(/^[1-9]\d{6,14}$/, 'must be an international number in digits, without + or 00')
const email = z.email(must('be an email address'))
const flag = z.boolean(must('be true or false'))
const reuse_code = flag.default(false)

const silentAuth = z.object({
  channel: z.literal('silent_auth'),
  to: number,
  redirect_url: z.url({ protocol: /^https?$/, ...must('be a web address') }).optional(),
  coverage_check: flag.default(true),
  mode: z.enum(['standard', 'advanced'], must('be standard or advanced')).default('standard'),
})

const sms = z.object({
  channel: z.literal('sms'),
  to: number,
  from: z
    .string(must('be text'))
    .regex(/^(?:\d{1,15}|[a-z\d]{1,11})$/i, 'must have at most 11 letters and digits, or 15 digits')
    .optional(),
  entity_id: text(1, 20).optional(),
  content_id: text(1, 20).optional(),
  app_hash: text(11, 11).optional(),
  reuse_code,
})

const whatsapp = z.object({
  channel: z.literal('whatsapp'),
  to: number,
  from: text(1, 50),
  mode: z.enum(['zero_tap', 'otp_code'], must('be zero_tap or otp_code')).default('otp_code'),
  reuse_code,
})

const rcs = z.object({ channel: z.literal('rcs'), to: number, from: text(1, 15), reuse_code })
const voice = z.object({ channel: z.literal('voice'), to: number, reuse_code })
const mail = z.object({ channel: z.literal('email'), to: email, from: email.optional(), reuse_code })

const step = z.discriminatedUnion('channel', [silentAuth, rcs, sms, whatsapp, voice, mail], {
  error: ({ input }) => {
    if (!isObject(input)) return 'must hold objects'
    return 'channel' in input ? 'must be silent_auth, rcs, sms, whatsapp, voice or email' : 'is required'
  },
})

const workflow = z
  .array(step, must('be a list'))
  .min(1, 'must have a step')
  .max(3, 'must have at most 3 steps')
  .superRefine((steps, context) => {
    for (const [index, { channel }] of steps.entries()) {
      if (index === 0 || channel !== 'silent_auth') continue
      context.addIssue({ code: 'custom', path: [index, 'channel'], message: 'must be first where it is silent_auth' })
    }
  })

/** In Vonage's names. */
const orderInput = z.object(
  {
    brand: text(1, 18).regex(/^[^/{}:$]*$/, 'must not have any of / { } : $'),
    workflow,
    locale: z
      .string(must('be text'))
      .regex(/^[a-z]{2,3}-[a-z]{2}$/, 'must be a locale such as en-us')
      .default('en-us'),
    channel_timeout: whole(15, 900).default(180),
    client_ref: text(1, 40)
      .regex(/^[a-z\d]*$/i, 'must have letters and digits only')
      .optional(),
    code_length: whole(4, 10).default(4),
    code: text(4, 10)
      .regex(/^[a-z\d]+$/i, 'must have letters and digits only')
      .optional(),
    template_id: z.string(must('be text')).optional(),
    fraud_check: flag.default(false),
  },
  'must be a JSON object',
)

/** Judges the body of a verification request. */
export function readOrder(body: unknown): Order | { invalid: InvalidParameter[] } {
  const parsed = orderInput.safeParse(body)
  if (parsed.success) return parsed.data
  return { invalid: parsed.error.issues.map(({ path, message }) => invalidParameter(path, message)) }
}

/** `workflow[0].to`, and a sentence about what its last name says. */
function invalidParameter(path: PropertyKey[], message: string): InvalidParameter {
  const name = path.reduce<string>((start, part) => {
    if (typeof part === 'number') return `${start}[${part}]`
    return start === '' ? String(part) : `${start}.${String(part)}`
  }, '')
  const subject = String(path.findLast((part) => typeof part === 'string') ?? 'body').replaceAll('_', ' ')
  return { name: name || 'body', reason: `${subject.charAt(0).toUpperCase()}${subject.slice(1)} ${message}` }
}

function must(demand: string) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? 'is required' : `must ${demand}`) }
}

function text(least: number, most: number) {
  const demand = least === most ? `must have ${most} characters` : `must have ${least} to ${most} characters`
  return z.string(must('be text')).refine((value) => {
    const { length } = [...value]
    return length >= least && length <= most
  }, demand)
}

function whole(least: number, most: number) {
  const demand = `be a whole number from ${least} to ${most}`
  return z.int(must(demand)).min(least, `must ${demand}`).max(most, `must ${demand}`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
