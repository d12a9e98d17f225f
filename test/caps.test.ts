import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { requestVerification } from '../src/verifications/operations.ts'
import { startGateway } from './support/gateway.ts'
import { gist, verifying } from './support/verifying.ts'

test('messages to one number stop at its cap, however it is written, until the window has passed', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m,3/1h' } })
  const { start, request, checkRight, runs } = verifying(gateway)
  await checkRight(await start())
  await gateway.clock.advance(100)
  const second = await start({ number: '0044 7700-900123' })
  assert.equal((await request()).body.message_sent, false, 'what shares a message counts nothing')
  await checkRight(second)
  const refused = await request({ number: '+44 (7700) 900123', brand: 'Umbrella' })
  assert.equal(gist(refused), '429 quota_exceeded')
  assert.equal(refused.headers.get('retry-after'), '500')
  assert.ok(!('request_id' in refused.body))
  assert.equal((await verifying(gateway, '447700900124').request()).status, 200)

  await gateway.clock.advance(499)
  assert.equal(gist(await request()), '429 quota_exceeded')
  await gateway.clock.advance(1)
  await checkRight(await start())
  await gateway.clock.advance(1000)
  const hourly = await request()
  assert.deepEqual([gist(hourly), hourly.headers.get('retry-after')], ['429 quota_exceeded', '2000'])
  assert.equal(runs(), 4)
})

test('codes that were given for a number count across its messages, and it is the message that is refused', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '3/10m' } })
  const { start, request, checkWrong, checkRight } = verifying(gateway)
  const guessThrice = async (id: string) => {
    for (let guess = 0; guess < 3; guess += 1) await checkWrong(id)
  }
  const first = await start()
  await gateway.clock.advance(290)
  await guessThrice(first)
  for (let message = 0; message < 2; message += 1) {
    await gateway.clock.advance(1)
    await guessThrice(await start())
  }
  await gateway.clock.advance(308)
  const refused = await request()
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['429 quota_exceeded', '290'])
  await gateway.clock.advance(289)
  assert.equal(gist(await request()), '429 quota_exceeded')
  await gateway.clock.advance(1)
  assert.equal(gist(await checkRight(await start())), '200 verified')
})

test('a new code in place of another is refused like any, and the old one can still be given', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '9/10m' } })
  const { start, next, checkWrong, checkRight } = verifying(gateway)
  for (const guesses of [3, 3]) {
    const id = await start()
    for (let guess = 0; guess < guesses; guess += 1) await checkWrong(id)
  }
  const id = await start()
  for (let guess = 0; guess < 2; guess += 1) await checkWrong(id)
  await gateway.clock.advance(60)
  const refused = await next(id)
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['429 quota_exceeded', '540'])
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('a next message counts as one, and is refused before the old code is withdrawn', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m' } })
  const { start, next, checkRight, messages, cancels } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(60)
  assert.equal((await next(id)).status, 200)
  await gateway.clock.advance(60)
  const refused = await next(id)
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['429 quota_exceeded', '480'])
  assert.deepEqual([(await messages()).length, cancels()], [2, 1])
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('a workflow of several messages reserves them all, and gives back what it does not send', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m' } })
  const { start, request, checkRight } = verifying(gateway)
  assert.equal(gist(await request({ workflow_id: 1 })), '429 quota_exceeded')
  const id = await start({ workflow_id: 4 })
  await checkRight(id)
  assert.equal((await request({ workflow_id: 4 })).status, 429)
  assert.equal((await request()).status, 200)
})

test('an event that is brought forward counts once', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '3/10m' } })
  const { start, next, request, checkRight } = verifying(gateway)
  const id = await start({ workflow_id: 4 })
  await gateway.clock.advance(60)
  assert.equal((await next(id)).status, 200)
  await checkRight(id)
  await checkRight(await start())
  assert.equal(gist(await request()), '429 quota_exceeded')
})

test('what Vonage refuses to send counts against no cap', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '1/10m', TOLLGATE_DAILY_SENDS: '1' } })
  const { request, runs } = verifying(gateway)
  await gateway.fault('/verify/json', { status: '15' })
  assert.equal(gist(await request()), '422 destination_not_supported')
  assert.equal((await request()).status, 200)
  assert.equal(runs(), 2)
})

