import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/** Holds JSON against test/snapshots/<name>.json. A missing one fails; UPDATE_SNAPSHOTS=1 writes it, for review. */
export function assertSnapshot(name: string, actual: unknown): void {
  const file = new URL(`../snapshots/${name}.json`, import.meta.url)
  if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(file, `${JSON.stringify(actual, undefined, 2)}\n`)
  assert.deepEqual(actual, JSON.parse(readFileSync(file, 'utf8')), `${name} has changed: see test/support/snapshot.ts`)
}
