import { type ProblemBody, toProblem, Unavailable } from '../errors.ts'
import type { Log } from '../log.ts'

/**
 * The problem that an error is answered with. What an operator has to know of it is logged: the unexpected whole, and
 * why the store or Vonage could not be asked.
 */
export function loggedProblem(error: unknown, log: Log, about: { requestId: string; tool?: string }): ProblemBody {
  const problem = toProblem(error)
  if (problem.code === 'internal') log.error({ err: error, ...about }, 'unexpected error')
  if (error instanceof Unavailable) log.error({ ...about, cause: causeOf(error) }, error.message)
  if (problem.code.startsWith('upstream_')) {
    log.warn(
      { ...about, code: problem.code, upstream: problem.upstream?.status, cause: causeOf(error) },
      'Vonage failed',
    )
  }
  return problem
}

/** Of network errors only, whose messages name hosts and ports; what a parser says quotes what it read. */
function causeOf(error: unknown): { code: string; message: string } | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return undefined
  const isTimeout = cause.name === 'TimeoutError'
  if ('code' in cause && (typeof cause.code === 'string' || isTimeout)) {
    return { code: isTimeout ? cause.name : String(cause.code), message: cause.message }
  }
  return { code: cause.name, message: '' }
}
