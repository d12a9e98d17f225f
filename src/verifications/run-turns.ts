import { GatewayError } from '../errors.ts'
import { again, Turns } from '../turns.ts'

/** Longer than any call to Vonage takes. */
const callPatienceMs = 30_000
const nodePatienceMs = 5000
const checkPatienceMs = 2000

/**
 * What must not happen to one number, or to one run, at the same time. The ledger's own guards hold without it: it makes
 * those wait who would be refused, for each other here and for other nodes.
 */
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

  /** While somebody else sends to a number, or cancels its run. */
  whileSending<T>(work: () => Promise<T>): Promise<T> {
    return again(work, { patienceMs: nodePatienceMs, isBusy: (error) => isProblem(error, 'request_in_progress') })
  }

  /** While another node checks a code of a run, or finds out what became of a check, or a new code is being sent. */
  whileChecking<T>(work: () => Promise<T>): Promise<T> {
    const isBusy = (error: unknown) => isProblem(error, 'check_in_progress', 'request_in_progress')
    return again(work, { patienceMs: checkPatienceMs, isBusy })
  }
}

function isProblem(error: unknown, ...codes: GatewayError['code'][]): boolean {
  return error instanceof GatewayError && codes.includes(error.code)
}

export function inProgress(): GatewayError {
  const detail = 'A request for this number is being sent at this moment.'
  return new GatewayError('request_in_progress', detail, { retry_after_seconds: 1 })
}

export function checkInProgress(waitMs: number): GatewayError {
  const detail = 'Another code for the same message is being checked or sent, or the answer to it is awaited.'
  return new GatewayError('check_in_progress', detail, { retry_after_seconds: Math.max(1, Math.ceil(waitMs / 1000)) })
}
