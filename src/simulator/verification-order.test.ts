import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someNumber, startSimulator } from './simulator-under-test.ts'

const invalid = (name: string) => `Invalid value for param: ${name}`
const refusals: { given: Record<string, string>; status: string; text: string }[] = [
  ...['12', '12345678901234567', '4477009', 'abc', '07700900123', '+44 7700 90012x'].map((number) => ({
    given: { number },
    status: '3',
    text: invalid('number'),
  })),
  { given: { brand: 'x'.repeat(19) }, status: '3', text: `${invalid('brand')}. Parameter is too long.` },
  { given: { brand: 'a\nb' }, status: '3', text: invalid('brand') },
  { given: { sender_id: 'x'.repeat(12) }, status: '3', text: `${invalid('sender_id')}. Parameter is too long.` },
  ...['0', '-1', '3', '5', '999999'].map((code_length) => ({
    given: { code_length },
    status: '3',
    text: 'Invalid value for param: code_length. The allowed values are 4 and 6.',
  })),
  ...['4.0', '8/2', '=4'].map((code_length) => ({ given: { code_length }, status: '3', text: invalid('code_length') })),
  ...['en_us', 'rururu'].map((lg) => ({ given: { lg }, status: '3', text: invalid('lg') })),
  ...['R', 'RUS'].map((country) => ({ given: { country }, status: '3', text: invalid('country') })),
  ...['0', '8', 'x'].map((workflow_id) => ({ given: { workflow_id }, status: '3', text: invalid('workflow_id') })),
  ...['59', '3601'].map((pin_expiry) => ({ given: { pin_expiry }, status: '3', text: invalid('pin_expiry') })),
  ...['59', '901'].map((next_event_wait) => ({
    given: { next_event_wait },
    status: '3',
    text: invalid('next_event_wait'),
  })),
  { given: { pin_code: 'AKFG-3424' }, status: '20', text: 'This account does not support the parameter: pin_code.' },
]

for (const { given, status, text } of refusals) {
  test(`a request with ${JSON.stringify(given)} is refused with ${status}`, async () => {
    await using vonage = await startSimulator()
    assert.deepEqual(await vonage.verify(given), { status, error_text: text })
    assert.deepEqual(vonage.simulator.messages(), [])
  })
}

const accepted: Record<string, string>[] = [
  { brand: ':):):)' },
  { sender_id: 'Привет' },
  { code_length: '00004' },
  { code_length: '06' },
  { lg: 'fil-ph' },
  { country: 'GB' },
  { pin_expiry: '60', next_event_wait: '900' },
  { pin_expiry: '3600', next_event_wait: '60' },
]

for (const given of accepted) {
  test(`a request with ${JSON.stringify(given)} is accepted`, async () => {
    await using vonage = await startSimulator()
    assert.equal((await vonage.verify(given)).status, '0')
  })
}

const withCountry = [
  { number: '07700 900123', country: 'GB' },
  { number: '07700900123', country: 'gb' },
  { number: someNumber, country: 'GB' },
  { number: `+${someNumber}`, country: 'US' },
  { number: `00${someNumber}`, country: 'US' },
]

for (const given of withCountry) {
  test(`with the country ${given.country}, ${given.number} is the number in E.164`, async () => {
    await using vonage = await startSimulator()
    const id = await vonage.start(given)
    assert.equal((await vonage.search(id)).number, someNumber)
  })
}

test('a national number of another country is refused', async () => {
  await using vonage = await startSimulator()
  const refused = await vonage.verify({ number: '07700 900123', country: 'DK' })
  assert.deepEqual(refused, { status: '3', error_text: invalid('number') })
})

test('a missing number is named, then a missing brand', async () => {
  await using vonage = await startSimulator()
  const missing = 'Your request is incomplete and missing the mandatory parameter:'
  const nothing = await vonage.post('/verify/json', {})
  assert.deepEqual(nothing.body, { status: '2', error_text: `${missing} number` })
  const noBrand = await vonage.post('/verify/json', { number: someNumber })
  assert.deepEqual(noBrand.body, { status: '2', error_text: `${missing} brand` })
})

test('codes have as many digits as were asked for', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  assert.match(vonage.lastCode(), /^\d{4}$/)
  await vonage.start({ number: '447700900124', code_length: '6' })
  assert.match(vonage.lastCode('447700900124'), /^\d{6}$/)
})
