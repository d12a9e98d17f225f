import * as z from 'zod'

/** The wire of Verify v1 and Numbers. Statuses are an open set: Vonage adds to it. */
const status = z.union([z.string(), z.number().transform(String)])

/**
 * For what only describes an outcome: a member of another type than documented is left out. What was done at Vonage is
 * done, and must not look failed because of it.
 */
const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined)
const text = lenient(z.union([z.string(), z.number().transform(String)]))

export const verifyAnswer = z.looseObject({
  status,
  request_id: text,
  error_text: text,
  event_id: text,
  price: text,
  currency: text,
  estimated_price_messages_sent: text,
})
export type VerifyAnswer = z.infer<typeof verifyAnswer>

/** `2024-04-03 02:22:37`, UTC without a zone. */
const vonageDate = z.string().transform((text) => Date.parse(`${text.replace(' ', 'T')}Z`))

const searchStates = {
  'IN PROGRESS': 'running',
  SUCCESS: 'verified',
  FAILED: 'failed',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
} as const

/** A found run. Its checks hold the codes that people typed: whoever reads them must drop these at once. */
export const searchRecord = z.object({
  request_id: z.string(),
  status: z
    .enum(['IN PROGRESS', 'SUCCESS', 'FAILED', 'EXPIRED', 'CANCELLED'])
    .transform((state) => searchStates[state]),
  date_submitted: vonageDate,
  checks: z
    .array(
      z.object({ code: z.union([z.string(), z.number().transform(String)]), status: z.enum(['VALID', 'INVALID']) }),
    )
    .default([]),
  last_event_date: lenient(vonageDate),
  events: z.array(z.unknown()).default([]),
})

export type SearchRecord = z.infer<typeof searchRecord>

export const searchRecords = z.object({ verification_requests: z.array(searchRecord) })

const numberEntry = z.looseObject({
  country: z.string(),
  msisdn: z.string(),
  type: text,
  features: lenient(z.array(z.string())),
  cost: text,
  initialPrice: text,
})

/** Vonage answers `{}` when nothing matches. */
export const numberPage = z.looseObject({
  count: z.number().int().default(0),
  numbers: z.array(numberEntry).default([]),
})

export const orderAnswer = z.looseObject({ 'error-code': status, 'error-code-label': text })
