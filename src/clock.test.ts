import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monotonicClock, SimulatedClock, systemClock } from './clock.ts'

const start = Date.parse('2026-01-01T12:00:00Z')

test('a standing clock moves only when it is told to', async () => {
  const clock = new SimulatedClock({ standsAt: start })
  assert.equal(clock.now(), start)
  await clock.advance(1.5)
  assert.equal(clock.now(), start + 1500)
  await clock.moveTo(start + 5000)
  assert.equal(clock.now(), start + 5000)
})

test('who asked is told of every move, after what fell due, until they no longer ask', async () => {
  const clock = new SimulatedClock({ standsAt: start })
  const happened: string[] = []
  const stop = clock.onMove(() => void happened.push(`moved to ${clock.now() - start}`))
  clock.at(start + 1000, () => void happened.push('due'))
  await clock.advance(2)
  await clock.advance(1)
  stop()
  await clock.advance(1)
  assert.deepEqual(happened, ['due', 'moved to 2000', 'moved to 3000'])
})

test('what falls due on the way happens in time order, each at its own time', async () => {
  const clock = new SimulatedClock({ standsAt: start })
  const happened: [string, number][] = []
  const note = (name: string) => () => void happened.push([name, clock.now() - start])
  clock.at(start + 3000, note('three'))
  clock.at(start + 1000, note('one'))
  clock.at(start + 1000, note('one again'))
  clock.at(start + 9000, note('nine'))
  clock.at(start - 1000, note('overdue'))
  await clock.advance(3)
  assert.deepEqual(happened, [
    ['overdue', 0],
    ['one', 1000],
    ['one again', 1000],
    ['three', 3000],
  ])
  await clock.advance(6)
  assert.deepEqual(happened.at(-1), ['nine', 9000])
})

test('a task is finished before the next begins, and what it plans on the way happens too', async () => {
  const clock = new SimulatedClock({ standsAt: start })
  const happened: string[] = []
  clock.at(start + 1000, async () => {
    await new Promise(setImmediate)
    happened.push('slow')
    clock.at(start + 1500, () => void happened.push('planned on the way'))
  })
  clock.at(start + 2000, () => void happened.push('later'))
  await clock.advance(2)
  assert.deepEqual(happened, ['slow', 'planned on the way', 'later'])
})

test('a task that is called off does not happen', async () => {
  const clock = new SimulatedClock({ standsAt: start })
  const happened: string[] = []
  const callOff = clock.at(start + 1000, () => void happened.push('called off'))
  clock.at(start + 2000, () => void happened.push('stopped'))
  callOff()
  await clock.advance(1)
  clock.stop()
  await clock.advance(5)
  assert.deepEqual(happened, [])
})

test('a task that fails is reported and keeps no other from happening', async () => {
  const errors: unknown[] = []
  const clock = new SimulatedClock({ standsAt: start, onTaskError: (error) => errors.push(error) })
  const happened: string[] = []
  clock.at(start + 1000, () => Promise.reject(new Error('broken')))
  clock.at(start + 2000, () => void happened.push('next'))
  await clock.advance(2)
  assert.deepEqual([errors, happened], [[new Error('broken')], ['next']])
})

test('moves that are asked for at once happen one after the other, and none goes back', async () => {
  const clock = new SimulatedClock({ standsAt: start })
  await Promise.all([clock.advance(10), clock.advance(10)])
  assert.equal(clock.now(), start + 20_000)
  await assert.rejects(clock.moveTo(start), RangeError)
  await clock.advance(1)
  assert.equal(clock.now(), start + 21_000)
})

test('a clock that follows the wall goes on from where it was moved to, and what is due by the wall happens', async () => {
  const clock = new SimulatedClock()
  const before = Date.now()
  await clock.advance(3600)
  const ahead = clock.now() - before
  assert.ok(ahead >= 3_600_000 && ahead < 3_610_000)
  const due = Promise.withResolvers<number>()
  const at = clock.now() + 20
  clock.at(at, () => due.resolve(clock.now()))
  const keepAlive = setTimeout(() => due.reject(new Error('nothing happened')), 10_000)
  assert.ok((await due.promise) >= at)
  clearTimeout(keepAlive)
  clock.stop()
})

test('the system clock calls off what it was given, however far away', async () => {
  const happened: string[] = []
  const callOff = systemClock.at(Date.now() + 1, () => void happened.push('called off'))
  const callOffFar = systemClock.at(Date.now() + 2 ** 40, () => void happened.push('too early'))
  callOff()
  const due = Promise.withResolvers<void>()
  systemClock.at(Date.now() + 5, due.resolve)
  const keepAlive = setTimeout(() => due.reject(new Error('nothing happened')), 10_000)
  await due.promise
  clearTimeout(keepAlive)
  callOffFar()
  assert.deepEqual(happened, [])
})

test('the monotonic clock goes on when the time of the system is set back', (t) => {
  const before = monotonicClock.now()
  assert.ok(Math.abs(before - Date.now()) < 60_000, 'it counts from the same beginning')
  t.mock.timers.enable({ apis: ['Date'], now: before - 3_600_000 })
  const after = monotonicClock.now()
  assert.ok(after >= before && after < before + 1000)
})
