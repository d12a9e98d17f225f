import type { Run } from '../store/store.ts'
import { type LookUpParts, recordsOf } from './settle.ts'
import { type CheckOutcome, settleCheck } from './settle-check.ts'
import { type NextOutcome, type SettleNextParts, settleNext } from './settle-next.ts'

/** Vonage looks up at most ten runs at a time. */
export const lookedUpAtOnce = 10

/** What became of what a run had open; undefined where it had nothing that was due. */
interface Settled {
  check: CheckOutcome | undefined
  next: NextOutcome | undefined
}

/** Looks up what became of what some runs, ten at most, have open, and writes it down; in their order. */
export type SettleParts = LookUpParts & SettleNextParts

export async function settleLost(parts: SettleParts, runs: Run[]): Promise<Settled[]> {
  const records = await recordsOf(parts, runs)
  const settled: Settled[] = []
  for (const run of runs) {
    const check = await settleCheck(parts, run, records)
    settled.push({ check, next: await settleNext(parts, run, records) })
  }
  return settled
}
