import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Closing } from './closing.ts'

test('the newest is closed first, each when the one before it is done, and only once', async () => {
  const closing = new Closing()
  const closed: string[] = []
  closing.add(() => closed.push('older'))
  closing.add(() => new Promise<void>((resolve) => setImmediate(() => resolve(void closed.push('newer')))))
  await Promise.all([closing.close(1000), closing.close(1000)])
  assert.deepEqual(closed, ['newer', 'older'])
})

test('one that fails stops no other, and the first failure is thrown at the end', async () => {
  const closing = new Closing()
  const closed: string[] = []
  closing.add(() => closed.push('last'))
  closing.add(() => {
    throw new Error('thrown later')
  })
  closing.add(() => Promise.reject(new Error('rejected first')))
  await assert.rejects(closing.close(1000), new Error('rejected first'))
  assert.deepEqual(closed, ['last'])
})

test('however many of them hang, they are waited for no longer than the patience in all', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const closing = new Closing()
  const closed: string[] = []
  closing.add(() => closed.push('last'))
  for (let index = 0; index < 5; index += 1) closing.add(() => new Promise(() => {}))
  const isOver = closing.close(200)
  t.mock.timers.tick(200)
  await isOver
  assert.deepEqual(closed, ['last'])
})
