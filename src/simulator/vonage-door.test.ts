import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, someNumber, startSimulator } from './simulator-under-test.ts'

const inQuery = `api_key=${account.apiKey}&api_secret=${account.apiSecret}`
const inBody = { api_key: account.apiKey, api_secret: account.apiSecret }
const json = { 'content-type': 'application/json' }

test('parameters and credentials may come in query, form or JSON, and the body wins', async () => {
  await using vonage = await startSimulator()
  const query = `${inQuery}&number=447700900001&brand=Acme`
  assert.equal((await vonage.send(`/verify/json?${query}`)).body.status, '0')
  assert.equal((await vonage.send(`/verify/json?${query}&number=447700900002`, { method: 'POST' })).body.status, '10')
  const form = new URLSearchParams({ ...inBody, number: '447700900003' })
  assert.equal((await vonage.send(`/verify/json?${query}`, { method: 'POST', body: form })).body.status, '0')
  const body = JSON.stringify({ ...inBody, number: 447700900004, brand: 'Acme', code_length: 6 })
  assert.equal((await vonage.send('/verify/json', { method: 'POST', headers: json, body })).body.status, '0')
  assert.deepEqual(
    vonage.simulator.messages().map(({ to }) => to),
    ['447700900001', '447700900003', '447700900004'],
  )
})

test('credentials are judged before anything else', async () => {
  await using vonage = await startSimulator()
  const refusal = async (query: string) => (await vonage.send(`/verify/json?${query}`)).body
  assert.deepEqual(await refusal('number=1'), { status: '2', error_text: 'Missing api_key' })
  assert.deepEqual(await refusal('api_key=5a4db0c5'), {
    status: '2',
    error_text: 'Your request is incomplete and missing some mandatory parameters',
  })
  assert.deepEqual(await refusal('api_key=5a4db0c5&api_secret=x'), { status: '4', error_text: 'Bad Credentials' })
})

test('Verify answers in bare application/json and HTTP 200, but for other methods', async () => {
  await using vonage = await startSimulator()
  const refused = await vonage.post('/verify/json', {})
  assert.equal(refused.status, 200)
  assert.equal(refused.headers.get('content-type'), 'application/json')
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    assert.equal((await vonage.send('/verify/check/json', { method })).status, 403)
  }
  assert.equal((await fetch(`${vonage.base}/verify/json`, { method: 'HEAD' })).status, 200)
})

test('every call is told as it was at the wire, without the credentials', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.send(`/verify/search/json?${inQuery}&request_ids=a&request_ids=b`)
  await vonage.send('/number/buy', { method: 'POST' })
  assert.deepEqual(vonage.calls, [
    {
      method: 'POST',
      path: '/verify/json',
      parameters: { number: someNumber, brand: 'Acme' },
      authorization: 'basic',
      answer: { request_id: id, status: '0' },
      httpStatus: 200,
    },
    {
      method: 'GET',
      path: '/verify/search/json',
      parameters: { request_ids: ['a', 'b'] },
      authorization: 'parameters',
      answer: { status: '101', error_text: 'No response found' },
      httpStatus: 200,
    },
    {
      method: 'POST',
      path: '/number/buy',
      parameters: {},
      authorization: 'none',
      answer: { 'error-code': '401', 'error-code-label': 'authentication failed' },
      httpStatus: 401,
    },
  ])
})
