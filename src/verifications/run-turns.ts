import { GatewayError } from '../errors.ts'
import { Turns } from '../turns.ts'

/** Longer than any call to Vonage takes. */
const callPatienceMs = 30_000
const checkPatienceMs = 2000

/** What must not happen to one number, or to one run, at the same time. The ledger's own guards hold without it. */
export class RunTurns {
  readonly #turns = new Turns()

  /** Starting and ending runs of a number. */
  forNumber<T>(numberHash: string, work: () => Promise<T>): Promise<T> {
    const tooLate = () => inProgress()
    return this.#turns.take(`number ${numberHash}`, work, { patienceMs: callPatienceMs, tooLate })
  }

  /** Checks of a run: at Vonage each one moves the run's own counter. */
  forCheck<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const tooLate = () => checkInProgress(1000)
    return this.#turns.take(`run ${runId}`, work, { patienceMs: checkPatienceMs, tooLate })
  }

  /** Ending a run when its time is over, once a check that runs is done. */
  afterCheck<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const tooLate = () => checkInProgress(1000)
    return this.#turns.take(`run ${runId}`, work, { patienceMs: callPatienceMs, tooLate })
  }
}

export function inProgress(): GatewayError {
  const detail = 'A request for this number is being sent at this moment.'
  return new GatewayError('request_in_progress', detail, { retry_after_seconds: 1 })
}

export function checkInProgress(waitMs: number): GatewayError {
  const detail = 'Another code for the same message is being checked or sent, or the answer to it is awaited.'
  return new GatewayError('check_in_progress', detail, { retry_after_seconds: Math.max(1, Math.ceil(waitMs / 1000)) })
}
