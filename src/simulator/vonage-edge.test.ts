import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator } from './simulator-under-test.ts'

const someTrace = /^[\da-f]{32}$/

test('an answer of Verify has a trace of its own and the headers that Vonage writes', async () => {
  await using vonage = await startSimulator()
  const { headers } = await vonage.post('/verify/json', {})
  assert.equal(headers.get('x-frame-options'), 'deny')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('x-xss-protection'), '1; mode=block')
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000; includeSubdomains')
  const trace = String(headers.get('x-nexmo-trace-id'))
  assert.match(trace, someTrace)
  const next = await vonage.post('/verify/json', {})
  assert.notEqual(next.headers.get('x-nexmo-trace-id'), trace)
})

test('an answer of Numbers calls itself a file and has a trace, also when it refuses', async () => {
  await using vonage = await startSimulator()
  for (const { headers } of [await vonage.get('/account/numbers'), await vonage.send('/account/numbers')]) {
    assert.equal(headers.get('content-disposition'), 'attachment; filename="api.txt"')
    assert.match(String(headers.get('x-nexmo-trace-id')), someTrace)
  }
})

test('the paths that Vonage does not have are without its headers', async () => {
  await using vonage = await startSimulator()
  const { headers } = await vonage.send('/simulator/clock')
  assert.deepEqual([headers.get('x-nexmo-trace-id'), headers.get('x-frame-options')], [null, null])
})

test('a URL of 8 KiB is refused with 413 and one of 16 KiB with 414, and a shorter one is read', async () => {
  await using vonage = await startSimulator()
  for (const path of ['/verify/json', '/number/search']) {
    const ofLength = (length: number) => vonage.get(`${path}?brand=`.padEnd(length, 'x'))
    const statuses = [8191, 8192, 16_383, 16_384, 40_000].map(async (length) => (await ofLength(length)).status)
    const read = path === '/verify/json' ? 200 : 400
    assert.deepEqual(await Promise.all(statuses), [read, 413, 413, 414, 414])
  }
  const { body } = await vonage.get('/verify/json?brand='.padEnd(9000, 'x'))
  assert.deepEqual([body.title, vonage.calls.length], ['Payload Too Large', 2])
})