test('the cap of a day counts all numbers and begins anew at midnight UTC', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_DAILY_SENDS: '2' } })
  const numbers = ['447700900001', '447700900002', '447700900003'].map((number) => verifying(gateway, number))
  const [one, two, three] = numbers
  assert.equal((await one?.request())?.status, 200)
  assert.equal((await two?.request())?.status, 200)
  const refused = await gateway.rest('POST', '/v1/verifications', { number: '447700900003', brand: 'Acme' })
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['429 quota_exceeded', String(12 * 3600)])
  assert.equal(three?.runs(), 2)
  await gateway.clock.advance(12 * 3600)
  assert.equal((await three?.request())?.status, 200)
})

test('requests at once do not pass a cap together', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_DAILY_SENDS: '3' } })
  const numbers = Array.from({ length: 10 }, (_, index) => `44770090010${index}`)
  const answers = await Promise.all(numbers.map((number) => verifying(gateway, number).request()))
  assert.equal(answers.filter(({ status }) => status === 200).length, 3)
  assert.equal(gateway.calls.length, 3)
})

test('a number gets codes only where its country and its kind allow it', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_COUNTRIES: 'GB,FR' } })
  const refusal = async (number: string, more = {}) => gist(await verifying(gateway, number).request(more))
  assert.equal(await refusal('1 415 555 0101'), '403 country_not_allowed')
  assert.equal(await refusal('882 16 1234 5678'), '403 country_not_allowed', 'a number of no region')
  assert.equal(await refusal('+44 909 879 0000'), '422 number_not_allowed')
  assert.equal(await refusal('0909 879 0000', { country: 'GB' }), '422 number_not_allowed')
  assert.equal(await refusal('+44 800 123 4567'), '422 number_not_allowed')
  assert.equal(await refusal('+44 12'), '422 invalid_request')
  assert.equal(gateway.calls.length, 0)
  assert.equal((await verifying(gateway, '+33 6 12 34 56 78').request()).status, 200)
})

test('a code may live as long as the operator allows, and no longer', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_PIN_EXPIRY_MAX: '900' } })
  const { request } = verifying(gateway)
  const refused = await request({ pin_expiry: 901 })
  assert.equal(gist(refused), '422 invalid_request')
  assert.equal(refused.body.invalid_parameters[0].name, 'pin_expiry')
  assert.equal(gateway.calls.length, 0)
  const { body } = await request({ pin_expiry: 900 })
  assert.equal(Date.parse(body.expires_at), gateway.clock.now() + 900_000)
})

test('a code of more than ten minutes is refused unless a setting allows it', async () => {
  await using gateway = await startGateway()
  assert.equal(gist(await verifying(gateway).request({ pin_expiry: 601 })), '422 invalid_request')
  assert.equal((await verifying(gateway).request({ pin_expiry: 600 })).status, 200)
})

const brands = [
  { brand: '', reason: 'must have 1 to 18 characters' },
  { brand: 'A brand of 19 chars', reason: 'must have 1 to 18 characters' },
  { brand: '   ', reason: 'must be readable text' },
  { brand: 'Ac\nme', reason: 'must be readable text' },
  { brand: 'Ac\u202eme', reason: 'must be readable text' },
  { brand: 'evil.example', reason: 'must not be the address of a web page' },
  { brand: 'http://x', reason: 'must not be the address of a web page' },
  { brand: 'www.acme', reason: 'must not be the address of a web page' },
  { brand: 'bit.ly/x1', reason: 'must not be the address of a web page' },
  { brand: '1.2.3.4/a', reason: 'must not be the address of a web page' },
  { brand: 'evil。com', reason: 'must not be the address of a web page' },
  { brand: 'evil．ｃｏｍ', reason: 'must not be the address of a web page' },
  { brand: 'ｗｗｗ。acme', reason: 'must not be the address of a web page' },
  { brand: 'call 12345', reason: 'must not hold five or more digits in a row' },
  { brand: 'call ١٢٣٤٥', reason: 'must not hold five or more digits in a row' },
  { brand: '①②③④⑤⑥', reason: 'must not hold five or more digits in a row' },
  { brand: '❶❷❸❹❺', reason: 'must not hold five or more digits in a row' },
  { brand: 'call +1-800-555-01', reason: 'must not hold five or more digits in a row' },
  { brand: '(12) 3.4–5', reason: 'must not hold five or more digits in a row' },
]

