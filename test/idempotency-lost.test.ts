import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { someFolder } from './support/folder.ts'
import { noon, request as rawRequest, startGateway } from './support/gateway.ts'
import { startHoldingProxy } from './support/holding-proxy.ts'
import { isReplay, keyed, someOffer } from './support/keyed.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { serve } from './support/serving.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

test('a request whose answer is lost is found again under its key, with the request_id that the first answer named', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const lost = await request('k')
  assert.equal(gist(lost), '504 upstream_unreachable')
  const { request_id } = lost.body
  const found = await request('k')
  assert.deepEqual([gist(found), found.body.request_id, isReplay(found)], ['200 pending', request_id, false])
  const replayed = await request('k')
  assert.deepEqual([replayed.body, isReplay(replayed)], [found.body, true])
  assert.equal((await gateway.messages(someNumber)).length, 1)
  const { body } = await gateway.rest('GET', '/v1/verifications')
  assert.equal(body.verifications.length, 1)
  assert.equal(gist(await verifying(gateway).checkRight(request_id)), '200 verified')
})

test('a request that never arrived is sent by its repeat, under the same request_id', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  await gateway.fault('/verify/json', { connection: 'cut' })
  const lost = await request('k')
  const sent = await request('k')
  assert.deepEqual([gist(sent), sent.body.message_sent], ['200 pending', true])
  assert.equal(sent.body.request_id, lost.body.request_id)
  assert.equal((await gateway.messages(someNumber)).length, 1)
})

test('a fault inside Vonage is asked about anew as well', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  await gateway.fault('/verify/json', { status: '5' })
  const failed = await request('k')
  assert.equal(gist(failed), '502 upstream_error')
  const sent = await request('k')
  assert.deepEqual([gist(sent), sent.body.request_id], ['200 pending', failed.body.request_id])
})

test('until the outcome is known, no refusal of a repeat frees the key or loses the request_id', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const { request_id } = (await request('k')).body
  await gateway.fault('/verify/json', { status: '1' })
  assert.equal(gist(await request('k')), '429 upstream_throttled')
  assert.equal((await verifying(gateway).look(request_id)).body.delivery, 'unknown')
  assert.equal(gist(await request('k', { brand: 'Umbrella' })), '422 idempotency_key_reused')
  await gateway.fault('/verify/json', { connection: 'cut' })
  const again = await request('k')
  assert.deepEqual([gist(again), again.body.request_id], ['504 upstream_unreachable', request_id])
  const found = await request('k')
  assert.deepEqual([gist(found), found.body.request_id], ['200 pending', request_id])
  assert.equal((await gateway.messages(someNumber)).length, 1)
})

test('a request of unknown outcome whose time is over is told as it is, and nothing is sent', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const { request_id } = (await request('k')).body
  await gateway.clock.advance(300)
  const over = await request('k')
  assert.deepEqual([gist(over), over.body.request_id, over.body.message_sent], ['200 expired', request_id, false])
  assert.equal(verifying(gateway).runs(), 1)
})

test('a request that somebody else has settled meanwhile is told as it is', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const { request_id } = (await request('k')).body
  assert.equal(gist(await request('other')), '200 pending')
  assert.equal(gist(await verifying(gateway).checkRight(request_id)), '200 verified')
  const runs = verifying(gateway).runs()
  const told = await request('k')
  assert.deepEqual([gist(told), told.body.request_id], ['200 verified', request_id])
  assert.equal(verifying(gateway).runs(), runs)
})

test('a purchase of unknown outcome is found again under its key and made once', async () => {
  await using gateway = await startGateway()
  const { buy } = keyed(gateway)
  const offer = await someOffer(gateway)
  await loseAnswer(gateway.addresses.simulator, '/number/buy')
  await gateway.fault('/account/numbers', { connection: 'cut' }, { times: 2 })
  assert.equal(gist(await buy('k', offer)), '504 upstream_unreachable')
  const found = await buy('k', offer)
  assert.deepEqual([found.status, found.body.msisdn, isReplay(found)], [200, offer.msisdn, false])
  assert.equal(isReplay(await buy('k', offer)), true)
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 1)
})

test('a check that never arrived is checked by its repeat', async () => {
  await using gateway = await startGateway()
  const { check } = keyed(gateway)
  const id = await verifying(gateway).start()
  await gateway.fault('/verify/check/json', { connection: 'cut' })
  const code = await gateway.code(someNumber)
  assert.equal(gist(await check('k', id, code)), '504 upstream_unreachable')
  await gateway.clock.advance(61)
  assert.equal(gist(await check('k', id, code)), '200 verified')
})

