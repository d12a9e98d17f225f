import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latest } from './latest.ts'

test('beyond its limit the oldest item goes for the newest', () => {
  const latest = new Latest<number>(3)
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((item) => latest.add(item)),
    [undefined, undefined, undefined, 1, 2],
  )
  assert.deepEqual(latest.all(), [3, 4, 5])
})
