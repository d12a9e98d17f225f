import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { startSimulator } from './simulator-under-test.ts'

type Vonage = Awaited<ReturnType<typeof startSimulator>>

const listed = z.object({
  count: z.number(),
  numbers: z.array(z.looseObject({ country: z.string(), msisdn: z.string(), features: z.array(z.string()) })),
})
const success = { 'error-code': '200', 'error-code-label': 'success' }
const methodFailed = { 'error-code': '420', 'error-code-label': 'method failed' }
const applicationId = '29f769f7-7ce1-46c9-ade3-f2dedee4ffff'

/** The members of an owned number that no update changes. */
const unrouted = new Set(['country', 'msisdn', 'type', 'features'])

async function list(vonage: Vonage, path: string) {
  return listed.parse((await vonage.get(path)).body)
}

async function buyOne(vonage: Vonage, country = 'US') {
  const { numbers } = await list(vonage, `/number/search?country=${country}&size=1`)
  const msisdn = numbers[0]?.msisdn ?? ''
  assert.deepEqual((await vonage.post('/number/buy', { country, msisdn })).body, success)
  return { country, msisdn }
}

test('the stock has more than 20 countries and the same numbers for the same seed', async () => {
  await using one = await startSimulator()
  await using same = await startSimulator()
  await using other = await startSimulator({ seed: 'other' })
  const path = '/number/search?country=GB&size=100'
  assert.deepEqual(await list(one, path), await list(same, path))
  assert.notDeepEqual(await list(one, path), await list(other, path))
  const countries = 'GB US CA SE DE FR ES IT NL BE CH AT IE DK NO FI PL CZ PT EE AU HK SG JP IL ZA BR'.split(' ')
  for (const country of countries) {
    const { numbers } = await list(one, `/number/search?country=${country}&size=100`)
    for (const { msisdn } of numbers) assert.match(msisdn, /^[1-9]\d{9,13}$/)
  }
})

test('an offered number has its prices as text, and the answer has the charset that Vonage writes', async () => {
  await using vonage = await startSimulator()
  const { body, headers } = await vonage.get('/number/search?country=GB&type=landline&size=1')
  assert.equal(headers.get('content-type'), 'application/json;charset=UTF-8')
  assert.deepEqual(
    { ...body, numbers: [body.numbers].flat().map((number) => ({ ...Object(number), msisdn: '' })) },
    {
      count: 48,
      numbers: [
        { country: 'GB', msisdn: '', type: 'landline', features: ['VOICE'], cost: '1.00', initialPrice: '1.25' },
      ],
    },
  )
})

test('a search is narrowed by type, features and pattern', async () => {
  await using vonage = await startSimulator()
  const all = await list(vonage, '/number/search?country=us&size=100&index=1')
  assert.equal(all.count, 132)
  const sms = await list(vonage, '/number/search?country=US&features=SMS,VOICE&size=100')
  assert.equal(sms.count, 96)
  const mms = await list(vonage, '/number/search?country=US&features=SMS,MMS,VOICE')
  assert.equal(mms.count, 60)
  const msisdn = mms.numbers[3]?.msisdn ?? ''
  for (const [searchPattern, pattern] of [msisdn.slice(0, 10), msisdn.slice(2), msisdn.slice(5)].entries()) {
    const path = `/number/search?country=US&pattern=${pattern}&search_pattern=${searchPattern}`
    assert.ok(
      (await list(vonage, path)).numbers.some((number) => number.msisdn === msisdn),
      path,
    )
  }
  const startsWithItsEnd = await vonage.get(`/number/search?country=US&pattern=${msisdn.slice(5)}`)
  assert.deepEqual(startsWithItsEnd.body, {})
})

test('pages have ten numbers unless told, count the whole and end in an empty object', async () => {
  await using vonage = await startSimulator()
  const path = '/number/search?country=GB&type=landline'
  const first = await list(vonage, path)
  assert.deepEqual([first.count, first.numbers.length], [48, 10])
  const last = await list(vonage, `${path}&index=5`)
  assert.deepEqual([last.count, last.numbers.length], [48, 8])
  assert.deepEqual((await vonage.get(`${path}&index=6`)).body, {})
  assert.deepEqual((await vonage.get('/account/numbers')).body, {})
})

