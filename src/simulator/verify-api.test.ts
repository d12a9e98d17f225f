import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, someNumber, startSimulator, wrongFor } from './simulator-under-test.ts'

const notProcessed = 'The Vonage platform was unable to process this message for the following reason:'

test('a request is answered with 32 hex digits, and a right code with price and event', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  assert.match(id, /^[\da-f]{32}$/)
  const { event_id, ...answer } = await vonage.check(id, vonage.lastCode())
  assert.match(String(event_id), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  assert.deepEqual(answer, {
    request_id: id,
    status: '0',
    price: '0.10000000',
    currency: 'EUR',
    estimated_price_messages_sent: '0.03330000',
  })
})

test('a running verification is found with its events and without an end', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  const { events, ...report } = await vonage.search(id)
  assert.deepEqual(report, {
    request_id: id,
    account_id: account.apiKey,
    number: someNumber,
    sender_id: 'verify',
    date_submitted: '2026-01-01 12:00:00',
    date_finalized: '',
    checks: [],
    first_event_date: '2026-01-01 12:00:00',
    last_event_date: '2026-01-01 12:00:00',
    price: '0',
    currency: 'EUR',
    status: 'IN PROGRESS',
    estimated_price_messages_sent: '0.03330000',
  })
  assert.ok(Array.isArray(events) && events.length === 1 && events[0].type === 'sms')
})

test('a search shows each check with its code', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start({ sender_id: 'BANK' })
  const code = vonage.lastCode()
  await vonage.check(id, wrongFor(code))
  await vonage.clock.advance(5)
  await vonage.check(id, code)
  const report = await vonage.search(id)
  assert.equal(report.sender_id, 'BANK')
  assert.equal(report.date_finalized, '2026-01-01 12:00:05')
  assert.deepEqual(report.checks, [
    { date_received: '2026-01-01 12:00:00', code: wrongFor(code), status: 'INVALID', ip_address: '' },
    { date_received: '2026-01-01 12:00:05', code, status: 'VALID', ip_address: '' },
  ])
})

test('several are searched by request_ids, up to ten, and request_id wins over them', async () => {
  await using vonage = await startSimulator()
  const first = await vonage.start()
  const second = await vonage.start({ number: '447700900124' })
  const found = await vonage.get(`/verify/search/json?request_ids=${first}&request_ids=${second}`)
  const { verification_requests: reports } = found.body
  assert.ok(Array.isArray(reports))
  assert.deepEqual(
    reports.map(({ request_id }) => request_id),
    [first, second],
  )
  const one = await vonage.get(`/verify/search/json?request_ids=${first}&request_id=${second}&request_id=${first}`)
  assert.equal(one.body.request_id, second)
  const listOfOne = await vonage.get(`/verify/search/json?request_ids=${first}`)
  assert.ok(Array.isArray(listOfOne.body.verification_requests))
  const many = await vonage.get(`/verify/search/json?${'request_ids=x&'.repeat(11)}`)
  assert.deepEqual(many.body, { status: '18', error_text: 'Too many request_ids provided' })
})

test('searching for nothing and for what is not there have statuses of their own', async () => {
  await using vonage = await startSimulator()
  assert.deepEqual((await vonage.get('/verify/search/json')).body, {
    request_id: '',
    status: '6',
    error_text: `${notProcessed} Wrong parameters.`,
  })
  assert.deepEqual(await vonage.search('unknown'), { status: '101', error_text: 'No response found' })
})

test('an id that is too long for one is invalid in every call that takes one', async () => {
  await using vonage = await startSimulator()
  const long = 'x'.repeat(33)
  const invalid = { status: '3', error_text: 'Invalid value for param: request_id' }
  assert.deepEqual(await vonage.check(long, '1'), invalid)
  assert.deepEqual(await vonage.search(long), invalid)
  assert.deepEqual((await vonage.get(`/verify/search/json?request_ids=x&request_ids=${long}`)).body, invalid)
  assert.deepEqual(await vonage.control(long, 'cancel'), invalid)
})

test('checks are refused as the real ones are', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  const missing = 'Your request is incomplete and missing the mandatory parameter:'
  assert.deepEqual(await vonage.check('', '1'), { status: '2', error_text: `${missing} request_id` })
  assert.deepEqual(await vonage.check(id, ''), { status: '2', error_text: `${missing} code` })
  assert.deepEqual(await vonage.check(id, '1-34'), { status: '3', error_text: 'The code contains invalid characters' })
  assert.deepEqual(await vonage.check('unknown', '1234'), {
    status: '6',
    error_text: `${notProcessed} Request 'unknown' was not found or it has been verified already.`,
  })
  assert.deepEqual(await vonage.check(id, 'wrong'), {
    request_id: id,
    status: '16',
    error_text: 'The code provided does not match the expected value',
  })
  await vonage.check(id, 'wrong')
  assert.deepEqual(await vonage.check(id, 'wrong'), {
    status: '17',
    error_text: 'A wrong code was provided too many times. Workflow terminated',
  })
})

test('controls are refused as the real ones are', async () => {
  await using vonage = await startSimulator()
  const missing = 'Your request is incomplete and missing the mandatory parameter:'
  assert.deepEqual(await vonage.control('', 'cancel'), { status: '2', error_text: `${missing} request_id` })
  assert.deepEqual(await vonage.control('x', ''), { status: '2', error_text: `${missing} cmd` })
  assert.deepEqual(await vonage.control('x', 'stop'), { status: '3', error_text: 'Invalid parameter found: cmd' })
  assert.deepEqual(await vonage.control('x', 'cancel'), {
    status: '6',
    error_text: "The requestId 'x' does not exist or its no longer active.",
  })
})

test('what is not simulated says so', async () => {
  await using vonage = await startSimulator()
  for (const path of ['/verify/xml', '/verify/psd2/json']) {
    const { status, body } = await vonage.post(path, {})
    assert.equal(status, 501)
    assert.deepEqual(body, { error: `${path} is not simulated` })
  }
})
