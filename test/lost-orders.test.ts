import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { noon, type TestGateway } from './support/gateway.ts'
import { isReplay, keyed, someOffer } from './support/keyed.ts'
import { stage } from './support/provoking.ts'
import { gist } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

const ownedPath = '/account/numbers'
const cut = { connection: 'cut' }

type Offer = Awaited<ReturnType<typeof someOffer>>

const pathOf = ({ country, msisdn }: Offer) => `/v1/numbers/${country}/${msisdn}`
const settings = { moHttpUrl: 'https://acme.example/in', voiceCallbackType: '' }

/** Each kind of order: at which path of Vonage's, how it is asked for, and whether the number has to be owned before. */
const orders = [
  {
    action: 'buy',
    path: '/number/buy',
    isOwned: false,
    ask: (gateway: TestGateway, offer: Offer, key = 'k') => keyed(gateway).buy(key, offer),
  },
  {
    action: 'update',
    path: '/number/update',
    isOwned: true,
    ask: (gateway: TestGateway, offer: Offer, key = 'k') => keyed(gateway).call('PATCH', pathOf(offer), key, settings),
  },
  {
    action: 'cancel',
    path: '/number/cancel',
    isOwned: true,
    ask: (gateway: TestGateway, offer: Offer, key = 'k') => keyed(gateway).call('DELETE', pathOf(offer), key),
  },
]

/** A gateway, a number there that is owned where it has to be, and what its ledger and Vonage know of orders. */
async function startOrdering(isOwned: boolean) {
  const { gateway, sql, read, [Symbol.asyncDispose]: dispose } = await stage()
  const offer = await someOffer(gateway)
  if (isOwned) assert.equal((await gateway.rest('POST', '/v1/numbers', offer)).status, 200)
  return {
    gateway,
    sql,
    offer,
    /** How often Vonage was asked. */
    asked: (path: string) => gateway.calls.filter((call) => call.path === path).length,
    /** The newest order in the ledger. */
    ledger: () => read('select * from number_orders order by created_at desc limit 1')[0] ?? {},
    owned: async () => (await gateway.rest('GET', '/v1/numbers')).body.numbers,
    [Symbol.asyncDispose]: dispose,
  }
}

for (const { action, path, isOwned, ask } of orders) {
  test(`an order to ${action} whose answer is lost is found done at once, and asked for once`, async () => {
    await using on = await startOrdering(isOwned)
    await on.gateway.fault(path, cut, { takes_effect: true })
    const answer = await ask(on.gateway, on.offer)
    const success = { 'error-code': '200', 'error-code-label': 'success', ...on.offer }
    assert.deepEqual([answer.status, answer.body], [200, success])
    const { state, look_at, settings_sealed: kept } = on.ledger()
    assert.deepEqual([state, look_at, kept], ['done', null, null])
    assert.equal(isReplay(await ask(on.gateway, on.offer)), true)
    await on.gateway.clock.advance(200)
    assert.equal(on.asked(path), 1)
  })

  test(`an order to ${action} that never arrived is looked for until it is too late, then its repeat asks anew`, async () => {
    await using on = await startOrdering(isOwned)
    await on.gateway.fault(path, cut)
    const before = on.asked(ownedPath)
    assert.equal(gist(await ask(on.gateway, on.offer)), '504 upstream_unreachable')
    assert.equal(on.ledger().state, 'unknown')
    await on.gateway.clock.advance(89)
    assert.deepEqual([on.ledger().state, on.asked(path)], ['unknown', 1])
    await on.gateway.clock.advance(6)
    const { state, look_at, settings_sealed: kept } = on.ledger()
    assert.deepEqual([state, look_at, kept], ['refused', null, null])
    assert.ok(on.asked(ownedPath) - before >= 17, 'it was looked for every five seconds')
    const looks = on.asked(ownedPath)
    await on.gateway.clock.advance(600)
    assert.equal(on.asked(ownedPath), looks)
    const repeated = await ask(on.gateway, on.offer)
    assert.deepEqual([repeated.status, isReplay(repeated), on.asked(path)], [200, false, 2])
  })

  test(`an order to ${action} that takes effect later is found then, and its repeat is a success without another order`, async () => {
    await using on = await startOrdering(isOwned)
    await on.gateway.fault(path, cut, { effect_after_seconds: 20 })
    assert.equal(gist(await ask(on.gateway, on.offer)), '504 upstream_unreachable')
    await on.gateway.clock.advance(19)
    assert.equal(on.ledger().state, 'unknown')
    await on.gateway.clock.advance(6)
    assert.equal(on.ledger().state, 'done')
    const repeated = await ask(on.gateway, on.offer)
    assert.deepEqual([repeated.status, repeated.body.msisdn], [200, on.offer.msisdn])
    assert.equal(on.asked(path), 1)
  })

  test(`what became of an order to ${action} is asked again while the owned numbers cannot be had`, async () => {
    await using on = await startOrdering(isOwned)
    await on.gateway.fault(path, { http: 500 }, { takes_effect: true })
    // An update has read the number before.
    if (action === 'update') await on.gateway.fault(ownedPath, { after_seconds: 0 })
    // Each look asks twice.
    await on.gateway.fault(ownedPath, { http: 503 }, { times: 6 })
    assert.equal(gist(await ask(on.gateway, on.offer)), '502 upstream_error')
    on.sql('update number_orders set created_at = created_at - 200000')
    await on.gateway.clock.advance(11)
    assert.equal(on.ledger().state, 'unknown', 'however late it is')
    await on.gateway.clock.advance(5)
    assert.deepEqual([on.ledger().state, on.asked(path)], ['done', 1])
  })

  test(`an order to ${action} that could not reach Vonage, or was refused there, is over at once`, async () => {
    await using on = await startOrdering(isOwned)
    for (const [status, answer] of [
      [429, '429 upstream_throttled'],
      [400, '422 invalid_request'],
    ] as const) {
      await on.gateway.fault(path, { http: status })
      assert.equal(gist(await ask(on.gateway, on.offer)), answer)
      const { state, look_at, settings_sealed: kept } = on.ledger()
      assert.deepEqual([state, look_at, kept], ['refused', null, null])
    }
    assert.equal((await ask(on.gateway, on.offer)).status, 200, 'the key is free')
  })
}

