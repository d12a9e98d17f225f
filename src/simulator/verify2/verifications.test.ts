import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someNumber, wrongFor } from '../simulator-under-test.ts'
import { startVerify2, toEmail, toPhone, toSms, toVoice } from './verify2-under-test.ts'

const failingNumber = '447700900911'

test('every channel_timeout the next step begins with a code of its own, and after the last one it is over', async () => {
  await using vonage = await startVerify2()
  const beginMs = vonage.clock.now()
  const id = await vonage.start({ workflow: [toSms, toVoice, toEmail], channel_timeout: 60, code_length: 10 })
  await vonage.clock.advance(179)
  const messages = vonage.simulator.messages()
  assert.deepEqual(
    messages.map(({ channel, sent_at, request_id }) => [channel, (Date.parse(sent_at) - beginMs) / 1000, request_id]),
    [
      ['sms', 0, id],
      ['tts', 60, id],
      ['email', 120, id],
    ],
  )
  assert.equal(new Set(vonage.codes()).size, 3)
  for (const code of vonage.codes()) assert.match(code, /^\d{10}$/)
  assert.equal((await vonage.check(id, vonage.codes()[0])).status, 400, 'an earlier code is a wrong one')
  await vonage.clock.advance(1)
  assert.equal((await vonage.check(id, vonage.codes()[2])).status, 404)
  assert.equal((await vonage.create()).status, 202)
})

test('a step lasts 180 s and a code has 4 digits unless asked for otherwise', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  assert.match(vonage.lastCode(), /^\d{4}$/)
  await vonage.clock.advance(179)
  assert.equal((await vonage.check(id, 'wrong')).status, 400)
  await vonage.clock.advance(1)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 404)
})

test('reuse_code repeats the code of the message before, and its attempts', async () => {
  await using vonage = await startVerify2()
  const reusing = { ...toVoice, reuse_code: true }
  const id = await vonage.start({ workflow: [toSms, reusing, toEmail], code_length: 10 })
  const wrong = wrongFor(vonage.lastCode())
  await vonage.check(id, wrong)
  await vonage.check(id, wrong)
  await vonage.next(id)
  const [first, second] = vonage.codes()
  assert.equal(second, first)
  assert.equal((await vonage.check(id, wrong)).status, 410)
})

test('a new code brings three new attempts', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ workflow: [toSms, toVoice] })
  const statuses: number[] = []
  const fail = async () => statuses.push((await vonage.check(id, 'wrong')).status)
  await fail()
  await fail()
  await vonage.next(id)
  for (let attempt = 0; attempt < 3; attempt += 1) await fail()
  assert.deepEqual(statuses, [400, 400, 400, 400, 410])
})

test('a code of the application is sent by every step, whatever code_length says', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ workflow: [toSms, toVoice], code: 'Ab12Cd', code_length: 4 })
  await vonage.next(id)
  assert.deepEqual(vonage.codes(), ['Ab12Cd', 'Ab12Cd'])
  assert.equal((await vonage.check(id, 'ab12cd')).status, 400)
  assert.equal((await vonage.check(id, 'Ab12Cd')).status, 200)
})

test('next_workflow begins the next step now, and the waits count from it', async () => {
  await using vonage = await startVerify2()
  const beginMs = vonage.clock.now()
  const id = await vonage.start({ workflow: [toSms, toVoice, toEmail], channel_timeout: 100 })
  await vonage.clock.advance(10)
  const { status, text } = await vonage.next(id)
  assert.deepEqual([status, text], [200, ''])
  await vonage.clock.advance(1000)
  const seconds = vonage.simulator.messages().map(({ sent_at }) => (Date.parse(sent_at) - beginMs) / 1000)
  assert.deepEqual(seconds, [0, 10, 110])
})

test('without a step left, next_workflow is refused and the code stays good', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  const { status, contentType, body } = await vonage.next(id)
  assert.deepEqual([status, contentType], [409, 'application/problem+json'])
  assert.deepEqual(
    { ...body, instance: '' },
    {
      type: 'https://developer.nexmo.com/api-errors#conflict',
      title: 'Conflict',
      detail: 'There are no more events left to trigger.',
      instance: '',
    },
  )
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 200)
})

test('cancelling works from 30 s on, and frees the address', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ workflow: [toSms, toVoice] })
  await vonage.clock.advance(29.999)
  assert.equal((await vonage.cancel(id)).status, 404)
  await vonage.clock.advance(0.001)
  const { status, text } = await vonage.cancel(id)
  assert.deepEqual([status, text], [204, ''])
  assert.equal((await vonage.cancel(id)).status, 404)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 404)
  assert.equal((await vonage.create()).status, 202)
  await vonage.clock.advance(1000)
  assert.deepEqual(
    vonage.simulator.messages().map(({ channel }) => channel),
    ['sms', 'sms'],
  )
})

test('after the second event it is too late to cancel', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ workflow: [toSms, toVoice] })
  await vonage.clock.advance(180)
  assert.equal((await vonage.cancel(id)).status, 404)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 200)
})

test('each channel arrives at its address, from its sender or else from the brand', async () => {
  await using vonage = await startVerify2()
  const mine = { channel: 'whatsapp', to: someNumber, from: '447700400080' }
  const id = await vonage.start({ workflow: [mine, { ...toEmail, from: 'bob@example.com' }, toVoice] })
  await vonage.next(id)
  await vonage.next(id)
  await vonage.start({ workflow: [{ channel: 'rcs', to: '447700900124', from: 'Agent' }] })
  assert.deepEqual(
    vonage.simulator.messages().map(({ channel, to, from }) => [channel, to, from]),
    [
      ['whatsapp', someNumber, '447700400080'],
      ['email', 'alice@example.com', 'bob@example.com'],
      ['tts', someNumber, 'Acme'],
      ['rcs', '447700900124', 'Agent'],
    ],
  )
  const { body } = await vonage.send('/inbox/messages?to=alice%40example.com')
  assert.equal([body.messages].flat().length, 1)
})

test('a message that fails gives way to the next step at once, and the last of them ends the verification', async () => {
  await using vonage = await startVerify2()
  const failing = { channel: 'sms', to: failingNumber }
  const id = await vonage.start({ workflow: [failing, toEmail] })
  assert.deepEqual(
    vonage.simulator.messages().map(({ channel }) => channel),
    ['email'],
  )
  assert.equal((await vonage.check(id, vonage.lastCode('alice@example.com'))).status, 200)
  const other = await vonage.create({ workflow: [failing] })
  assert.equal(other.status, 202)
  assert.equal((await vonage.check(String(other.body.request_id), '1234')).status, 404)
})

test('a number that is suspected of fraud gets a message unless fraud_check is on', async () => {
  await using vonage = await startVerify2()
  const workflow = [{ channel: 'sms', to: '447700900915' }, toEmail]
  const checked = await vonage.create({ workflow, fraud_check: true })
  assert.equal(checked.status, 202)
  assert.equal((await vonage.check(String(checked.body.request_id), '1234')).status, 404)
  assert.deepEqual(vonage.simulator.messages(), [])
  await vonage.start({ workflow })
  assert.equal(vonage.simulator.messages('447700900915').length, 1)
})

test('the silent authentication of a workflow lasts 60 s, whatever channel_timeout says', async () => {
  await using vonage = await startVerify2()
  await vonage.start({ workflow: [toPhone, toSms], channel_timeout: 900 })
  await vonage.clock.advance(59)
  assert.deepEqual(vonage.simulator.messages(), [])
  await vonage.clock.advance(1)
  assert.equal(vonage.simulator.messages().length, 1)
})
