import type { Clock } from '../clock.ts'
import type { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { EndState, Run } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { CodeHash, Refusal, RunRecord, VerifyApi } from '../vonage/vonage.ts'
import { endAll, endedError } from './held.ts'
import type { Parts } from './parts.ts'
import { checkInProgress } from './run-turns.ts'

/** Longer than a call to Vonage takes: whoever has no answer by then, by a crash perhaps, gets none. */
export const answerWithinMs = 60_000
export const lookAgainAfterMs = 5000
/** What Vonage's record does not show by then never arrived. */
export const arrivesWithinMs = 60_000
/** So long Vonage may not find a run that has ended. */
export const foundWithinMs = 90_000

/** A run that is over at Vonage was verified by nobody who told us: its verifications expire. */
export const endStates: Record<Exclude<RunRecord['state'], 'running'>, EndState> = {
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
  const now = parts.clock.now()
  const state = record === undefined || record.state === 'running' ? undefined : endStates[record.state]
  const check = await parts.store.transaction(run.numberHash, async (tx) => {
    const current = await tx.run(run.id)
    if (current?.check && current.state !== 'ended') return current.check
    if (state) await endAll(tx, run, state, now)
    return undefined
  })
  // It may have ended the run, and gets an answer of its own.
  if (check) return checkInProgress(check.lookAt - now)
  return endedError(state ?? 'expired', id).with({ upstream: refusal })
}

export interface LookUpParts {
  verify: VerifyApi
  clock: Clock
  log: Log
  codeHash: CodeHash
}

/** By Vonage's ids of the runs. */
export type Records = Map<string, RunRecord>

/** Vonage's records of some runs, ten at most; undefined where they can't be had now: the question stays for later. */
export async function recordsOf({ verify, log, codeHash }: LookUpParts, runs: Run[]): Promise<Records | undefined> {
  const ids = runs.flatMap(({ upstreamId }) => upstreamId ?? [])
  if (ids.length === 0) return new Map()
  try {
    return await verify.find?.(ids, codeHash)
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error
    log.warn({ runs: runs.map(({ id }) => id), code: error.code }, 'what became of runs could not be looked up')
    return undefined
  }
}

export async function recordOf(parts: LookUpParts, run: Run): Promise<RunRecord | undefined> {
  const records = await recordsOf(parts, [run])
  return records?.get(run.upstreamId ?? '')
}
