import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { startGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

const drama = '447700900123'
const daySeconds = 86_400
const context = { account_id: 'account-1' }
const capped = { TOLLGATE_SENDS_PER_NUMBER: '1/24h' }
const knownOnly = { TOLLGATE_POLICY: writtenPolicy('countries: {default: known_only, regions: {FR: allow}}') }

type Beside = Awaited<ReturnType<typeof startBeside>>

/** Has a number verified for an account, a day ago. */
async function known(on: Beside, who: object = context): Promise<void> {
  const run = verifying(on.gateway(), drama)
  const id = await run.start({ context: who })
  const code = on.vonage.simulator.messages(drama).at(-1)?.code ?? ''
  assert.equal(gist(await run.check(id, code)), '200 verified')
  // A clock that moves by a day has every node look at its ledger for each minute of it.
  await on.sql('update known_people set first_at = first_at - 86400000; update sends set at = at - 86400000')
}

for (const engine of engines) {
  test(`${engine}: whoever was verified for an account gets messages although strangers have used up those of the number`, async () => {
    await using on = await startBeside(engine, { env: capped })
    await known(on)
    const run = verifying(on.gateway(), drama)
    const verify = async (id: string) => run.check(id, on.vonage.simulator.messages(drama).at(-1)?.code ?? '')
    assert.equal(gist(await verify(await run.start())), '200 verified', 'a stranger')
    assert.equal(gist(await run.request()), '429 quota_exceeded')
    assert.equal(gist(await run.request({ context: { account_id: 'account-2' } })), '429 quota_exceeded')
    for (let sends = 0; sends < 4; sends += 1) {
      assert.equal(gist(await verify(await run.start({ context }))), '200 verified', `message ${sends}`)
    }
    assert.equal(gist(await run.request({ context })), '429 quota_exceeded', 'four a day')
    const { body } = await on.gateway().rest('GET', '/v1/decisions?answer=allow')
    const lanes = body.decisions.filter(({ in_lane }: { in_lane: boolean }) => in_lane)
    assert.equal(lanes.length, 4)
  })
}

test('messages in a lane leave those of the number alone', async () => {
  await using on = await startBeside('SQLite', { env: capped })
  await known(on)
  const run = verifying(on.gateway(), drama)
  await run.check(await run.start({ context }), on.vonage.simulator.messages(drama).at(-1)?.code ?? '')
  assert.equal(gist(await run.request()), '200 pending')
})

test('a lane is lost after two messages that led to nothing', async () => {
  await using on = await startBeside('SQLite', { env: capped })
  await known(on)
  const run = verifying(on.gateway(), drama)
  const expire = () => on.clock.advance(400)
  assert.equal(gist(await run.request()), '200 pending')
  await expire()
  for (const expected of ['200 pending', '200 pending', '429 quota_exceeded']) {
    assert.equal(gist(await run.request({ context })), expected)
    await expire()
  }
})

test('a next message is in the lane too while that has room, and then one like any other', async () => {
  await using on = await startBeside('SQLite', { env: { TOLLGATE_SENDS_PER_NUMBER: '2/24h' } })
  await known(on)
  const run = verifying(on.gateway(), drama)
  const verify = async (id: string) => run.check(id, on.vonage.simulator.messages(drama).at(-1)?.code ?? '')
  for (let sends = 0; sends < 2; sends += 1) assert.equal(gist(await verify(await run.start())), '200 verified')
  assert.equal(gist(await run.request()), '429 quota_exceeded', 'strangers have used up those of the number')
  const id = await run.start({ context })
  await on.clock.advance(61)
  assert.equal(gist(await run.next(id)), '200 pending')
  await on.clock.advance(61)
  assert.equal(gist(await run.next(id)), '429 quota_exceeded', 'two have led to nothing')
  assert.equal(gist(await verify(id)), '200 verified')
  const { body } = await on.gateway().rest('GET', '/v1/decisions?answer=allow')
  const lanes = body.decisions.filter(({ in_lane }: { in_lane: boolean }) => in_lane)
  assert.deepEqual(
    lanes.map(({ kind }: { kind: string }) => kind),
    ['next', 'request'],
  )
})

test('a next message that Vonage refuses leaves the lane as it was', async () => {
  await using on = await startBeside('SQLite', { env: {} })
  await known(on)
  const run = verifying(on.gateway(), drama)
  const id = await run.start({ context })
  for (let asked = 0; asked < 3; asked += 1) {
    await on.clock.advance(61)
    await on.gateway().fault('/verify/control/json', { status: '19' })
    assert.equal(gist(await run.next(id)), '409 not_now')
  }
  assert.equal(gist(await run.next(id)), '200 pending')
  const { body } = await on.gateway().rest('GET', '/v1/decisions?limit=1')
  assert.deepEqual([body.decisions[0].kind, body.decisions[0].in_lane], ['next', true])
})

test('what Vonage refuses counts in no lane', async () => {
  await using on = await startBeside('SQLite', { env: capped })
  await known(on)
  const run = verifying(on.gateway(), drama)
  await run.check(await run.start(), on.vonage.simulator.messages(drama).at(-1)?.code ?? '')
  for (let asked = 0; asked < 5; asked += 1) {
    await on.gateway().fault('/verify/json', { status: '3' })
    assert.equal(gist(await run.request({ context })), '422 invalid_request')
  }
  assert.equal(gist(await run.request({ context })), '200 pending')
})

test('where only known people get codes, strangers are told what they are told of a country that is blocked', async () => {
  await using on = await startBeside('SQLite', { env: {} })
  await known(on)
  await on.restart(knownOnly)
  const run = verifying(on.gateway(), drama)
  const stranger = await run.request({ context: { account_id: 'account-2' } })
  assert.deepEqual(
    [gist(stranger), stranger.body.detail],
    ['403 country_not_allowed', 'Codes are not sent to numbers of GB.'],
  )
  assert.equal(gist(await run.request()), '403 country_not_allowed')
  const id = await run.start({ context })
  await on.clock.advance(60)
  assert.equal(gist(await run.next(id)), '200 pending', 'and so is the next one')
})

test('people are known to the caller alone that verified them, from a day after on', async () => {
  await using gateway = await startGateway({ env: capped })
  const [shop, app] = [await makeKey(gateway, { name: 'shop' }), await makeKey(gateway, { name: 'app' })]
  const ask = (key: string) =>
    gateway.rest('POST', '/v1/verifications', { number: drama, brand: 'Acme', context }, bearer(key))
  const check = async (key: string, request_id: string) =>
    gateway.rest('POST', '/v1/verifications/check', { request_id, code: await gateway.code(drama) }, bearer(key))
  await check(shop, (await ask(shop)).body.request_id)
  assert.equal(gist(await ask(shop)), '429 quota_exceeded')
  await gateway.clock.advance(daySeconds)
  await check(app, (await ask(app)).body.request_id)
  assert.equal(gist(await ask(app)), '429 quota_exceeded')
  assert.equal(gist(await ask(shop)), '200 pending')
})

test('a known person is not challenged for the kind of line', async () => {
  await using on = await startBeside('SQLite', { env: {} })
  await known(on)
  await on.restart({ TOLLGATE_POLICY: writtenPolicy('{mode: enforce, line_types: {challenge: [mobile]}}') })
  const run = verifying(on.gateway(), drama)
  assert.equal(gist(await run.request()), '403 challenge_required')
  assert.equal(gist(await run.request({ context })), '200 pending')
})

test('whoever finds the lane full that had room when it was looked at is told what strangers are told', async () => {
  await using on = await startBeside('SQLite', { env: {} })
  await known(on)
  await on.restart({ TOLLGATE_POLICY: writtenPolicy('{mode: enforce, line_types: {challenge: [mobile]}}') })
  const run = verifying(on.gateway(), drama)
  const { challenge_token } = (await run.request()).body
  // It has the number for itself until Vonage refuses it.
  await on.gateway().fault('/verify/json', { status: '3' })
  const held = on.hold('/verify/json')
  const stranger = run.request({ challenge_token })
  await held.arrived
  const late = run.request({ context })
  // By the time that these are answered it has looked; had it not, it would be told the same.
  for (let looks = 0; looks < 20; looks += 1) await run.look('0'.repeat(32))
  await on.sql('update known_people set unverified = 2')
  held.release()
  assert.deepEqual([gist(await stranger), gist(await late)], ['422 invalid_request', '403 challenge_required'])
})
