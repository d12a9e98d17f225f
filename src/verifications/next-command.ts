import { GatewayError } from '../errors.ts'
import type { OpenNext, Run } from '../store/store.ts'
import type { Refusal, UpstreamBody } from '../vonage/vonage.ts'
import { endedError } from './held.ts'
import type { Parts } from './parts.ts'
import { recordOf, settle } from './settle.ts'

/** A next message that is written down, and the verification it was asked for. */
export interface Wanted {
  id: string
  run: Run
  next: OpenNext
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

/** A look at the lost answer may have shown that the verification is over: then answers that, else what was thrown. */
export async function overOr({ store }: Parts, { id }: Wanted, error: unknown): Promise<unknown> {
  const { state = 'pending' } = (await store.verification(id)) ?? {}
  return state === 'pending' ? error : endedError(state, id)
}