const names = [
  ...['Acme', 'Acme Inc.', 'Dr. Müller & Co', 'St. Gallen', 'Zürich 1234', 'Zone 51', '24/7 Taxi', 'O2'],
  ...['Studio 1984', '株式会社', 'Café №5', 'Level 42', '7-Eleven', '24/7/365', 'A.B. Smith'],
]

test('a brand is a name: no web address, no number to call, nothing unreadable', async () => {
  await using gateway = await startGateway()
  for (const { brand, reason } of brands) {
    const refused = await verifying(gateway).request({ brand })
    assert.equal(gist(refused), '422 invalid_request', brand)
    assert.deepEqual(refused.body.invalid_parameters[0], { name: 'brand', reason }, brand)
  }
  assert.equal(gateway.calls.length, 0)
  for (const [index, brand] of names.entries()) {
    const { status } = await verifying(gateway, `4477009002${index + 10}`).request({ brand })
    assert.equal(status, 200, brand)
  }
})

test('however the digits of a number are written and set apart, a brand does not hold five of them', () => {
  const digit = fc.constantFrom(...'0123456789', ...'٠١٢٣٤', ...'０１２３４', ...'①②③④⑤', ...'⁰¹²³⁴')
  const apart = fc.constantFrom('', ' ', '-', '.', '(', ')', '–', '\u00a0')
  const dialled = fc.array(fc.tuple(digit, apart), { minLength: 5, maxLength: 9 }).map((parts) => parts.flat().join(''))
  const { brand } = requestVerification.input.shape
  fc.assert(
    fc.property(dialled, (text) => !brand.safeParse(text).success),
    { seed: 1 },
  )
})

test('a sender of nothing but spaces is refused', async () => {
  await using gateway = await startGateway()
  const refused = await verifying(gateway).request({ sender_id: '   ' })
  assert.deepEqual(refused.body.invalid_parameters, [
    { name: 'sender_id', reason: 'must be 1 to 11 letters or digits' },
  ])
  assert.equal((await verifying(gateway).request({ sender_id: 'My Shop' })).status, 200)
})

test('Vonage is asked for one SMS with six digits that lives five minutes, unless settings or the caller say otherwise', async () => {
  await using gateway = await startGateway()
  await verifying(gateway, '447700900001').request()
  const given = { code_length: 4, workflow_id: 4, pin_expiry: 120, next_event_wait: 60, lg: 'fr-fr', sender_id: 'ACME' }
  await verifying(gateway, '447700900002').request(given)
  await using other = await startGateway({
    env: { TOLLGATE_CODE_LENGTH: '4', TOLLGATE_WORKFLOW_ID: '7', TOLLGATE_PIN_EXPIRY: '60' },
  })
  await verifying(other, '447700900003').request()
  assert.deepEqual(
    [...gateway.calls, ...other.calls].map(({ parameters }) => ({ ...parameters })),
    [
      { number: '447700900001', brand: 'Acme', code_length: '6', workflow_id: '6', pin_expiry: '300' },
      {
        number: '447700900002',
        brand: 'Acme',
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)])),
      },
      { number: '447700900003', brand: 'Acme', code_length: '4', workflow_id: '7', pin_expiry: '60' },
    ],
  )
})

test('a wait between messages that would make a code live longer than allowed is refused too', async () => {
  await using gateway = await startGateway()
  const { request, runs } = verifying(gateway)
  for (const workflow_id of [4, 6]) {
    const { status, body } = await request({ workflow_id, next_event_wait: 900 })
    assert.deepEqual([status, body.code, body.invalid_parameters[0].name], [422, 'invalid_request', 'pin_expiry'])
  }
  assert.equal(runs(), 0)
})

test('a number behind a calling code of no country gets none, also where all countries do', async () => {
  await using gateway = await startGateway()
  for (const number of ['+881 6 1234 5678', '+882 16 5432 1098', '+870 773 123 456', '+883 1234 5678 901'])
    assert.equal(gist(await verifying(gateway, number).request()), '422 number_not_allowed', number)
  assert.equal(gateway.calls.length, 0)
})
