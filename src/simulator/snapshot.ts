import { ownedReport } from './numbers-api.ts'
import { searchReport } from './verify-report.ts'
import type { World } from './world.ts'

/** A snapshot is for reading: of more than these the oldest are left out. */
const shown = 1000

/** What there is at this moment. The same seed, calls and times lead to the same. */
export function snapshotOf({ balance, verifications, verify2, numbers, inbox }: World, apiKey: string) {
  return {
    account: { api_key: apiKey, ...balance.report() },
    verifications: verifications.latest(shown).map((verification) => searchReport(verification, apiKey)),
    verifications_v2: verify2.verifications.latest(shown).map(({ id, order, submittedAtMs, steps }) => ({
      request_id: id,
      brand: order.brand,
      submitted_at: new Date(submittedAtMs).toISOString(),
      workflow: steps.map(({ channel, status }) => ({ channel, status })),
    })),
    numbers: numbers.owned().map((owned) => ({ owner: owned.owner, ...ownedReport(owned) })),
    messages: inbox.all().slice(-shown),
  }
}
