import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { someFolder } from './support/folder.ts'
import { request, startGateway } from './support/gateway.ts'
import { keyed } from './support/keyed.ts'
import { spawnGateway } from './support/spawned-gateway.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

/** A number that the simulated Vonage sells. */
async function someOffer(vonageUrl: string, index = 1) {
  const account = 'api_key=5a4db0c5&api_secret=sandboxSecret1'
  const { body } = await request(`${vonageUrl}/number/search?country=GB&size=1&index=${index}&${account}`)
  return { country: 'GB', msisdn: body.numbers[0].msisdn }
}

test('what was on its way when the gateway was killed is found again by repeating it, and happens once', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  await vonage.holdAnswer('/verify/json')
  await vonage.holdAnswer('/number/buy')
  const key = await someOffer(vonage.url)
  {
    const env = { ...vonage.env, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }
    await using dying = await spawnGateway(env)
    const answers = Promise.allSettled([
      request(`${dying.rest}/v1/verifications`, 'POST', { number: someNumber, brand: 'Acme' }),
      request(`${dying.rest}/v1/numbers`, 'POST', key),
    ])
    while (vonage.calls.length < 3) await new Promise(setImmediate)
    await dying.kill()
    for (const { status } of await answers) assert.equal(status, 'rejected')
  }

  await using gateway = await startGateway({ env: vonage.env, dataDir: folder.path })
  const { body } = await gateway.rest('GET', '/v1/verifications')
  const [interrupted] = body.verifications
  assert.deepEqual([interrupted.state, interrupted.delivery], ['pending', 'unknown'])
  const { request: ask, checkRight } = verifying(gateway)
  const repeated = await ask()
  assert.deepEqual([repeated.status, repeated.body.message_sent], [200, false])
  assert.equal(vonage.simulator.messages(someNumber).length, 1)
  assert.equal(gist(await checkRight(repeated.body.request_id)), '200 verified')

  assert.equal((await gateway.rest('POST', '/v1/numbers', key)).status, 200)
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 1)
})

test('a check that a crash cut off is settled by Vonage’s record, and its code is not sent again', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const code = () => vonage.simulator.messages(someNumber).at(-1)?.code
  let id = ''
  {
    const env = { ...vonage.env, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }
    await using dying = await spawnGateway(env)
    const started = await request(`${dying.rest}/v1/verifications`, 'POST', { number: someNumber, brand: 'Acme' })
    id = started.body.request_id
    await vonage.holdAnswer('/verify/check/json')
    const checking = request(`${dying.rest}/v1/verifications/check`, 'POST', { request_id: id, code: code() })
    const answer = Promise.allSettled([checking])
    while (vonage.calls.length < 2) await new Promise(setImmediate)
    await dying.kill()
    assert.equal((await answer)[0]?.status, 'rejected')
  }
  await using gateway = await startGateway({ env: vonage.env, dataDir: folder.path })
  const { check, state } = verifying(gateway)
  const again = await check(id, code() ?? '')
  assert.deepEqual([gist(again), again.body.reconciled, await state(id)], ['200 verified', true, 'verified'])
  assert.equal(vonage.calls.filter(({ path }) => path === '/verify/check/json').length, 1)
})

