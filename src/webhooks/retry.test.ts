import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryAt, triesForMs } from './retry.ts'

const second = 1000

test('each wait is twice the one before, up to an hour', () => {
  const giveUpAt = triesForMs
  const waits = Array.from({ length: 13 }, (_, index) =>
    retryAt({ attempts: index + 1, now: 0, giveUpAt, random: 0.5 }),
  ).map((at) => (at ?? Number.NaN) / second)
  assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600])
})

test('chance makes a wait a quarter longer or shorter', () => {
  const failed = { attempts: 2, now: 100, giveUpAt: triesForMs }
  assert.equal(retryAt({ ...failed, random: 0 }), 100 + 7.5 * second)
  assert.equal(retryAt({ ...failed, random: 1 }), 100 + 12.5 * second)
})

test('the last attempt is at the end of the 24 hours, and none comes after it', () => {
  const failed = { attempts: 30, giveUpAt: triesForMs, random: 0.5 }
  assert.equal(retryAt({ ...failed, now: triesForMs - 60 * second }), triesForMs)
  assert.equal(retryAt({ ...failed, now: triesForMs }), undefined)
})
