import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from './new-id.ts'

const now = Date.parse('2026-01-01T12:00:00Z')

test('an id is 32 hex digits, whatever the time', () => {
  for (const time of [0, now, Date.parse('9999-12-31T23:59:59Z')]) assert.match(newId(time), /^[0-9a-f]{32}$/)
})

test('an id that is made later sorts later', () => {
  assert.ok(newId(now) < newId(now + 1))
})

test('ids of one moment differ in all that is random', () => {
  const ids = Array.from({ length: 1000 }, () => newId(now).slice(12))
  assert.equal(new Set(ids.map((id) => id.slice(0, 10))).size, 1000)
  assert.equal(new Set(ids.map((id) => id.slice(10))).size, 1000)
})
