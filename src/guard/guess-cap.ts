import { GatewayError } from '../errors.ts'
import type { Transaction } from '../store/store.ts'
import type { SendCaps } from './send-caps.ts'

/** Codes that may be given for one number in ten minutes, whatever its messages. */
const mostGuesses = 10
const windowMs = 600_000

interface NewRun {
  numberHash: string
  /** How many codes may be given for the run that is to begin. */
  tries: number
  /** And how many were given for the one that it replaces. */
  triesBefore?: number
  now: number
}

/**
 * Throws quota_exceeded when a new run could bring the number past the cap, where messages to a number are capped. It is
 * the message that is refused: who has one can always give its code, whatever somebody else guessed before.
 */
export async function demandFewGuesses(
  tx: Transaction,
  { perNumber }: SendCaps,
  { numberHash, tries, triesBefore = 0, now }: NewRun,
): Promise<void> {
  if (perNumber.length === 0) return
  const ended = await tx.triesOfEnded(numberHash, now - windowMs)
  let room = mostGuesses - tries - triesBefore
  // The newest first: the wait is for the one that brings it past the cap, and for those before it.
  for (const run of ended) {
    room -= run.tries
    if (room >= 0) continue
    const detail = 'So many codes were given for this number that no more message is sent to it now.'
    throw new GatewayError('quota_exceeded', detail, {
      basis: { rule: 'guesses', observed: mostGuesses - room, bound: mostGuesses },
      retry_after_seconds: Math.ceil((run.endedAt + windowMs - now) / 1000),
    })
  }
}
