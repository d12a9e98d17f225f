import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { gist } from './support/verifying.ts'

const app = '2b1d8f3e-1b2c-4d5e-8f90-a1b2c3d4e5f6'

/** A number that is for sale. */
async function someOffer(gateway: TestGateway, country = 'GB'): Promise<{ country: string; msisdn: string }> {
  const { body } = await gateway.rest('GET', `/v1/numbers/available?country=${country}&size=1`)
  return { country, msisdn: body.numbers[0].msisdn }
}

const buy = (gateway: TestGateway, key: object) => gateway.rest('POST', '/v1/numbers', key)
const pathOf = ({ country, msisdn }: { country: string; msisdn: string }) => `/v1/numbers/${country}/${msisdn}`

/** Orders that Vonage carried out: those that cost money, or a number. */
function done({ calls }: TestGateway, path: string): number {
  return calls.filter((call) => call.path === path && JSON.stringify(call.answer)?.includes('"200"')).length
}

test('a number is found, bought and owned; buying it again is refused and costs nothing', async () => {
  await using gateway = await startGateway()
  assert.deepEqual((await gateway.rest('GET', '/v1/numbers')).body, { count: 0, numbers: [] })
  const found = await gateway.rest('GET', '/v1/numbers/available?country=GB&features=SMS,VOICE&size=2')
  assert.equal(found.status, 200)
  assert.equal(found.body.numbers.length, 2)
  assert.ok(found.body.count > 2)
  const [offer] = found.body.numbers
  const key = { country: 'GB', msisdn: offer.msisdn }

  const bought = await buy(gateway, key)
  assert.equal(bought.status, 200)
  assert.deepEqual([bought.body['error-code'], bought.body.country, bought.body.msisdn], ['200', 'GB', offer.msisdn])
  const owned = await gateway.rest('GET', '/v1/numbers')
  assert.equal(owned.body.count, 1)
  assert.equal(owned.body.numbers[0].msisdn, offer.msisdn)

  assert.equal(gist(await buy(gateway, key)), '409 number_unavailable')
  assert.equal(done(gateway, '/number/buy'), 1)
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 1)
})

test('a number that nobody sells and one that needs an address are refused with the reason', async () => {
  await using gateway = await startGateway()
  assert.equal(gist(await buy(gateway, { country: 'GB', msisdn: '447700900001' })), '409 number_unavailable')
  assert.equal(gist(await buy(gateway, await someOffer(gateway, 'DE'))), '422 address_required')
  assert.equal(done(gateway, '/number/buy'), 0)
})

test('of two who buy one number at once, one gets it', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  const answers = await Promise.all([buy(gateway, offer), buy(gateway, offer), buy(gateway, offer)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
  assert.equal(done(gateway, '/number/buy'), 1)
})

test('a purchase of unknown outcome succeeds when it is repeated, and is made once', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await loseAnswer(gateway.addresses.simulator, '/number/buy')
  await gateway.fault('/account/numbers', { connection: 'cut' }, { times: 2 })
  assert.equal(gist(await buy(gateway, offer)), '504 upstream_unreachable')
  await gateway.fault('/number/buy', { http: 429 })
  assert.equal(gist(await buy(gateway, offer)), '429 upstream_throttled')
  const repeated = await buy(gateway, offer)
  assert.deepEqual([repeated.status, repeated.body['error-code'], repeated.body.msisdn], [200, '200', offer.msisdn])
  assert.equal(gist(await buy(gateway, offer)), '409 number_unavailable')
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 1)
})

test('a purchase that never arrived is made when it is repeated', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await gateway.fault('/number/buy', { connection: 'cut' })
  assert.equal(gist(await buy(gateway, offer)), '504 upstream_unreachable')
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 0)
  assert.equal((await buy(gateway, offer)).status, 200)
  assert.equal(done(gateway, '/number/buy'), 1)
})

test('a purchase without an answer is no success when the number is sold to somebody else', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await gateway.fault('/number/buy', { connection: 'cut' })
  assert.equal(gist(await buy(gateway, offer)), '504 upstream_unreachable')
  await gateway.fault('/number/buy', { http: 420 })
  assert.equal(gist(await buy(gateway, offer)), '409 number_unavailable')
})

test('changing one setting of a number keeps the others, and an empty one is cleared', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await buy(gateway, offer)
  const update = (changes: object) => gateway.rest('PATCH', pathOf(offer), changes)
  const owned = async () => (await gateway.rest('GET', '/v1/numbers')).body.numbers[0]
  assert.equal((await update({ moHttpUrl: 'https://acme.example/in', app_id: app })).status, 200)
  const voice = { voiceCallbackType: 'tel', voiceCallbackValue: '447700900009' }
  assert.equal((await update(voice)).status, 200)
  const settings = { moHttpUrl: 'https://acme.example/in', app_id: app, ...voice }
  assert.deepEqual(await owned(), { ...(await owned()), ...settings })

  assert.equal((await update({ moHttpUrl: '' })).status, 200)
  const { moHttpUrl: _, ...rest } = settings
  assert.ok(!('moHttpUrl' in (await owned())))
  assert.deepEqual(await owned(), { ...(await owned()), ...rest })
})

