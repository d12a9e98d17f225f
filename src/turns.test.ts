import assert from 'node:assert/strict'
import { test } from 'node:test'
import { again, Turns } from './turns.ts'

const patient = { patienceMs: 10_000, tooLate: () => new Error('too late') }
const impatient = { patienceMs: 1, tooLate: () => new Error('too late') }

/** Work that goes on until it is told to end; `happened` tells what began and ended, in order. */
function workshop() {
  const happened: string[] = []
  const work = (name: string) => {
    const gate = Promise.withResolvers<void>()
    const run = async () => {
      happened.push(`${name} begins`)
      await gate.promise
      happened.push(`${name} ends`)
      return name
    }
    return { run, end: gate.resolve, fail: gate.reject }
  }
  return { happened, work }
}

test('work on one key happens one after the other, in the order it came', async () => {
  const turns = new Turns()
  const { happened, work } = workshop()
  const [one, two, three] = [work('one'), work('two'), work('three')]
  const all = [one, two, three].map(({ run }) => turns.take('key', run, patient))
  three.end()
  two.end()
  one.end()
  assert.deepEqual(await Promise.all(all), ['one', 'two', 'three'])
  assert.deepEqual(happened, ['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends'])
})

test('work on different keys goes on at the same time', async () => {
  const turns = new Turns()
  const { happened, work } = workshop()
  const [one, two] = [work('one'), work('two')]
  const first = turns.take('a', one.run, patient)
  const second = turns.take('b', two.run, patient)
  two.end()
  await second
  assert.deepEqual(happened, ['one begins', 'two begins', 'two ends'])
  one.end()
  await first
})

test('work that fails lets the next one begin', async () => {
  const turns = new Turns()
  const { work } = workshop()
  const [one, two] = [work('one'), work('two')]
  const first = turns.take('key', one.run, patient)
  const second = turns.take('key', two.run, patient)
  one.fail(new Error('broken'))
  two.end()
  await assert.rejects(first, /broken/)
  assert.equal(await second, 'two')
})

test('who waits too long gives up and never begins, and those behind still wait for the work before', async () => {
  const turns = new Turns()
  const { happened, work } = workshop()
  const [one, two, three] = [work('one'), work('two'), work('three')]
  two.end()
  const first = turns.take('key', one.run, patient)
  await assert.rejects(turns.take('key', two.run, impatient), /too late/)
  const third = turns.take('key', three.run, patient)
  three.end()
  await assert.rejects(turns.take('key', two.run, impatient), /too late/)
  assert.deepEqual(happened, ['one begins'])
  one.end()
  await Promise.all([first, third])
  assert.deepEqual(happened, ['one begins', 'one ends', 'three begins', 'three ends'])
})

test('work that fails as busy is done again until it is done, fails otherwise, or time is up', async () => {
  const isBusy = (error: unknown) => error instanceof Error && error.message === 'busy'
  const failing =
    (...messages: string[]) =>
    async () => {
      const message = messages.shift()
      if (message !== undefined) throw new Error(message)
      return 'done'
    }
  assert.equal(await again(failing('busy', 'busy'), { patienceMs: 10_000, isBusy }), 'done')
  await assert.rejects(again(failing('busy', 'broken'), { patienceMs: 10_000, isBusy }), /broken/)
  await assert.rejects(again(failing('busy', 'busy'), { patienceMs: 0, isBusy }), /busy/)
})
