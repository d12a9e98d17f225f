import { GatewayError } from '../errors.ts'
import type { Run } from '../store/store.ts'
import type { Refusal, UpstreamBody } from '../vonage/vonage.ts'
import type { Parts } from './parts.ts'
import { recordOf, settle } from './settle.ts'

export interface Wanted {
  id: string
  run: Run
  hasNext: boolean
  /** The time under which the message is counted until it is known when it went out. */
  reservedAt: number
}

/** Tells Vonage; throws when it did not do it. A run that is cancelled already, by a command whose answer was lost, is cancelled. */
export async function command(parts: Parts, { id, run }: Wanted, name: 'next' | 'cancel'): Promise<UpstreamBody> {
  if (run.upstreamId === undefined) throw new Error(`run ${run.id} has no upstream id`)
  const answer = await parts.verify[name](run.upstreamId)
  if (answer.outcome === 'done') return answer.body
  if (answer.outcome === 'refused') throw notNow(answer.refusal)
  const record = await recordOf(parts, run)
  if (name === 'cancel' && record?.state === 'cancelled') return {}
  throw await settle(parts, { id, run, record, refusal: answer.refusal })
}

function notNow(upstream: Refusal): GatewayError {
  return new GatewayError('not_now', 'Vonage does not do this for the run at this time.', { upstream })
}