test('what callers cannot set on a number survives their changes, and an empty type ends the voice link', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await buy(gateway, offer)
  const messages = { messagesCallbackType: 'app', messagesCallbackValue: app }
  const voice = { voiceCallbackType: 'tel', voiceCallbackValue: '447700900009' }
  const authorization = `Basic ${btoa('5a4db0c5:sandboxSecret1')}`
  const form = new URLSearchParams({ ...offer, ...messages, ...voice })
  await fetch(`${gateway.addresses.simulator}/number/update`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  })
  const update = (changes: object) => gateway.rest('PATCH', pathOf(offer), changes)
  assert.equal((await update({ moHttpUrl: 'https://acme.example/in' })).status, 200)
  const { parameters } = gateway.calls.filter(({ path }) => path === '/number/update').at(-1) ?? {}
  assert.deepEqual(parameters, { ...parameters, ...messages, ...voice })

  assert.equal((await update({ voiceCallbackType: '' })).status, 200)
  const [owned] = (await gateway.rest('GET', '/v1/numbers')).body.numbers
  assert.deepEqual(owned, { ...owned, ...messages })
  assert.deepEqual(
    Object.keys(owned).filter((name) => name.startsWith('voice')),
    [],
  )
})

test('a released number is owned no more, and releasing it again succeeds', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await buy(gateway, offer)
  assert.equal((await gateway.rest('DELETE', pathOf(offer))).status, 200)
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 0)
  const again = await gateway.rest('DELETE', pathOf(offer))
  assert.deepEqual([again.status, again.body['error-code']], [200, '200'])
  assert.equal(done(gateway, '/number/cancel'), 1)
  assert.equal((await buy(gateway, offer)).status, 200, 'it is for sale again')
})

test('a release of unknown outcome succeeds when it is repeated', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  await buy(gateway, offer)
  await loseAnswer(gateway.addresses.simulator, '/number/cancel')
  await gateway.fault('/account/numbers', { connection: 'cut' }, { times: 2 })
  assert.equal(gist(await gateway.rest('DELETE', pathOf(offer))), '504 upstream_unreachable')
  assert.equal((await gateway.rest('DELETE', pathOf(offer))).status, 200)
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 0)
})

test('a number of somebody else is neither changed nor released', async () => {
  await using gateway = await startGateway()
  const offer = await someOffer(gateway)
  assert.equal(gist(await gateway.rest('PATCH', pathOf(offer), { app_id: app })), '409 number_unavailable')
  assert.equal(gist(await gateway.rest('DELETE', pathOf(offer))), '409 number_unavailable')
  assert.deepEqual([done(gateway, '/number/update'), done(gateway, '/number/cancel')], [0, 0])
})

test('owned and available numbers are searched by pattern and page by page', async () => {
  await using gateway = await startGateway()
  const offers = (await gateway.rest('GET', '/v1/numbers/available?country=GB&type=mobile-lvn&size=3')).body.numbers
  for (const { msisdn } of offers) await buy(gateway, { country: 'GB', msisdn })
  const second = await gateway.rest('GET', '/v1/numbers?country=GB&size=2&index=2')
  assert.deepEqual([second.body.count, second.body.numbers.length], [3, 1])
  const { msisdn } = offers[1]
  const byEnd = await gateway.rest('GET', `/v1/numbers?pattern=${msisdn.slice(-5)}&search_pattern=2`)
  assert.equal(byEnd.body.numbers[0].msisdn, msisdn)
  assert.deepEqual((await gateway.rest('GET', '/v1/numbers?country=US')).body, { count: 0, numbers: [] })
  assert.deepEqual((await gateway.rest('GET', '/v1/numbers/available?country=AQ')).body, { count: 0, numbers: [] })
})

test('live, numbers are looked at but not ordered', async () => {
  await using vonage = await startGateway()
  const { simulator } = vonage.addresses
  await using gateway = await startGateway({
    env: {
      TOLLGATE_MODE: 'live',
      VONAGE_API_KEY: '5a4db0c5',
      VONAGE_API_SECRET: 'sandboxSecret1',
      VONAGE_API_HOST: simulator,
      VONAGE_REST_HOST: simulator,
      TOLLGATE_COUNTRIES: 'GB',
      TOLLGATE_DAILY_SENDS: '10',
    },
  })
  const offer = await someOffer(gateway)
  const orders = [
    buy(gateway, offer),
    gateway.rest('PATCH', pathOf(offer), { app_id: app }),
    gateway.rest('DELETE', pathOf(offer)),
  ]
  for (const answer of await Promise.all(orders)) assert.equal(gist(answer), '403 forbidden')
  assert.equal(vonage.calls.filter(({ method }) => method === 'POST').length, 0)
})
