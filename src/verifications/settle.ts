import type { GatewayError } from '../errors.ts'
import type { EndState, Run } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { Refusal, RunRecord } from '../vonage/vonage.ts'
import { endAll, endedError } from './held.ts'
import type { Parts } from './parts.ts'

/** A run that is over at Vonage was verified by nobody who told us: its verifications expire. */
const endStates: Record<Exclude<RunRecord['state'], 'running'>, EndState> = {
  verified: 'expired',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
}

export interface Over {
  run: Run
  /** The verification that is asked about. */
  id: string
  refusal: Refusal
  record: RunRecord | undefined
}

/** Vonage says that a run is over which we thought was running: its record decides how it ended. Answers what to throw. */
export async function settle(parts: Parts, { run, id, refusal, record }: Over): Promise<GatewayError> {
  if (record === undefined || record.state === 'running') return endedError('expired', id).with({ upstream: refusal })
  const state = endStates[record.state]
  await parts.store.transaction((tx) => endAll(tx, run, state, parts.clock.now()))
  return endedError(state, id).with({ upstream: refusal })
}

/** A search that fails leaves the question for later: the run still ends by its own time. */
export async function recordOf({ verify, log }: Parts, run: Run): Promise<RunRecord | undefined> {
  if (run.upstreamId === undefined) return undefined
  try {
    return await verify.find?.(run.upstreamId)
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error
    log.warn({ run: run.id, code: error.code }, 'the end of a run could not be looked up')
    return undefined
  }
}