for (const query of [
  'size=101',
  'size=0',
  'index=0',
  'size=x',
  'search_pattern=3',
  'type=mobile',
  'features=VOICE,SMS',
]) {
  test(`a search with ${query} fails`, async () => {
    await using vonage = await startSimulator()
    const { status, body } = await vonage.get(`/number/search?country=US&${query}`)
    assert.equal(status, 420)
    assert.deepEqual(body, methodFailed)
  })
}

test('a bought number leaves the stock, and a cancelled one comes back', async () => {
  await using vonage = await startSimulator()
  const name = await buyOne(vonage)
  const offer = `/number/search?country=US&pattern=${name.msisdn}`
  assert.deepEqual((await vonage.get(offer)).body, {})
  assert.deepEqual(
    (await vonage.get(`/account/numbers?country=US&pattern=${name.msisdn}&search_pattern=0&size=1`)).body,
    {
      count: 1,
      numbers: [{ ...name, type: 'mobile-lvn', features: ['VOICE', 'SMS', 'MMS'] }],
    },
  )
  const again = await vonage.post('/number/buy', name)
  assert.deepEqual([again.status, again.body], [420, methodFailed])
  assert.deepEqual((await vonage.post('/number/cancel', name)).body, success)
  assert.deepEqual((await vonage.post('/number/cancel', name)).body, methodFailed)
  assert.equal((await list(vonage, offer)).count, 1)
})

test('what a number cannot do is told where it is offered and where it is owned', async () => {
  await using vonage = await startSimulator()
  const { msisdn } = await buyOne(vonage, 'IT')
  const [offered] = (await list(vonage, '/number/search?country=IT&type=mobile-lvn')).numbers
  const [owned] = (await list(vonage, '/account/numbers')).numbers
  const limitations = [{ feature: 'SMS', type: 'OUTBOUND', reach: 'DOMESTIC' }]
  assert.deepEqual(offered?.limitations, limitations)
  assert.deepEqual(owned, { country: 'IT', msisdn, type: 'mobile-lvn', features: ['SMS'], limitations })
})

test('a subaccount owns what was bought for it', async () => {
  await using vonage = await startSimulator()
  const { numbers } = await list(vonage, '/number/search?country=US&size=1')
  const name = { country: 'US', msisdn: numbers[0]?.msisdn ?? '' }
  assert.deepEqual((await vonage.post('/number/buy', { ...name, target_api_key: 'sub1' })).body, success)
  assert.deepEqual((await vonage.get('/account/numbers')).body, {})
  assert.deepEqual((await vonage.post('/number/cancel', name)).body, methodFailed)
  assert.deepEqual((await vonage.post('/number/cancel', { ...name, target_api_key: 'sub1' })).body, success)
})

test('a number of another country, an unknown one and an address-bound one cannot be bought', async () => {
  await using vonage = await startSimulator()
  const { numbers } = await list(vonage, '/number/search?country=DE&size=1')
  const msisdn = numbers[0]?.msisdn ?? ''
  assert.deepEqual((await vonage.post('/number/buy', { country: 'US', msisdn })).body, methodFailed)
  assert.deepEqual((await vonage.post('/number/buy', { country: 'US', msisdn: '12025550100' })).body, methodFailed)
  const bound = await vonage.post('/number/buy', { country: 'DE', msisdn })
  assert.equal(bound.status, 420)
  assert.match(
    String(bound.body['error-code-label']),
    /^Numbers from this country can be requested from the Dashboard /,
  )
})

test('a change is read from a form: JSON and a missing country are refused, and so is the query', async () => {
  await using vonage = await startSimulator()
  const required = { country: 'Is required.' }
  const authorization = `Basic ${Buffer.from('5a4db0c5:sandboxSecret1').toString('base64')}`
  const asJson = await vonage.send('/number/buy', {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ country: 'US', msisdn: '12025550100' }),
  })
  assert.deepEqual([asJson.status, asJson.body], [400, required])
  assert.deepEqual((await vonage.post('/number/update', { msisdn: '1' })).body, required)
  assert.deepEqual((await vonage.get('/number/search')).body, required)
  assert.deepEqual((await vonage.post('/number/buy?country=US&msisdn=12025550100', {})).body, methodFailed)
})