test('while the first call has no answer, its repeat is told to wait', async () => {
  const clock = new SimulatedClock({ standsAt: noon })
  await using vonage = await startVonageApart(clock)
  await using proxy = await startHoldingProxy(vonage.url)
  const env = { ...vonage.env, VONAGE_API_HOST: proxy.url }
  await using gateway = await startGateway({ env, overrides: { clock } })
  const { request } = keyed(gateway)
  const held = proxy.hold('/verify/json')
  const first = request('k')
  await held.arrived
  const early = await request('k')
  assert.deepEqual([gist(early), early.headers.get('retry-after')], ['409 request_in_progress', '1'])
  assert.equal(gist(await request('k', { brand: 'Umbrella' })), '422 idempotency_key_reused')
  held.release()
  const answer = await first
  assert.equal(gist(answer), '200 pending')
  assert.deepEqual((await request('k')).body, answer.body)
})

test('after a restart the answers are still there', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const options = { env: vonage.env, dataDir: folder.path }
  let first: unknown
  {
    await using gateway = await startGateway(options)
    first = (await keyed(gateway).request('k')).body
  }
  await using gateway = await startGateway({ ...options, overrides: { newId: () => 'e'.repeat(32) } })
  const again = await keyed(gateway).request('k')
  assert.deepEqual([again.body, isReplay(again)], [first, true])
  assert.equal(gist(await keyed(gateway).request('k', { brand: 'Umbrella' })), '422 idempotency_key_reused')
  assert.equal(vonage.simulator.messages(someNumber).length, 1)
})

test('a gateway that dies between its work and storing the answer has not lost what it made', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const options = { env: vonage.env, dataDir: folder.path }
  let id = ''
  let offer = { country: '', msisdn: '' }
  {
    await using gateway = await startGateway(options)
    const { request, buy } = keyed(gateway)
    id = (await request('request')).body.request_id
    offer = await someOffer(gateway)
    assert.equal((await buy('buy', offer)).status, 200)
  }
  const ledger = new DatabaseSync(join(folder.path, 'ledger.db'))
  ledger.exec(`update idempotency_keys set state = 'running', answer_sealed = null`)
  ledger.close()
  const asked = vonage.calls.length
  await using gateway = await startGateway({ ...options, overrides: { newId: () => 'e'.repeat(32) } })
  const { request, buy } = keyed(gateway)
  const repeated = await request('request')
  assert.deepEqual([gist(repeated), repeated.body.request_id], ['200 pending', id])
  const bought = await buy('buy', offer)
  assert.deepEqual([bought.status, bought.body.msisdn], [200, offer.msisdn])
  assert.equal(vonage.calls.length, asked)
})

test('what a killed gateway had begun under a key is found by repeating it, under its request_id and once', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  await vonage.holdAnswer('/verify/json')
  await vonage.holdAnswer('/number/buy')
  const account = 'api_key=5a4db0c5&api_secret=sandboxSecret1'
  const { body: found } = await rawRequest(`${vonage.url}/number/search?country=GB&size=1&${account}`)
  const offer = { country: 'GB', msisdn: found.numbers[0].msisdn }
  {
    const ports = { TOLLGATE_REST_PORT: '0', TOLLGATE_MCP_PORT: '0', TOLLGATE_SIMULATOR_PORT: '0' }
    const env = { ...vonage.env, ...ports, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }
    await using dying = await serve(['serve'], env)
    const post = (path: string, key: string, body: object) =>
      rawRequest(`${dying.addresses[0]}${path}`, 'POST', body, { 'idempotency-key': key })
    const answers = Promise.allSettled([
      post('/v1/verifications', 'request', { number: someNumber, brand: 'Acme' }),
      post('/v1/numbers', 'buy', offer),
    ])
    while (vonage.calls.length < 3) await new Promise(setImmediate)
    dying.signal('SIGKILL')
    for (const { status } of await answers) assert.equal(status, 'rejected')
  }

  await using gateway = await startGateway({ env: vonage.env, dataDir: folder.path })
  const { body } = await gateway.rest('GET', '/v1/verifications')
  const [{ request_id, delivery }] = body.verifications
  assert.equal(delivery, 'unknown')
  const { request, buy } = keyed(gateway)
  const repeated = await request('request')
  assert.deepEqual([gist(repeated), repeated.body.request_id], ['200 pending', request_id])
  assert.equal(vonage.simulator.messages(someNumber).length, 1)
  assert.equal((await gateway.rest('GET', '/v1/verifications')).body.verifications.length, 1)
  const bought = await buy('buy', offer)
  assert.deepEqual([bought.status, bought.body.msisdn], [200, offer.msisdn])
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 1)
})