test('an order that could not be sent because nobody listens is over at once', async () => {
  await using vonage = await startVonageApart(new SimulatedClock({ standsAt: noon }))
  await using on = await stage({ ...vonage.env, VONAGE_REST_HOST: 'http://127.0.0.1:1' })
  const offer = { country: 'GB', msisdn: '442039050911' }
  assert.equal(gist(await on.gateway.rest('POST', '/v1/numbers', offer)), '504 upstream_unreachable')
  assert.equal(on.read('select state from number_orders')[0]?.state, 'refused')
})

test('a purchase that was found later is told to its caller once, also without a key', async () => {
  await using on = await startOrdering(false)
  const buy = () => on.gateway.rest('POST', '/v1/numbers', on.offer)
  await on.gateway.fault('/number/buy', cut, { effect_after_seconds: 20 })
  assert.equal(gist(await buy()), '504 upstream_unreachable')
  await on.gateway.clock.advance(30)
  assert.equal((await buy()).status, 200)
  assert.equal(gist(await buy()), '409 number_unavailable')
  assert.equal((await on.owned()).length, 1)
})

test('an update is not found done while only some of what it sets is so', async () => {
  await using on = await startOrdering(true)
  const update = (changes: object) => on.gateway.rest('PATCH', pathOf(on.offer), changes)
  assert.equal((await update({ moHttpUrl: 'https://acme.example/in' })).status, 200)
  await on.gateway.fault('/number/update', cut)
  const changes = { moHttpUrl: 'https://acme.example/in', voiceCallbackType: 'tel', voiceCallbackValue: '447700900009' }
  assert.equal(gist(await update(changes)), '504 upstream_unreachable')
  assert.ok(on.ledger().settings_sealed)
  await on.gateway.clock.advance(95)
  assert.equal(on.ledger().state, 'refused')
})

test('many orders are looked for one at a time, with room for the calls of callers', async () => {
  await using on = await startOrdering(false)
  const { body } = await on.gateway.rest('GET', '/v1/numbers/available?country=GB&size=5')
  for (const { country, msisdn } of body.numbers) {
    await on.gateway.fault('/number/buy', cut, { effect_after_seconds: 1 })
    const answer = await on.gateway.rest('POST', '/v1/numbers', { country, msisdn })
    assert.equal(gist(answer), '504 upstream_unreachable')
  }
  const looks = on.asked(ownedPath)
  await on.gateway.clock.advance(5)
  assert.equal(on.asked(ownedPath), looks + 1)
  await on.gateway.clock.advance(6)
  assert.equal(on.asked(ownedPath), looks + 4)
  await on.gateway.clock.advance(60)
  assert.equal(on.asked(ownedPath), looks + 5)
  assert.equal((await on.owned()).length, 5)
})

test('an order that another process left behind when it died is settled after a while, without a word from anybody', async () => {
  await using on = await stage()
  const offer = await someOffer(on.gateway)
  assert.equal((await on.gateway.rest('POST', '/v1/numbers', offer)).status, 200)
  const at = on.gateway.clock.now()
  const state = () => on.read('select state from number_orders')[0]?.state
  on.sql(`update number_orders set state = 'intended', settled_at = null, look_at = ${at + 90_000}`)
  await on.gateway.clock.advance(89)
  assert.equal(state(), 'intended')
  await on.gateway.clock.advance(61)
  assert.equal(state(), 'done')
  assert.equal(on.gateway.calls.filter(({ path }) => path === '/number/buy').length, 1)
})
