import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyWindow, takeCalls } from '../src/vonage/pace-window.ts'

const now = Date.parse('2026-01-01T12:00:00Z')

test('whatever is asked for and when, no second has more calls than it may', () => {
  const asking = fc.record({ afterMs: fc.nat(400), checks: fc.nat(8), sends: fc.nat(8) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.array(asking, { maxLength: 60 }), (perSecond, askings) => {
      const begun: number[] = []
      let window = emptyWindow
      let at = now
      for (const { afterMs, checks, sends } of askings) {
        at += afterMs
        const { taken, window: after } = takeCalls(window, { checks, sends, perSecond, now: at })
        assert.ok(taken.checks <= checks && taken.sends <= sends && taken.retryInMs > 0)
        assert.ok(taken.sends === 0 || taken.checks === checks, 'no send while a check waits')
        for (let count = 0; count < taken.checks + taken.sends; count += 1) begun.push(at)
        window = after
      }
      for (const first of begun)
        assert.ok(begun.filter((time) => time >= first && time < first + 1000).length <= perSecond)
    }),
  )
})

test('a full second is free again soon after it, and tells when', () => {
  const wanted = { checks: 0, sends: 5, perSecond: 3 }
  const { taken, window } = takeCalls(emptyWindow, { ...wanted, now })
  assert.deepEqual(taken, { checks: 0, sends: 3, retryInMs: 1050 })
  assert.equal(takeCalls(window, { ...wanted, now: now + 1049 }).taken.sends, 0)
  assert.equal(takeCalls(window, { ...wanted, now: now + 1050 }).taken.sends, 3)
})

test('sends stand back while a check waits on another node, and no longer when it has given up', () => {
  const full = takeCalls(emptyWindow, { checks: 0, sends: 3, perSecond: 3, now }).window
  const waiting = takeCalls(full, { checks: 1, sends: 0, perSecond: 3, now: now + 1000 }).window
  const send = { checks: 0, sends: 1, perSecond: 3 }
  assert.equal(takeCalls(waiting, { ...send, now: now + 1100 }).taken.sends, 0)
  assert.equal(takeCalls(waiting, { ...send, now: now + 1300 }).taken.sends, 1)
  const checked = takeCalls(waiting, { checks: 1, sends: 0, perSecond: 3, now: now + 1100 })
  assert.equal(checked.taken.checks, 1)
  assert.equal(takeCalls(checked.window, { ...send, now: now + 1100 }).taken.sends, 1)
})

test('a clock that was set back does not stop the calls', () => {
  const full = takeCalls(emptyWindow, { checks: 0, sends: 3, perSecond: 3, now }).window
  assert.equal(takeCalls(full, { checks: 0, sends: 3, perSecond: 3, now: now - 600_000 }).taken.sends, 3)
})
