import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { Random } from '../random.ts'
import { account, basic } from '../simulator-under-test.ts'
import { applicationId, startReceiver, startVerify2, toEmail, toPhone, toSms, toVoice } from './verify2-under-test.ts'
import { Webhooks } from './webhooks.ts'

const noon = '2026-01-01T12:00:00.000Z'
const at = (seconds: number) => new Date(Date.parse(noon) + seconds * 1000).toISOString()

/** A simulator and the receiver that it tells; the bodies come when all have been delivered. */
async function startWithReceiver() {
  const receiver = await startReceiver()
  const vonage = await startVerify2({ webhooks: receiver.target })
  return {
    vonage,
    receiver,
    heard: async () => {
      await vonage.webhooks()
      return receiver.bodies()
    },
    async [Symbol.asyncDispose]() {
      await vonage.simulator.close()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

test('a completed verification tells of its step and sums up', async () => {
  await using on = await startWithReceiver()
  const id = await on.vonage.start({ workflow: [toSms, toVoice], client_ref: 'ref1', channel_timeout: 100 })
  await on.vonage.clock.advance(20)
  assert.deepEqual(await on.heard(), [])
  await on.vonage.check(id, on.vonage.lastCode())
  assert.deepEqual(await on.heard(), [
    {
      request_id: id,
      triggered_at: noon,
      type: 'event',
      channel: 'sms',
      status: 'completed',
      finalized_at: at(20),
      client_ref: 'ref1',
    },
    {
      request_id: id,
      submitted_at: noon,
      status: 'completed',
      type: 'summary',
      channel_timeout: 100,
      workflow: [
        { channel: 'sms', initiated_at: noon, status: 'completed' },
        { channel: 'voice', status: 'unused' },
      ],
      finalized_at: at(20),
      client_ref: 'ref1',
    },
  ])
})

test('steps that run out fail one after the other, and the summary is expired', async () => {
  await using on = await startWithReceiver()
  const id = await on.vonage.start({ workflow: [toSms, toEmail], channel_timeout: 60 })
  await on.vonage.clock.advance(600)
  const [first, second, last, ...others] = await on.heard()
  assert.deepEqual([first?.channel, first?.status, first?.finalized_at], ['sms', 'failed', at(60)])
  assert.deepEqual([second?.channel, second?.status, second?.finalized_at], ['email', 'failed', at(120)])
  assert.deepEqual([last?.type, last?.status, last?.request_id], ['summary', 'expired', id])
  assert.deepEqual(last?.workflow, [
    { channel: 'sms', initiated_at: noon, status: 'expired' },
    { channel: 'email', initiated_at: at(60), status: 'expired' },
  ])
  assert.deepEqual(others, [])
  assert.equal('client_ref' in (first ?? {}), false)
})

const endings: { name: string; workflow: object[]; body?: object; told: unknown[] }[] = [
  {
    name: 'three wrong codes',
    workflow: [toSms, toVoice],
    told: [['sms', 'failed'], 'failed', ['failed', 'unused']],
  },
  {
    name: 'a message that fails',
    workflow: [{ ...toSms, to: '447700900911' }],
    told: [['sms', 'failed'], 'failed', ['failed']],
  },
  {
    name: 'suspicion of fraud',
    workflow: [{ ...toSms, to: '447700900915' }, toEmail],
    body: { fraud_check: true },
    told: [['sms', 'blocked'], 'blocked', ['blocked', 'unused']],
  },
]

for (const { name, workflow, body, told } of endings) {
  test(`${name} is told of`, async () => {
    await using on = await startWithReceiver()
    const id = await on.vonage.start({ workflow, ...body })
    for (let attempt = 0; attempt < 3; attempt += 1) await on.vonage.check(id, 'wrong')
    const [event, summary, ...others] = await on.heard()
    const statuses = [summary?.workflow].flat().map((step) => Object(step).status)
    assert.deepEqual([[event?.channel, event?.status], summary?.status, statuses], told)
    assert.deepEqual(others, [])
  })
}

test('a silent authentication asks for its phone, and tells how it ended', async () => {
  await using on = await startWithReceiver()
  const { body } = await on.vonage.create({ workflow: [toPhone, toSms], client_ref: 'ref1' })
  assert.deepEqual(await on.heard(), [
    {
      request_id: body.request_id,
      triggered_at: noon,
      type: 'event',
      channel: 'silent_auth',
      status: 'action_pending',
      action: { type: 'check', check_url: body.check_url },
      client_ref: 'ref1',
    },
  ])
  await on.vonage.clock.advance(60)
  const [, expired] = await on.heard()
  assert.deepEqual([expired?.channel, expired?.status], ['silent_auth', 'expired'])
})

test('a cancelled verification tells nothing', async () => {
  await using on = await startWithReceiver()
  const id = await on.vonage.start()
  await on.vonage.clock.advance(30)
  assert.equal((await on.vonage.cancel(id)).status, 204)
  await on.vonage.clock.advance(600)
  assert.deepEqual(await on.heard(), [])
})

test('a verification that was asked for with HTTP Basic tells nothing: it has no application', async () => {
  await using on = await startWithReceiver()
  const { body } = await on.vonage.createBasic()
  await on.vonage.call('POST', `/v2/verify/${body.request_id}`, { code: on.vonage.lastCode() }, basic)
  assert.deepEqual(await on.heard(), [])
})

test('a webhook is signed with the secret, for its body and its application', async () => {
  await using on = await startWithReceiver()
  const id = await on.vonage.start()
  const before = Math.floor(Date.now() / 1000)
  await on.vonage.check(id, on.vonage.lastCode())
  await on.heard()
  const ids = on.receiver.received.map(({ authorization, contentType, text }) => {
    assert.equal(contentType, 'application/json')
    const [, head = '', body = '', signature] = /^Bearer (.+)\.(.+)\.(.+)$/.exec(authorization) ?? []
    const { signatureSecret } = on.receiver.target
    assert.equal(signature, createHmac('sha256', signatureSecret).update(`${head}.${body}`).digest('base64url'))
    assert.deepEqual(decode(head), { alg: 'HS256', typ: 'JWT' })
    const { iat, jti, ...claims } = decode(body)
    assert.ok(Number(iat) >= before && Number(iat) <= Date.now() / 1000)
    assert.deepEqual(claims, {
      iss: 'Vonage',
      payload_hash: createHash('sha256').update(text).digest('hex'),
      api_key: account.apiKey,
      application_id: applicationId,
    })
    return jti
  })
  assert.equal(new Set(ids).size, 2)
})

function decode(part: string) {
  return Object(JSON.parse(Buffer.from(part, 'base64url').toString()))
}

test('what was sent and what came back is listed, and a failed webhook is sent once', async () => {
  await using receiver = await startReceiver(500)
  await using vonage = await startVerify2({ webhooks: receiver.target })
  await vonage.start({ workflow: [{ ...toSms, to: '447700900911' }] })
  const listed = await vonage.webhooks()
  assert.deepEqual(
    listed,
    receiver.received.map(({ authorization, text }) => ({
      sent_at: noon,
      url: receiver.target.url,
      authorization,
      body: JSON.parse(text),
      result: { http_status: 500 },
    })),
  )
  assert.equal(listed.length, 2)
})

test('an application that is not there, or never answers, is shown as an error', async () => {
  await using receiver = await startReceiver(0)
  await using silent = await startVerify2({ webhooks: { ...receiver.target, timeoutMs: 20 } })
  await using absent = await startVerify2({ webhooks: { url: 'http://127.0.0.1:1/', signatureSecret: 'x' } })
  const expected = [
    { vonage: silent, error: /timeout/ },
    { vonage: absent, error: /ECONNREFUSED|bad port/ },
  ]
  for (const { vonage, error } of expected) {
    await vonage.start({ workflow: [{ ...toSms, to: '447700900911' }] })
    for (const { result } of await vonage.webhooks()) assert.match(String(Object(result).error), error)
    assert.equal((await vonage.webhooks()).length, 2)
  }
})

test('the latest thousand are kept', async () => {
  await using on = await startWithReceiver()
  for (let count = 0; count < 501; count += 1) {
    await on.vonage.start({ workflow: [{ ...toSms, to: '447700900911' }], client_ref: `ref${count}` })
  }
  const listed = await on.vonage.webhooks()
  assert.equal(listed.length, 1000)
  assert.equal(Object(listed[0]?.body).client_ref, 'ref1')
  assert.equal((await on.heard()).length, 1002)
})

test('a reset breaks off what is under way, forgets what was sent and sends no more of it', {
  timeout: 20_000,
}, async () => {
  await using receiver = await startReceiver(0)
  await using vonage = await startVerify2({ webhooks: { ...receiver.target, timeoutMs: 600_000 } })
  await vonage.start({ workflow: [{ ...toSms, to: '447700900911' }] })
  const brokenOff = once(await receiver.connection(), 'close')
  await vonage.tell('/simulator/reset', {})
  await brokenOff
  assert.deepEqual(await vonage.webhooks(), [])
  assert.equal(receiver.received.length, 1)
})

test('what would wait behind too many others is not sent, and the list says so', async () => {
  await using receiver = await startReceiver()
  const webhooks = new Webhooks({
    target: receiver.target,
    apiKey: account.apiKey,
    random: new Random('test', 'webhooks'),
    maxWaiting: 2,
  })
  for (const name of ['first', 'second', 'third']) webhooks.send({ name }, applicationId, 0)
  const results = (await webhooks.deliveries()).map(({ body, result }) => [Object(body).name, result])
  assert.deepEqual(results, [
    ['third', { error: 'not sent: too many webhooks wait' }],
    ['first', { http_status: 200 }],
    ['second', { http_status: 200 }],
  ])
  webhooks.send({ name: 'fourth' }, applicationId, 0)
  assert.deepEqual((await webhooks.deliveries()).at(-1)?.result, { http_status: 200 })
})

test('without an address nothing is sent', async () => {
  await using vonage = await startVerify2()
  await vonage.start({ workflow: [{ ...toSms, to: '447700900911' }] })
  assert.deepEqual(await vonage.webhooks(), [])
})
