import type { Run, Verification } from '../store/store.ts'

/** Vonage ends a run at the third wrong code. */
export const triesOfRun = 3

/** Of several verifications on one run none may use all tries, so that one alone can't use up another's. */
export function triesOfVerification(pendingOnRun: number): number {
  return pendingOnRun > 1 ? triesOfRun - 1 : triesOfRun
}

/** Wrong codes that this verification may still be given with. */
export function triesLeft(run: Run, verification: Verification, pendingOnRun: number): number {
  const own = triesOfVerification(pendingOnRun) - verification.tries
  return Math.max(0, Math.min(own, triesOfRun - run.tries))
}