test('an update names what changes, but voice members alone remove the link for messages', async () => {
  await using vonage = await startSimulator()
  const name = await buyOne(vonage)
  const update = async (routing: Record<string, string>) => {
    assert.deepEqual((await vonage.post('/number/update', { ...name, ...routing })).body, success)
    const [owned] = (await list(vonage, '/account/numbers')).numbers
    return Object.fromEntries(Object.entries(owned ?? {}).filter(([member]) => !unrouted.has(member)))
  }
  const link = { moHttpUrl: 'https://example.com/sms' }
  const voice = { voiceCallbackType: 'tel', voiceCallbackValue: '447700900123' }
  assert.deepEqual(await update({ ...link, ...voice }), { ...link, ...voice })
  assert.deepEqual(await update({ moHttpUrl: 'https://example.com/2' }), {
    moHttpUrl: 'https://example.com/2',
    ...voice,
  })
  assert.deepEqual(await update({ app_id: applicationId }), {
    moHttpUrl: 'https://example.com/2',
    ...voice,
    app_id: applicationId,
  })
  assert.deepEqual(await update(voice), { ...voice, app_id: applicationId })
  assert.deepEqual(await update({ ...link, app_id: '' }), { ...link, ...voice })
})

test('the members of a number have the order that Vonage gives them, whatever was set first', async () => {
  await using vonage = await startSimulator()
  const membersOf = async (path: string) => {
    const [number] = [(await vonage.get(path)).body.numbers].flat()
    return Object.keys(Object(number))
  }
  const offered = ['country', 'msisdn', 'cost', 'type', 'features', 'initialPrice']
  assert.deepEqual(await membersOf('/number/search?country=US'), offered)
  const name = await buyOne(vonage)
  await vonage.post('/number/update', { ...name, app_id: applicationId })
  const voice = { voiceCallbackValue: applicationId, voiceCallbackType: 'app' }
  await vonage.post('/number/update', { ...name, ...voice, moHttpUrl: 'https://example.com/sms' })
  const routing = ['voiceCallbackType', 'voiceCallbackValue', 'app_id']
  const owned = ['country', 'msisdn', 'moHttpUrl', 'type', 'features', ...routing]
  assert.deepEqual(await membersOf('/account/numbers'), owned)
})

test('an update of a number that is not owned, and one with half a voice link, fail', async () => {
  await using vonage = await startSimulator()
  const name = await buyOne(vonage)
  assert.deepEqual((await vonage.post('/number/update', { country: 'US', msisdn: '1' })).body, methodFailed)
  assert.deepEqual((await vonage.post('/number/update', { ...name, voiceCallbackType: 'tel' })).body, methodFailed)
  assert.deepEqual((await vonage.post('/number/update', { ...name, app_id: 'x' })).body, methodFailed)
})

test('owned numbers are narrowed by application and country, but not by type and features', async () => {
  await using vonage = await startSimulator()
  const linked = await buyOne(vonage)
  const plain = await buyOne(vonage, 'GB')
  await vonage.post('/number/update', { ...linked, app_id: applicationId })
  const msisdns = async (query: string) =>
    (await list(vonage, `/account/numbers?${query}`)).numbers.map((n) => n.msisdn)
  assert.deepEqual(await msisdns(''), [linked.msisdn, plain.msisdn])
  assert.deepEqual(await msisdns('has_application=true'), [linked.msisdn])
  assert.deepEqual(await msisdns('has_application=false'), [plain.msisdn])
  assert.deepEqual(await msisdns(`application_id=${applicationId}`), [linked.msisdn])
  assert.deepEqual(await msisdns('country=GB'), [plain.msisdn])
  assert.deepEqual(await msisdns('type=landline&features=MMS'), [linked.msisdn, plain.msisdn])
})
