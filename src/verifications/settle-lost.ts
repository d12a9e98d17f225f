import type { Run, Store } from '../store/store.ts'
import { type LookUpParts, recordsOf } from './settle.ts'
import { type CheckOutcome, settleCheck } from './settle-check.ts'

/** Vonage looks up at most ten runs at a time. */
export const lookedUpAtOnce = 10

/** What became of what a run had open; undefined where it had nothing that was due. */
interface Settled {
  check: CheckOutcome | undefined
}

/** Looks up what became of what some runs, ten at most, have open, and writes it down; in their order. */
export async function settleLost(parts: LookUpParts & { store: Store }, runs: Run[]): Promise<Settled[]> {
  const records = await recordsOf(parts, runs)
  const settled: Settled[] = []
  for (const run of runs) settled.push({ check: await settleCheck(parts, run, records) })
  return settled
}
