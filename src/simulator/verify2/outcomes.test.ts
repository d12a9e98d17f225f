import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startVerify2, toEmail, toSms, toVoice } from './verify2-under-test.ts'

const to = (number: string) => ({ workflow: [{ ...toSms, to: number }] })

const refusals = {
  '447700900904': [412, 'Network not supported'],
  '447700900905': [402, 'Low balance'],
  '447700900906': [429, 'Rate Limit Hit'],
  '447700900909': [500, 'Internal error'],
  '447700900912': [422, 'Invalid params'],
}

for (const [number, [status, title]] of Object.entries(refusals)) {
  test(`+${number} is refused with ${status} ${title}, and nothing is sent`, async () => {
    await using vonage = await startVerify2()
    const refused = await vonage.create(to(number))
    assert.deepEqual([refused.status, refused.body.title], [status, title])
    assert.deepEqual(vonage.codes(), [])
  })
}

test('a message comes 45 seconds late to +447700900901 and never to +447700900902', async () => {
  await using vonage = await startVerify2()
  for (const number of ['447700900901', '447700900902']) assert.equal((await vonage.create(to(number))).status, 202)
  await vonage.clock.advance(44)
  assert.deepEqual(vonage.codes(), [])
  await vonage.clock.advance(1)
  assert.deepEqual(
    vonage.simulator.messages().map((message) => message.to),
    ['447700900901'],
  )
})

test('+447700900903 is blocked, whatever is thought of fraud', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ ...to('447700900903'), fraud_check: false })
  assert.equal((await vonage.check(id, '1234')).status, 404)
  assert.deepEqual(vonage.codes(), [])
})

test('each message costs what its channel does, and a right code on top', async () => {
  await using vonage = await startVerify2({ balanceEuro: 1 })
  const balance = async () => (await vonage.send('/simulator/account')).body.balance
  const id = await vonage.start({ workflow: [toEmail, toVoice] })
  assert.equal(await balance(), '0.9950')
  await vonage.next(id)
  assert.equal(await balance(), '0.9450')
  await vonage.check(id, vonage.codes().at(-1))
  assert.equal(await balance(), '0.8450')
})

test('without credit for the next message nothing begins or goes on', async () => {
  await using vonage = await startVerify2({ balanceEuro: 0.04 })
  const id = await vonage.start({ workflow: [toSms, toVoice] })
  for (const refused of [await vonage.next(id), await vonage.create(to('447700900124'))]) {
    assert.deepEqual([refused.status, refused.body.title], [402, 'Low balance'])
  }
  assert.equal((await vonage.check(id, vonage.codes()[0])).status, 200)
})

test('thirty calls a second are admitted where limits hold', async () => {
  await using vonage = await startVerify2({ throttling: true })
  const statuses: number[] = []
  for (let index = 0; index < 31; index += 1) statuses.push((await vonage.check('some-id', '1234')).status)
  assert.deepEqual([...new Set(statuses.slice(0, 30)), statuses[30]], [404, 429])
  await vonage.clock.advance(1)
  assert.equal((await vonage.check('some-id', '1234')).status, 404)
})

test('faults are planned on its paths', async () => {
  await using vonage = await startVerify2()
  await vonage.tell('/simulator/faults', { path: '/v2/verify', answer: { http: 429 } })
  assert.equal((await vonage.create()).body.title, 'Rate Limit Hit')
  await vonage.tell('/simulator/faults', { path: '/v2/verify/:request_id', answer: { connection: 'cut' } })
  await assert.rejects(vonage.check('some-id', '1234'), TypeError)
})

test('the inbox tells until when a code is good, and how its verification ended', async () => {
  await using vonage = await startVerify2()
  const inbox = () => vonage.simulator.messages().map(({ expires_at, ended }) => [expires_at.slice(11, 19), ended])
  const id = await vonage.start({ workflow: [toSms, toEmail], channel_timeout: 60 })
  await vonage.clock.advance(60)
  assert.deepEqual(inbox(), [
    ['12:01:00', undefined],
    ['12:02:00', undefined],
  ])
  await vonage.check(id, vonage.codes().at(-1))
  assert.deepEqual(
    inbox().map(([, ended]) => ended),
    ['verified', 'verified'],
  )
  const cancelled = await vonage.start()
  await vonage.clock.advance(30)
  await vonage.cancel(cancelled)
  assert.equal(vonage.simulator.messages().at(-1)?.ended, 'cancelled')
})
