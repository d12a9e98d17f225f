import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someNumber, startSimulator, wrongFor } from './simulator-under-test.ts'

const timetables = [
  { workflow: '1', channels: ['sms', 'tts', 'tts'], seconds: [0, 125, 305], end: 605 },
  { workflow: '2', channels: ['sms', 'sms', 'tts'], seconds: [0, 125, 305], end: 605 },
  { workflow: '3', channels: ['tts', 'tts'], seconds: [0, 150], end: 300 },
  { workflow: '4', channels: ['sms', 'sms'], seconds: [0, 120], end: 300 },
  { workflow: '5', channels: ['sms', 'tts'], seconds: [0, 120], end: 300 },
  { workflow: '6', channels: ['sms'], seconds: [0], end: 300 },
  { workflow: '7', channels: ['tts'], seconds: [0], end: 300 },
]

for (const { workflow, channels, seconds, end } of timetables) {
  test(`workflow ${workflow} sends at ${seconds.join(', ')} s and expires at ${end} s`, async () => {
    await using vonage = await startSimulator()
    const beginMs = vonage.clock.now()
    const id = await vonage.start({ workflow_id: workflow })
    await vonage.clock.advance(end - 1)
    assert.equal((await vonage.search(id)).status, 'IN PROGRESS')
    await vonage.clock.advance(1)
    assert.equal((await vonage.search(id)).status, 'EXPIRED')
    const messages = vonage.simulator.messages(someNumber)
    assert.deepEqual(
      messages.map(({ channel }) => channel),
      channels,
    )
    assert.deepEqual(
      messages.map(({ sent_at }) => (Date.parse(sent_at) - beginMs) / 1000),
      seconds,
    )
  })
}

const pinLives = [
  { pin_expiry: '300', next_event_wait: undefined, pins: 'aab' },
  { pin_expiry: '360', next_event_wait: '120', pins: 'aaa' },
  { pin_expiry: '240', next_event_wait: '120', pins: 'aab' },
  { pin_expiry: '120', next_event_wait: '120', pins: 'abc' },
  { pin_expiry: '90', next_event_wait: '120', pins: 'abc' },
  { pin_expiry: '200', next_event_wait: '120', pins: 'abc' },
]

for (const { pin_expiry, next_event_wait, pins } of pinLives) {
  test(`a PIN of ${pin_expiry} s with events every ${next_event_wait ?? 'default'} s makes the PINs ${pins}`, async () => {
    await using vonage = await startSimulator()
    await vonage.start({ code_length: '6', pin_expiry, ...(next_event_wait ? { next_event_wait } : {}) })
    await vonage.clock.advance(900)
    const codes = vonage.simulator.messages().map(({ code }) => code)
    const names = new Map([...new Set(codes)].map((code, index) => [code, 'abc'[index]]))
    assert.equal(codes.map((code) => names.get(code)).join(''), pins)
  })
}

test('a workflow of one event lasts as long as its PIN', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start({ workflow_id: '6', pin_expiry: '60' })
  await vonage.clock.advance(59)
  assert.equal((await vonage.search(id)).status, 'IN PROGRESS')
  await vonage.clock.advance(1)
  assert.equal((await vonage.search(id)).status, 'EXPIRED')
})

test('the right code ends the verification, and it can be used once', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '0')
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '6')
  assert.equal((await vonage.search(id)).status, 'SUCCESS')
})

test('a third wrong code ends the verification', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  const wrong = wrongFor(vonage.lastCode())
  const statuses = [await vonage.check(id, wrong), await vonage.check(id, '00000'), await vonage.check(id, wrong)]
  assert.deepEqual(
    statuses.map(({ status }) => status),
    ['16', '16', '17'],
  )
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '6')
  assert.equal((await vonage.search(id)).status, 'FAILED')
})

test('an empty code and one with other characters than letters and digits are no attempts', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  for (const code of ['1-34', '????', '%s', '!!%%']) assert.equal((await vonage.check(id, code)).status, '3')
  assert.equal((await vonage.check(id, '')).status, '2')
  assert.equal((await vonage.check(id, wrongFor(vonage.lastCode()))).status, '16')
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '0')
})

test('a new PIN brings three new attempts', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.check(id, 'nope')
  await vonage.check(id, 'nope')
  await vonage.clock.advance(305)
  const statuses = [await vonage.check(id, 'nope'), await vonage.check(id, 'nope'), await vonage.check(id, 'nope')]
  assert.deepEqual(
    statuses.map(({ status }) => status),
    ['16', '16', '17'],
  )
})

test('a PIN that has expired is a wrong code until the next event', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start({ pin_expiry: '60' })
  await vonage.clock.advance(60)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '16')
  await vonage.clock.advance(65)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '0')
})

test('a number with a running verification gets no other, however it is written', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  for (const number of ['+447700900123', '0044 7700 900123', '(44) 7700-900123']) {
    const second = await vonage.verify({ number, brand: 'Other', workflow_id: '7' })
    assert.deepEqual({ ...second, error_text: '' }, { request_id: id, status: '10', error_text: '' })
  }
  assert.equal(vonage.simulator.messages().length, 1)
})

test('a number whose verification has ended gets another', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.check(id, vonage.lastCode())
  const other = await vonage.verify()
  assert.equal(other.status, '0')
  assert.notEqual(other.request_id, id)
})

test('cancelling works from 30 s on and before the second event', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.clock.advance(29)
  assert.deepEqual(await vonage.control(id, 'cancel'), {
    status: '19',
    error_text: `Verification request ['${id}'] can't be cancelled within the first 30 seconds.`,
  })
  await vonage.clock.advance(1)
  assert.deepEqual(await vonage.control(id, 'cancel'), { status: '0', command: 'cancel' })
  assert.equal((await vonage.control(id, 'cancel')).status, '6')
  assert.equal((await vonage.search(id)).status, 'CANCELLED')
  await vonage.clock.advance(900)
  assert.equal(vonage.simulator.messages().length, 1)
})

test('after the second event it is too late to cancel', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.clock.advance(125)
  assert.deepEqual(await vonage.control(id, 'cancel'), {
    status: '19',
    error_text: `Verification request  ['${id}'] can't be cancelled now. Too many attempts to re-deliver have already been made.`,
  })
})

test('a triggered event comes now and the later waits count from it', async () => {
  await using vonage = await startSimulator()
  const beginMs = vonage.clock.now()
  const id = await vonage.start()
  await vonage.clock.advance(10)
  assert.deepEqual(await vonage.control(id, 'trigger_next_event'), { status: '0', command: 'trigger_next_event' })
  await vonage.clock.advance(1000)
  const seconds = vonage.simulator.messages().map(({ sent_at }) => (Date.parse(sent_at) - beginMs) / 1000)
  assert.deepEqual(seconds, [0, 10, 190])
  assert.equal((await vonage.search(id)).date_finalized, '2026-01-01 12:08:10')
})

test('without an event left, triggering is refused and the code stays good', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start()
  await vonage.control(id, 'trigger_next_event')
  await vonage.control(id, 'trigger_next_event')
  assert.deepEqual(await vonage.control(id, 'trigger_next_event'), {
    status: '19',
    error_text: `No more events are left to execute for the request ['${id}']`,
  })
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '0')
})
