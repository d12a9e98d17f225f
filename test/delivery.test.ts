import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon, startGateway } from './support/gateway.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

test('a message whose answer is lost is found again by repeating the request, and not sent twice', async () => {
  await using gateway = await startGateway()
  const { request, check, checkRight, look, next, messages, checks } = verifying(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const lost = await request()
  assert.equal(gist(lost), '504 upstream_unreachable')
  const first = lost.body.request_id
  assert.match(first, /^[0-9a-f]{32}$/)
  assert.equal((await messages()).length, 1)
  const { body } = await look(first)
  assert.deepEqual([body.state, body.delivery], ['pending', 'unknown'])
  assert.equal(gist(await check(first, await gateway.code(someNumber))), '409 delivery_unknown')
  await gateway.clock.advance(60)
  assert.equal(gist(await next(first)), '409 delivery_unknown')
  assert.equal(checks(), 0)

  const repeated = await request()
  assert.equal(repeated.status, 200)
  assert.equal(repeated.body.message_sent, false)
  assert.equal((await messages()).length, 1)
  assert.ok(!('delivery' in (await look(first)).body))
  assert.equal(gist(await checkRight(repeated.body.request_id)), '200 verified')
  assert.equal(gist(await look(first)), '200 superseded')
})

test('an answer that does not come in time is as good as lost', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '1000' } })
  const { request, checkRight, messages } = verifying(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json', 'stall')
  assert.equal(gist(await request()), '504 upstream_unreachable')
  const repeated = await request()
  assert.deepEqual([repeated.body.message_sent, (await messages()).length], [false, 1])
  assert.equal(gist(await checkRight(repeated.body.request_id)), '200 verified')
})

test('after a repeated request the code counts for the first verification as well', async () => {
  await using gateway = await startGateway()
  const { request, checkRight } = verifying(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const lost = await request()
  await request()
  assert.equal(gist(await checkRight(lost.body.request_id)), '200 verified')
})

test('a request that never arrived at Vonage is sent by repeating it', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m' } })
  const { request, checkRight, messages, look } = verifying(gateway)
  await gateway.fault('/verify/json', { connection: 'cut' })
  const lost = await request()
  assert.equal(gist(lost), '504 upstream_unreachable')
  assert.equal((await messages()).length, 0)
  await gateway.clock.advance(30)
  const repeated = await request()
  assert.deepEqual([repeated.status, repeated.body.message_sent], [200, true])
  assert.equal((await messages()).length, 1)
  const expiresAt = Date.parse(repeated.body.expires_at)
  assert.equal(expiresAt, gateway.clock.now() + 300_000, 'the code lives from when it was sent')
  assert.equal((await look(lost.body.request_id)).body.expires_at, repeated.body.expires_at)
  assert.equal(gist(await checkRight(repeated.body.request_id)), '200 verified')
  assert.equal((await request()).status, 200, 'the message that was never sent counts against no cap')
})

test('a run that Vonage began at another time is not taken for the one whose answer is missing', async () => {
  await using gateway = await startGateway()
  const { request } = verifying(gateway)
  await gateway.fault('/verify/json', { connection: 'cut' })
  await request()
  await gateway.clock.advance(60)
  await fetch(`${gateway.addresses.simulator}/verify/json`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('5a4db0c5:sandboxSecret1')}` },
    body: new URLSearchParams({ number: someNumber, brand: 'Somebody' }),
  })
  const repeated = await request()
  assert.equal(gist(repeated), '409 verification_pending')
  assert.ok(!('request_id' in repeated.body))
})

test('a verification of unknown delivery can be cancelled, and expires by itself', async () => {
  await using gateway = await startGateway()
  const { request, cancel, state, checkRight } = verifying(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const { request_id } = (await request()).body
  assert.equal(gist(await cancel(request_id)), '200 cancelled')
  const other = verifying(gateway, '447700900456')
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const expiring = (await other.request()).body.request_id
  await gateway.clock.advance(300)
  assert.equal(await other.state(expiring), 'expired')
  assert.equal(await state(request_id), 'cancelled')
  assert.equal(gist(await checkRight(request_id)), '410 verification_cancelled')
})

test('a code that Vonage refused to look at costs no try', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, look } = verifying(gateway)
  const id = await start()
  await gateway.fault('/verify/check/json', { status: '1' })
  assert.equal(gist(await checkRight(id)), '429 upstream_throttled')
  assert.equal((await look(id)).body.attempts_left, 3)
})

test('a next message whose answer is lost is found again by repeating the request', async () => {
  await using gateway = await startGateway()
  const { start, next, request, look, checkRight, messages } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(60)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const lost = await next(id)
  assert.deepEqual([gist(lost), lost.body.request_id], ['504 upstream_unreachable', id])
  assert.equal((await look(id)).body.delivery, 'unknown')
  assert.equal((await request()).status, 200)
  assert.equal((await messages()).length, 2)
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('a message of a repeat whose own answer is lost is found by the next repeat', async () => {
  await using gateway = await startGateway()
  const { request, checkRight, messages } = verifying(gateway)
  await gateway.fault('/verify/json', { connection: 'cut' })
  assert.equal(gist(await request()), '504 upstream_unreachable')
  await gateway.clock.advance(20)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  assert.equal(gist(await request()), '504 upstream_unreachable')
  await gateway.clock.advance(20)
  await gateway.fault('/verify/json', { status: '1' })
  assert.equal(gist(await request()), '429 upstream_throttled')
  const found = await request()
  assert.deepEqual([gist(found), found.body.message_sent, (await messages()).length], ['200 pending', false, 1])
  assert.equal(found.body.expires_at, new Date(noon + 320_000).toISOString(), 'the code lives from when it was sent')
  assert.equal(gist(await checkRight(found.body.request_id)), '200 verified')
})
