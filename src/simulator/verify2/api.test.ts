import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, someNumber, wrongFor } from '../simulator-under-test.ts'
import { jwt, startVerify2, toEmail, toPhone, toSms, toVoice } from './verify2-under-test.ts'

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const noSuchId = 'c11236f4-00bf-4b89-84ba-88b25df97315'

test('a request is accepted with an id, with HTTP Basic and with a JWT alike', async () => {
  await using vonage = await startVerify2()
  for (const [index, authorization] of [basic, `Bearer ${jwt()}`].entries()) {
    const { status, contentType, body } = await vonage.create(
      { workflow: [{ channel: 'sms', to: `44770090012${index}` }] },
      authorization,
    )
    assert.deepEqual([status, contentType], [202, 'application/json'])
    assert.deepEqual(Object.keys(body), ['request_id'])
    assert.match(String(body.request_id), uuid)
  }
})

test('the address may end in a slash, as it does in the OpenAPI document', async () => {
  await using vonage = await startVerify2()
  assert.equal((await vonage.call('POST', '/v2/verify/', { brand: 'Acme', workflow: [toSms] })).status, 202)
})

test('the right code completes a verification, and only once', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  const { status, contentType, body } = await vonage.check(id, vonage.lastCode())
  assert.deepEqual([status, contentType], [200, 'application/json'])
  assert.deepEqual(body, { request_id: id, status: 'completed' })
  const { instance, ...problem } = (await vonage.check(id, vonage.lastCode())).body
  assert.match(String(instance), uuid)
  assert.deepEqual(problem, {
    type: 'https://developer.vonage.com/api-errors#not-found',
    title: 'Not Found',
    detail: `Request ${id} was not found or it has been verified already.`,
  })
})

test('two wrong codes answer 400 and the third 410, which ends the verification', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  const wrong = wrongFor(vonage.lastCode())
  const answers = [await vonage.check(id, wrong), await vonage.check(id, 'other'), await vonage.check(id, wrong)]
  for (const { contentType } of answers) assert.equal(contentType, 'application/problem+json')
  assert.deepEqual(
    answers.map(({ status, body: { instance, ...problem } }) => ({ status, ...problem })),
    [
      { status: 400, ...invalidCode },
      { status: 400, ...invalidCode },
      {
        status: 410,
        type: 'https://developer.nexmo.com/api-errors#gone',
        title: 'Invalid Code',
        detail: 'An incorrect code has been provided too many times. Workflow terminated.',
      },
    ],
  )
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 404)
})

const invalidCode = {
  type: 'https://developer.nexmo.com/api-errors#bad-request',
  title: 'Invalid Code',
  detail: 'The code you provided does not match the expected value.',
}

test('what cannot be a code is refused as a wrong one and is no attempt', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  for (const code of ['123', '12345678901', 1234, null]) assert.equal((await vonage.check(id, code)).status, 400)
  for (const body of ['{', '[]', '', {}]) {
    assert.equal((await vonage.call('POST', `/v2/verify/${id}`, body)).status, 400)
  }
  assert.equal((await vonage.check(id, wrongFor(vonage.lastCode()))).status, 400)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 200)
})

test('a request for an address that has a running one is refused with its id', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ workflow: [toSms, toEmail] })
  for (const workflow of [[toVoice], [{ channel: 'sms', to: '447700900999' }, toEmail]]) {
    const { status, contentType, body } = await vonage.create({ workflow })
    assert.deepEqual([status, contentType], [409, 'application/problem+json'])
    assert.match(String(body.instance), uuid)
    assert.deepEqual(
      { ...body, instance: '' },
      {
        type: 'https://developer.vonage.com/en/api-errors/verify-v2#concurrent',
        title: 'Conflict',
        detail: 'Concurrent verifications to the same number are not allowed',
        instance: '',
        request_id: id,
      },
    )
  }
  assert.equal(vonage.simulator.messages().length, 1)
  await vonage.check(id, vonage.lastCode())
  assert.equal((await vonage.create({ workflow: [toVoice] })).status, 202)
  assert.equal((await vonage.create({ workflow: [toEmail] })).status, 202)
})

test('a verification of v1 does not stand in the way of one of v2', async () => {
  await using vonage = await startVerify2()
  assert.equal((await vonage.verify()).status, '0')
  assert.equal((await vonage.create()).status, 202)
})

