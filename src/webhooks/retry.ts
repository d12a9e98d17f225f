/** For how long an event is tried from its first attempt on. */
export const triesForMs = 24 * 3_600_000

const firstWaitMs = 5000
const longestWaitMs = 3_600_000

export interface Failed {
  /** Attempts so far. */
  attempts: number
  now: number
  giveUpAt: number
  /** From 0 to 1: spreads what failed together. */
  random: number
}

/** When to try again: each wait is twice the one before, up to an hour, a quarter more or less. Undefined: never. */
export function retryAt({ attempts, now, giveUpAt, random }: Failed): number | undefined {
  if (now >= giveUpAt) return undefined
  const waitMs = Math.min(firstWaitMs * 2 ** (attempts - 1), longestWaitMs) * (0.75 + random / 2)
  return Math.min(now + Math.round(waitMs), giveUpAt)
}
