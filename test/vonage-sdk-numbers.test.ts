import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Feature, LineType, Numbers, SearchPattern, VoiceCallbackTypeEnum } from '@vonage/numbers'
import { startVonageForSdks, thrown } from './support/vonage-for-sdks.ts'

async function start() {
  const vonage = await startVonageForSdks()
  return { ...vonage, numbers: new Numbers(vonage.credentials, vonage.hosts) }
}

const success = { errorCode: '200', errorCodeLabel: 'success' }
const methodFailed = {
  message: 'Request failed with status code 420',
  body: { 'error-code': '420', 'error-code-label': 'method failed' },
}
const authorization = 'basic'

/** A number for sale, as a name. */
async function offered(numbers: Numbers, country = 'US') {
  const { numbers: [offer] = [] } = await numbers.getAvailableNumbers({ country, size: 1 })
  return { country, msisdn: offer?.msisdn ?? '' }
}

test('@vonage/numbers searches by type, features, pattern and page', async () => {
  await using vonage = await start()
  const { numbers, wire } = vonage
  const narrow = { type: LineType.MOBILE_LVN, features: [Feature.VOICE, Feature.SMS], size: 2, index: 3 }
  const { count, numbers: page = [] } = await numbers.getAvailableNumbers({ country: 'US', pattern: '4152', ...narrow })
  assert.deepEqual([count, page.length], [60, 2])
  for (const { msisdn, ...rest } of page) {
    assert.match(String(msisdn), /^14152\d{6}$/)
    const price = { cost: '0.90', initialPrice: '0.90' }
    assert.deepEqual(rest, { country: 'US', type: 'mobile-lvn', features: ['VOICE', 'SMS', 'MMS'], ...price })
  }
  assert.deepEqual(wire(), {
    method: 'GET',
    path: '/number/search',
    parameters: {
      country: 'US',
      type: 'mobile-lvn',
      size: '2',
      index: '3',
      search_pattern: '1',
      pattern: '4152',
      features: 'SMS,VOICE',
    },
    authorization,
  })
  assert.deepEqual(await numbers.getAvailableNumbers({ country: 'US', index: 1000 }), {})
})

test('@vonage/numbers buys a number once, and finds it among the owned until it is cancelled', async () => {
  await using vonage = await start()
  const { numbers, wire } = vonage
  const name = await offered(numbers)
  assert.deepEqual(await numbers.getOwnedNumbers(), {})
  assert.deepEqual(await numbers.buyNumber(name), success)
  assert.deepEqual(wire(), { method: 'POST', path: '/number/buy', parameters: name, authorization })
  assert.deepEqual(await thrown(numbers.buyNumber(name)), methodFailed)
  const filter = { country: 'US', pattern: name.msisdn, searchPattern: SearchPattern.START_WITH }
  assert.deepEqual(await numbers.getOwnedNumbers({ ...filter, hasApplication: false, size: 1, index: 1 }), {
    count: 1,
    numbers: [{ ...name, type: 'mobile-lvn', features: ['VOICE', 'SMS', 'MMS'] }],
  })
  const parameters = { country: 'US', pattern: name.msisdn, search_pattern: '0', has_application: 'false' }
  assert.deepEqual(wire(), {
    method: 'GET',
    path: '/account/numbers',
    parameters: { ...parameters, size: '1', index: '1' },
    authorization,
  })
  assert.deepEqual(await numbers.cancelNumber(name), success)
  assert.deepEqual(wire(), { method: 'POST', path: '/number/cancel', parameters: name, authorization })
  assert.deepEqual(await thrown(numbers.cancelNumber(name)), methodFailed)
})

test('@vonage/numbers updates where calls and messages of a number go', async () => {
  await using vonage = await start()
  const { numbers, wire } = vonage
  const name = await offered(numbers)
  await numbers.buyNumber(name)
  const applicationId = '29f769f7-7ce1-46c9-ade3-f2dedee4ffff'
  const moHttpUrl = 'https://example.com/sms'
  const voice = { voiceCallbackType: VoiceCallbackTypeEnum.Tel, voiceCallbackValue: '447700900123' }
  assert.deepEqual(await numbers.updateNumber({ ...name, applicationId, moHttpUrl, ...voice }), success)
  const routing = { moHttpUrl, ...voice, app_id: applicationId }
  assert.deepEqual(wire(), {
    method: 'POST',
    path: '/number/update',
    parameters: { ...name, ...routing },
    authorization,
  })
  const { numbers: [owned] = [] } = await numbers.getOwnedNumbers({ applicationId })
  assert.deepEqual(owned, { ...name, ...routing, type: 'mobile-lvn', features: ['VOICE', 'SMS', 'MMS'] })
  assert.deepEqual(await thrown(numbers.updateNumber({ country: 'US', msisdn: '12025550100' })), methodFailed)
})

test('@vonage/numbers buys and cancels for a subaccount', async () => {
  await using vonage = await start()
  const { numbers, wire } = vonage
  const name = { ...(await offered(numbers)), targetApiKey: 'sub1' }
  assert.deepEqual(await numbers.buyNumber(name), success)
  assert.deepEqual(wire().parameters, { country: 'US', msisdn: name.msisdn, target_api_key: 'sub1' })
  assert.deepEqual(await numbers.getOwnedNumbers({}), {})
  assert.deepEqual(await numbers.cancelNumber(name), success)
})

test('@vonage/numbers throws a refusal of its credentials', async () => {
  await using vonage = await start()
  const stranger = new Numbers({ ...vonage.credentials, apiSecret: 'wrong' }, vonage.hosts)
  const body = { 'error-code': '401', 'error-code-label': 'authentication failed' }
  for (const call of [stranger.getOwnedNumbers(), stranger.buyNumber({ country: 'US', msisdn: '1' })])
    assert.deepEqual(await thrown(call), { message: 'Request failed with status code 401', body })
})