test('an unknown request is not found by any call', async () => {
  await using vonage = await startVerify2()
  for (const answer of [
    await vonage.check(noSuchId, '1234'),
    await vonage.check(noSuchId, ''),
    await vonage.cancel(noSuchId),
    await vonage.next(noSuchId),
  ]) {
    assert.equal(answer.status, 404)
    assert.equal(answer.body.detail, `Request ${noSuchId} was not found or it has been verified already.`)
  }
})

test('other methods find nothing', async () => {
  await using vonage = await startVerify2()
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
    const { status, contentType, body } = await vonage.call(method, '/v2/verify')
    assert.deepEqual([status, contentType], [404, 'application/problem+json'])
    assert.equal(body.detail, 'No static resource v2/verify.')
  }
  const { body } = await vonage.call('GET', `/v2/verify/${noSuchId}/next_workflow`)
  assert.equal(body.detail, `No static resource v2/verify/${noSuchId}/next_workflow.`)
})

test('what is not simulated says so', async () => {
  await using vonage = await startVerify2()
  assert.equal((await vonage.call('POST', '/v2/verify/network-unblock', { network: '23410' })).status, 501)
})

const failures: { path: string; http: number; body: object }[] = [
  { path: '/v2/verify', http: 402, body: { title: 'Low balance' } },
  { path: '/v2/verify', http: 409, body: { title: 'Conflict', request_id: 'any' } },
  { path: '/v2/verify', http: 412, body: { title: 'Network not supported' } },
  { path: '/v2/verify', http: 422, body: { title: 'Invalid params', invalid_parameters: [] } },
  { path: '/v2/verify', http: 429, body: { title: 'Rate Limit Hit', detail: 'Please wait, then retry your request' } },
  { path: '/v2/verify', http: 500, body: { title: 'Internal error' } },
  { path: '/v2/verify', http: 503, body: { title: 'Service Unavailable' } },
  { path: '/v2/verify/:request_id', http: 404, body: { title: 'Not Found' } },
  {
    path: '/v2/verify/:request_id',
    http: 409,
    body: { detail: 'The current Verify workflow step does not support a code.' },
  },
  { path: '/v2/verify/:request_id', http: 410, body: { title: 'Invalid Code' } },
  {
    path: '/v2/verify/:request_id/next_workflow',
    http: 409,
    body: { detail: 'There are no more events left to trigger.' },
  },
]

for (const { path, http, body: expected } of failures) {
  test(`a planned ${http} at ${path} has the problem of that status and does nothing`, async () => {
    await using vonage = await startVerify2()
    const id = await vonage.start({ workflow: [{ channel: 'sms', to: '447700900124' }] })
    assert.equal((await vonage.tell('/simulator/faults', { path, answer: { http } })).status, 200)
    const body =
      path === '/v2/verify' ? { brand: 'Acme', workflow: [toSms] } : { code: vonage.lastCode('447700900124') }
    const met = await vonage.call('POST', path.replace(':request_id', id), body)
    assert.deepEqual([met.status, met.contentType], [http, 'application/problem+json'])
    assert.ok(['type', 'title', 'detail', 'instance'].every((name) => typeof met.body[name] === 'string'))
    const { request_id: other } = met.body
    const shown = { ...met.body, ...(other === undefined ? {} : { request_id: 'any' }) }
    assert.deepEqual({ ...shown, ...expected }, shown)
    assert.equal(vonage.simulator.messages(someNumber).length, 0)
    assert.equal((await vonage.check(id, vonage.lastCode('447700900124'))).status, 200)
  })
}

test('a call is told as it was at the wire, its workflow as JSON', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  assert.deepEqual(vonage.calls, [
    {
      method: 'POST',
      path: '/v2/verify',
      parameters: { brand: 'Acme', workflow: [JSON.stringify(toSms)] },
      authorization: 'bearer',
      answer: { request_id: id },
      httpStatus: 202,
    },
  ])
})

test('the same seed makes the same ids and codes, and a reset begins anew', async () => {
  await using vonage = await startVerify2()
  const first = [await vonage.start(), vonage.lastCode()]
  await vonage.tell('/simulator/reset', {})
  assert.deepEqual([await vonage.start(), vonage.lastCode()], first)
  await using same = await startVerify2()
  assert.deepEqual([await same.start(), same.lastCode()], first)
  await using other = await startVerify2({ seed: 'other' })
  assert.notDeepEqual([await other.start(), other.lastCode()], first)
})

test('a silent authentication is refused with HTTP Basic', async () => {
  await using vonage = await startVerify2()
  const { status, body } = await vonage.createBasic({ workflow: [toPhone, toSms] })
  assert.deepEqual([status, body.title], [401, 'Unauthorized'])
  assert.equal(vonage.simulator.messages().length, 0)
})