test('orders that a crash cut off are settled by the owned numbers, and no order is sent again', async () => {
  const clock = new SimulatedClock()
  await using vonage = await startVonageApart(clock)
  using folder = someFolder()
  const env = { ...vonage.env, TOLLGATE_NUMBERS_RPS: '1000' }
  const [arrives, neverArrives] = [await someOffer(vonage.url), await someOffer(vonage.url, 2)]
  const buys = () => vonage.calls.filter(({ path }) => path === '/number/buy').length
  {
    await using dying = await spawnGateway({ ...env, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' })
    const buying: Promise<unknown>[] = []
    for (const [offer, takes_effect] of [
      [arrives, true],
      [neverArrives, false],
    ] as const) {
      const fault = { path: '/number/buy', answer: { connection: 'stall' }, takes_effect }
      await request(`${vonage.url}/simulator/faults`, 'POST', fault)
      const before = buys()
      buying.push(request(`${dying.rest}/v1/numbers`, 'POST', offer))
      while (buys() === before) await new Promise(setImmediate)
    }
    const answers = Promise.allSettled(buying)
    await dying.kill()
    for (const { status } of await answers) assert.equal(status, 'rejected')
  }
  const states = () => {
    using ledger = new DatabaseSync(join(folder.path, 'ledger.db'), { readOnly: true })
    const orders = ledger.prepare('select state from number_orders order by created_at').all()
    return orders.map(({ state }) => state)
  }
  assert.deepEqual(states(), ['intended', 'intended'])
  await using _gateway = await startGateway({ env, dataDir: folder.path, overrides: { clock } })
  await clock.advance(10)
  assert.deepEqual(states(), ['done', 'unknown'])
  await clock.advance(100)
  assert.deepEqual([...states(), buys()], ['done', 'refused', 2])
})

/** A gateway that was killed while it asked for the next message of a verification, under the key k. */
async function killInNext(folder: string, input: object, takes_effect: boolean) {
  const clock = new SimulatedClock()
  const vonage = await startVonageApart(clock)
  const env = { ...vonage.env, TOLLGATE_DATA_DIR: folder, TOLLGATE_LOG_LEVEL: 'silent' }
  await using dying = await spawnGateway(env)
  const post = (path: string, body?: object) =>
    request(`${dying.rest}/v1/verifications${path}`, 'POST', body, { 'idempotency-key': path || 'k' })
  const id: string = (await post('', { number: someNumber, brand: 'Acme', ...input })).body.request_id
  // A minute later, without waiting for it: at Vonage, and for the gateway, whose clock is the wall's.
  await clock.advance(70)
  using ledger = new DatabaseSync(join(folder, 'ledger.db'))
  const times = ['asked_at', 'sent_at', 'code_made_at', 'expires_at'].map((time) => `${time} = ${time} - 70000`)
  ledger.exec(`update runs set ${times}; update sends set at = at - 70000`)
  const fault = { path: '/verify/control/json', answer: { connection: 'stall' }, takes_effect }
  await request(`${vonage.url}/simulator/faults`, 'POST', fault)
  const answer = Promise.allSettled([post(`/${id}/next`)])
  const controls = () => vonage.calls.filter(({ path }) => path === '/verify/control/json')
  while (controls().length === 0) await new Promise(setImmediate)
  await dying.kill()
  assert.equal((await answer)[0]?.status, 'rejected')
  return { id, vonage, controls, messages: () => vonage.simulator.messages(someNumber).length }
}

const twoMessages = { workflow_id: 4 }
/** No message comes by itself while a test lasts. */
const slow = { workflow_id: 1, next_event_wait: 600, pin_expiry: 600 }

test('a next event that a crash cut off is found by its repeat, and not asked for again', async () => {
  using folder = someFolder()
  const { id, vonage, controls, messages } = await killInNext(folder.path, twoMessages, true)
  await using _vonage = vonage
  await using gateway = await startGateway({ env: vonage.env, dataDir: folder.path })
  const found = await keyed(gateway).call('POST', `/v1/verifications/${id}/next`, `/${id}/next`)
  assert.deepEqual([gist(found), found.body.message_sent], ['200 pending', true])
  assert.deepEqual([controls().length, messages()], [1, 2])
})

test('a next event that never arrived before a crash is sent by its repeat, once that is known', async () => {
  using folder = someFolder()
  const { id, vonage, controls, messages } = await killInNext(folder.path, slow, false)
  await using _vonage = vonage
  const clock = new SimulatedClock()
  await using gateway = await startGateway({ env: vonage.env, dataDir: folder.path, overrides: { clock } })
  const again = () => keyed(gateway).call('POST', `/v1/verifications/${id}/next`, `/${id}/next`)
  assert.equal(gist(await again()), '409 not_now')
  assert.equal(controls().length, 1)
  await clock.advance(50)
  assert.equal(gist(await again()), '409 not_now')
  await clock.advance(20)
  const sent = await again()
  assert.deepEqual([gist(sent), sent.body.message_sent], ['200 pending', true])
  assert.deepEqual([controls().length, messages()], [2, 2])
})

test('a new code that a crash cut off after the old one was withdrawn is sent by a repeat of the request, once', async () => {
  using folder = someFolder()
  const { id, vonage, controls, messages } = await killInNext(folder.path, {}, true)
  await using _vonage = vonage
  await using gateway = await startGateway({ env: vonage.env, dataDir: folder.path })
  const again = () => keyed(gateway).call('POST', `/v1/verifications/${id}/next`, `/${id}/next`)
  assert.equal(gist(await again()), '409 delivery_unknown')
  assert.equal(messages(), 1)
  const { request: ask, checkRight } = verifying(gateway)
  const repeated = await ask()
  assert.deepEqual([gist(repeated), repeated.body.message_sent], ['200 pending', true])
  const found = await again()
  assert.deepEqual([gist(found), found.body.message_sent], ['200 pending', true])
  assert.deepEqual([controls().length, messages()], [1, 2])
  assert.equal(gist(await checkRight(id)), '200 verified')
})
