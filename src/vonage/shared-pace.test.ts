import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Taken } from './pace-window.ts'
import { type PaceBook, SharedPace } from './shared-pace.ts'

/** A book that has room for everything; each taking of calls lasts until the test ends it. */
function slowBook() {
  const takings: (() => void)[] = []
  const book: PaceBook = {
    take: (_name, { checks, sends }) =>
      new Promise<Taken>((resolve) => {
        takings.push(() => resolve({ checks, sends, retryInMs: 60_000 }))
      }),
  }
  return { book, takings }
}

test('who comes while others take their calls is asked for next, and waits for no time to pass', async () => {
  const { book, takings } = slowBook()
  const pace = new SharedPace('verify', 30, book)
  const first = pace.turn('send')
  const others = [pace.turn('check'), pace.turn('send')]
  takings[0]?.()
  await first
  await new Promise(setImmediate)
  assert.equal(takings.length, 2)
  takings[1]?.()
  await Promise.all(others)
})
