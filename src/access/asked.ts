import * as z from 'zod'

const asked = z.strictObject({
  question: z.string(),
  input: z.record(z.string(), z.unknown()),
  priceNow: z.string(),
  priceMonthly: z.string(),
})

/** What a person is to approve: in words, as exact arguments, and at what price in euros. */
export type Asked = z.output<typeof asked>

/** What was asked, as it was written down. */
export function readAsked(json: string): Asked {
  return asked.parse(JSON.parse(json))
}
