import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../clock.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'

test('tasks run in the order of their times, at their times, and not when called off', async () => {
  const clock = new SimulatedClock({ standsAt: 0 })
  const schedule = new Schedule(clock)
  const random = new Random('schedule', 'test')
  const ran: { atMs: number; nowMs: number; order: number }[] = []
  const waiting = Array.from({ length: 2000 }, (_, order) => {
    const atMs = random.below(500)
    return { atMs, order, entry: schedule.at(atMs, () => ran.push({ atMs, nowMs: clock.now(), order })) }
  })
  const expected = waiting.filter(() => random.below(3) > 0)
  for (const each of waiting) if (!expected.includes(each)) schedule.callOff(each.entry)
  expected.sort((one, other) => one.atMs - other.atMs || one.order - other.order)
  await clock.advance(1)
  assert.deepEqual(
    ran,
    expected.map(({ atMs, order }) => ({ atMs, nowMs: atMs, order })),
  )
})

test('a task may put up and call off others, and calling off twice does no harm', async () => {
  const clock = new SimulatedClock({ standsAt: 0 })
  const schedule = new Schedule(clock)
  const ran: string[] = []
  const last = schedule.at(300, () => ran.push('called off'))
  schedule.at(100, () => {
    schedule.callOff(last)
    schedule.callOff(last)
    schedule.at(200, () => ran.push(`put up, at ${clock.now()}`))
  })
  await clock.advance(1)
  assert.deepEqual(ran, ['put up, at 200'])
})

test('nothing runs after the schedule has stopped', async () => {
  const clock = new SimulatedClock({ standsAt: 0 })
  const schedule = new Schedule(clock)
  const ran: string[] = []
  schedule.at(100, () => ran.push('late'))
  schedule.stop()
  await clock.advance(1)
  assert.deepEqual(ran, [])
})
