import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../clock.ts'
import { UpstreamFailure } from './errors.ts'
import { OwnPace, type Urgency } from './pace.ts'

const start = Date.parse('2026-01-01T12:00:00Z')

/** A pace on a standing clock; `happened` tells which calls began, with the seconds since the start, or gave up. */
function paced(perSecond: number) {
  const clock = new SimulatedClock({ standsAt: start })
  const pace = new OwnPace(perSecond, clock)
  const happened: string[] = []
  const ask = (name: string, urgency: Urgency) =>
    pace.turn(urgency).then(
      () => void happened.push(`${name} at ${(clock.now() - start) / 1000}`),
      (error: unknown) => {
        assert.ok(error instanceof UpstreamFailure)
        assert.deepEqual(
          [error.code, error.effect, error.members.retry_after_seconds],
          ['upstream_throttled', 'none', 5],
        )
        happened.push(`${name} gives up`)
      },
    )
  /** Lets what was resolved be told. */
  const settled = () => new Promise(setImmediate)
  return { clock, happened, ask, settled }
}

test('as many calls as a second allows begin at once, the others when there is room', async () => {
  const { clock, happened, ask, settled } = paced(2)
  for (const name of ['one', 'two', 'three', 'four', 'five']) void ask(name, 'send')
  await settled()
  assert.deepEqual(happened, ['one at 0', 'two at 0'])
  await clock.advance(1)
  assert.equal(happened.length, 2)
  await clock.advance(0.1)
  assert.deepEqual(happened.slice(2), ['three at 1.05', 'four at 1.05'])
  await clock.advance(10)
  assert.deepEqual(happened.slice(4), ['five at 2.1'])
})

test('no second holds more calls than allowed, however they come', async () => {
  const { clock, happened, ask } = paced(3)
  for (let tenth = 0; tenth < 60; tenth += 1) {
    void ask('call', 'send')
    await clock.advance(0.1)
  }
  await clock.advance(10)
  const times = happened.filter((line) => line.includes(' at ')).map((line) => Number(line.split(' ').at(-1)))
  assert.ok(times.length >= 15)
  for (const from of times) {
    assert.ok(times.filter((at) => at >= from && at < from + 1).length <= 3, `in the second from ${from}`)
  }
})

test('checks go before sends, in the order they came', async () => {
  const { clock, happened, ask, settled } = paced(1)
  void ask('first', 'send')
  void ask('send', 'send')
  void ask('another send', 'send')
  void ask('check', 'check')
  void ask('another check', 'check')
  await clock.advance(10)
  await settled()
  assert.deepEqual(
    happened.map((line) => line.split(' at ')[0]),
    ['first', 'check', 'another check', 'send', 'another send'],
  )
})

test('a call that cannot begin within five seconds is refused at once', async () => {
  const { happened, ask } = paced(2)
  for (let index = 0; index < 12; index += 1) void ask('waiting', 'send')
  await ask('late', 'send')
  assert.deepEqual(happened.slice(-1), ['late gives up'])
  assert.equal(happened.filter((line) => line === 'waiting gives up').length, 0)
})

test('a call that others pushed back for five seconds gives up, and takes no room from them', async () => {
  const { clock, happened, ask, settled } = paced(1)
  for (const name of ['a', 'b', 'c', 'd']) void ask(name, 'send')
  for (const name of ['1', '2', '3']) void ask(name, 'check')
  await clock.advance(5)
  await settled()
  assert.deepEqual(happened, ['a at 0', '1 at 1.05', '2 at 2.1', '3 at 3.15', 'b at 4.2', 'c gives up', 'd gives up'])
  await clock.advance(0.25)
  await ask('again', 'send')
  assert.deepEqual(happened.at(-1), 'again at 5.25')
})
