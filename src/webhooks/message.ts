import * as z from 'zod'
import type { DataKeys } from '../privacy.ts'
import type { ToldNumber } from '../store/store.ts'

const payload = z.object({ type: z.string(), timestamp: z.string(), data: z.record(z.string(), z.unknown()) })

/**
 * What a webhook says: what was written down when it happened, with what the ledger still keeps of the number. The number
 * of an order takes the data keys.
 */
export function messageOf(told: { payload: string } & ToldNumber, keys?: DataKeys): z.output<typeof payload> {
  const { data, ...rest } = payload.parse(JSON.parse(told.payload))
  const { numberMask, numberSealed } = told
  return {
    ...rest,
    data: {
      ...data,
      ...(numberMask !== undefined && { number: numberMask }),
      ...(keys !== undefined && numberSealed !== undefined && { msisdn: keys.open(numberSealed) }),
    },
  }
}
