import * as z from 'zod'
import type { RecordedCall } from '../../src/simulator/simulator.ts'
import { request } from './gateway.ts'

const checkPath = '/verify/check/json'
const account = 'api_key=5a4db0c5&api_secret=sandboxSecret1'

const record = z.object({
  status: z.string(),
  checks: z.array(z.object({ code: z.string(), status: z.enum(['VALID', 'INVALID']), date_received: z.string() })),
})
export type VonageRecord = z.infer<typeof record>

interface Vonage {
  url: string
  calls: readonly RecordedCall[]
}

/** What Vonage itself knows of a run: how it ended and each code that it compared. */
export async function vonageRecord({ url }: Vonage, runId: string): Promise<VonageRecord> {
  const { body } = await request(`${url}/verify/search/json?request_id=${runId}&${account}`)
  return record.parse(body)
}

/** The checks of a run that came to Vonage, compared or not. */
export function checksOf({ calls }: Vonage, runId: string): RecordedCall[] {
  return calls.filter(({ path, parameters }) => path === checkPath && parameters.request_id === runId)
}
