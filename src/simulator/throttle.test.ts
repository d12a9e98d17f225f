import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator } from './simulator-under-test.ts'

type Vonage = Awaited<ReturnType<typeof startSimulator>>

async function statuses(count: number, call: () => Promise<{ status?: unknown }>): Promise<unknown[]> {
  const found: unknown[] = []
  for (let index = 0; index < count; index += 1) found.push((await call()).status)
  return [...new Set(found)]
}

const control = (vonage: Vonage) => () => vonage.control('some-id', 'cancel')
const search = (vonage: Vonage) => () => vonage.search('some-id')
const owned = (vonage: Vonage) => () => vonage.get('/account/numbers')

test('request, check and control share thirty calls a second of the simulated clock', async () => {
  await using vonage = await startSimulator({ throttling: true })
  await vonage.start()
  assert.deepEqual(await statuses(29, control(vonage)), ['6'])
  assert.deepEqual(await vonage.check('some-id', '1234'), { status: '1', error_text: 'Throttled' })
  assert.deepEqual(await vonage.verify({ number: 'x' }), { status: '1', error_text: 'Throttled' })
  await vonage.clock.advance(0.999)
  assert.deepEqual(await statuses(1, control(vonage)), ['1'])
  await vonage.clock.advance(0.001)
  assert.deepEqual(await statuses(31, control(vonage)), ['6', '1'])
})

test('search and Numbers have one call a second each, and Numbers says so with HTTP 429', async () => {
  await using vonage = await startSimulator({ throttling: true })
  assert.deepEqual(await statuses(2, search(vonage)), ['101', '1'])
  assert.deepEqual(await statuses(2, owned(vonage)), [200, 429])
  assert.equal((await vonage.get('/number/search?country=GB')).status, 429)
  await vonage.clock.advance(1)
  assert.deepEqual(await statuses(2, search(vonage)), ['101', '1'])
  assert.equal((await vonage.get('/number/search?country=GB')).status, 200)
})

test('who may not come in is not counted', async () => {
  await using vonage = await startSimulator({ throttling: true })
  assert.deepEqual(await statuses(3, () => vonage.send('/account/numbers')), [401])
  assert.deepEqual(await statuses(1, owned(vonage)), [200])
})

test('nothing is throttled unless it is asked for', async () => {
  await using vonage = await startSimulator()
  assert.deepEqual(await statuses(40, control(vonage)), ['6'])
  assert.deepEqual(await statuses(3, search(vonage)), ['101'])
  assert.deepEqual(await statuses(3, owned(vonage)), [200])
})
