import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someNumber, startSimulator } from './simulator-under-test.ts'

test('moving the clock does all that falls due before it answers', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  assert.deepEqual((await vonage.send('/simulator/clock')).body, { now: '2026-01-01T12:00:00.000Z' })
  const advanced = await vonage.tell('/simulator/clock', { advance_seconds: 125 })
  assert.deepEqual(advanced.body, { now: '2026-01-01T12:02:05.000Z' })
  assert.equal(vonage.simulator.messages().length, 2)
  const moved = await vonage.tell('/simulator/clock', { now: '2026-01-01T14:00:00+01:00' })
  assert.deepEqual(moved.body, { now: '2026-01-01T13:00:00.000Z' })
  assert.equal(vonage.simulator.messages().length, 3)
})

const wrongMoves: { body: unknown; error: RegExp }[] = [
  { body: { now: '2026-01-01T11:59:59Z' }, error: /^now: the clock is past 2026-01-01T11:59:59/ },
  { body: { advance_seconds: -1 }, error: /^advance_seconds: / },
  { body: { advance_seconds: '30' }, error: /^advance_seconds: / },
  { body: { now: 'noon' }, error: /^now: / },
  { body: {}, error: /give either advance_seconds or now/ },
  { body: { advance_seconds: 1, now: '2027-01-01T00:00:00Z' }, error: /give either/ },
  { body: { seconds: 1 }, error: /"seconds"/ },
]

for (const { body, error } of wrongMoves) {
  test(`the clock refuses ${JSON.stringify(body)} and stays where it is`, async () => {
    await using vonage = await startSimulator()
    const answer = await vonage.tell('/simulator/clock', body)
    assert.equal(answer.status, 400)
    assert.match(String(answer.body.error), error)
    assert.equal((await vonage.send('/simulator/clock')).body.now, '2026-01-01T12:00:00.000Z')
  })
}

test('a body that is not JSON is refused', async () => {
  await using vonage = await startSimulator()
  const { status, body } = await vonage.send('/simulator/clock', { method: 'POST', body: 'soon' })
  assert.deepEqual([status, body], [400, { error: 'the body must be JSON' }])
})

test('a reset brings everything but the time back to the beginning', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  const code = vonage.lastCode()
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '9' } })
  await vonage.clock.advance(10)
  assert.equal((await vonage.send('/simulator/reset', { method: 'POST' })).status, 200)
  assert.deepEqual((await vonage.send('/inbox/messages')).body, { messages: [] })
  assert.equal((await vonage.search(id)).status, '101')
  await vonage.clock.advance(1000)
  assert.deepEqual(vonage.simulator.messages(), [])
  assert.equal(await vonage.start(), id)
  assert.equal(vonage.lastCode(), code)
})

test('a reset with another seed makes other codes', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.tell('/simulator/reset', { seed: 'other' })
  const other = await vonage.start()
  assert.notEqual(other, id)
  await vonage.tell('/simulator/reset', { seed: 'test' })
  assert.equal(await vonage.start(), id)
})

test('what is not there is a small JSON error', async () => {
  await using vonage = await startSimulator()
  const { status, body } = await vonage.send('/nowhere?x=1')
  assert.deepEqual([status, body], [404, { error: 'there is no GET /nowhere' }])
  const tooBig = await vonage.post('/verify/json', { number: someNumber, brand: 'x'.repeat(20_000) })
  assert.equal(tooBig.status, 413)
})

test('the same seed and calls lead to the same snapshot', async () => {
  await using vonage = await startSimulator()
  const play = async () => {
    await vonage.tell('/simulator/reset', { seed: 'play' })
    const id = await vonage.start()
    await vonage.check(id, '0000')
    await vonage.start({ number: '447700900124', workflow_id: '4' })
    const [offer] = [(await vonage.get('/number/search?country=US&size=1')).body.numbers].flat()
    await vonage.post('/number/buy', { country: 'US', msisdn: String(Object(offer).msisdn) })
    return (await vonage.send('/simulator/snapshot')).body
  }
  const first = await play()
  assert.deepEqual(await play(), first)
  const { now, account, verifications, verifications_v2, numbers, messages, ...more } = first
  assert.deepEqual([now, Object(account).api_key, more], ['2026-01-01T12:00:00.000Z', '5a4db0c5', {}])
  const counts = [verifications, verifications_v2, numbers, messages].map((list) => [list].flat().length)
  assert.deepEqual(counts, [2, 0, 1, 2])
})
