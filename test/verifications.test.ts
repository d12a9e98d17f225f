import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { noon, startGateway } from './support/gateway.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

test('a code from the inbox verifies the number once', async () => {
  await using gateway = await startGateway()
  const { request, check, look } = verifying(gateway)
  const requested = await request()
  assert.equal(requested.status, 200)
  assert.equal(requested.body.message_sent, true)
  const { request_id } = requested.body
  const code = await gateway.code(someNumber)
  assert.match(code, /^\d{6}$/)
  assert.equal(gist(await check(request_id, code)), '200 verified')
  const again = await check(request_id, code)
  assert.deepEqual([again.status, again.body.code], [409, 'already_verified'])
  const { body } = await look(request_id)
  assert.deepEqual([body.state, body.ended_at, body.attempts_left], ['verified', new Date(noon).toISOString(), 0])
})

test('three wrong codes end a verification, and the right one comes too late', async () => {
  await using gateway = await startGateway()
  const { start, checkWrong, checkRight, state, checks } = verifying(gateway)
  const id = await start()
  const answers = [await checkWrong(id), await checkWrong(id), await checkWrong(id), await checkRight(id)]
  assert.deepEqual(
    answers.map(({ status, body: { code, attempts_left } }) => [status, code, attempts_left]),
    [
      [400, 'wrong_code', 2],
      [400, 'wrong_code', 1],
      [410, 'attempts_exhausted', 0],
      [410, 'attempts_exhausted', 0],
    ],
  )
  assert.equal(await state(id), 'failed')
  assert.equal(checks(), 3)
})

test('after wrong codes the right one still verifies, and a new request of the number sends a new message', async () => {
  await using gateway = await startGateway()
  const { start, checkWrong, checkRight, messages } = verifying(gateway)
  const id = await start()
  await checkWrong(id)
  await checkWrong(id)
  assert.equal(gist(await checkRight(id)), '200 verified')
  const other = await start()
  assert.equal((await messages()).length, 2)
  assert.equal(gist(await checkRight(other)), '200 verified')
})

test('a cancelled verification takes no code, and cancelling it again succeeds', async () => {
  await using gateway = await startGateway()
  const { start, cancel, checkRight, state, cancels, checks } = verifying(gateway)
  const id = await start()
  assert.equal(gist(await cancel(id)), '200 cancelled')
  assert.equal(gist(await checkRight(id)), '410 verification_cancelled')
  assert.equal(checks(), 0)
  assert.equal(gist(await cancel(id)), '200 cancelled')
  assert.equal(await state(id), 'cancelled')
  assert.equal(cancels(), 0)

  await gateway.clock.advance(29)
  assert.equal(cancels(), 0, 'Vonage refuses a cancel in its first 30 seconds')
  await gateway.clock.advance(3)
  assert.equal(cancels(), 1)
  assert.equal(gist(await cancel(id)), '200 cancelled')
  await gateway.clock.advance(600)
  assert.equal(cancels(), 1)
})

test('a verification older than 30 seconds is cancelled at Vonage at once', async () => {
  await using gateway = await startGateway()
  const { start, cancel, cancels, request, messages } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(40)
  assert.equal(gist(await cancel(id)), '200 cancelled')
  await gateway.clock.advance(1)
  assert.equal(cancels(), 1)
  assert.equal((await request({ brand: 'Umbrella' })).body.message_sent, true)
  assert.equal((await messages()).length, 2)
})

test('a cancel that Vonage did not answer or refused is told again until it is done', async () => {
  await using gateway = await startGateway()
  const { start, cancel, cancels, request } = verifying(gateway)
  await gateway.fault('/verify/control/json', { http: 503 })
  await gateway.fault('/verify/control/json', { status: '19' })
  await cancel(await start())
  await gateway.clock.advance(32)
  assert.equal(cancels(), 1)
  await gateway.clock.advance(10)
  assert.equal(cancels(), 3)
  assert.equal((await request()).body.message_sent, true)
})

test('who asks again while a cancel still waits gets the run, and the cancel is withdrawn', async () => {
  await using gateway = await startGateway()
  const { start, cancel, request, checkRight, state, cancels, messages } = verifying(gateway)
  const first = await start()
  await cancel(first)
  await gateway.clock.advance(20)
  const again = await request()
  assert.deepEqual([again.status, again.body.message_sent], [200, false])
  await gateway.clock.advance(60)
  assert.equal(cancels(), 0)
  assert.equal((await messages()).length, 1)
  assert.equal(gist(await checkRight(again.body.request_id)), '200 verified')
  assert.equal(await state(first), 'cancelled')
})

test('who asks again while the last one out is being cancelled gets a code that works', async () => {
  await using gateway = await startGateway()
  for (let index = 0; index < 5; index += 1) {
    const { start, cancel, request, checkRight } = verifying(gateway, `44770090010${index}`)
    const first = await start()
    await gateway.clock.advance(40)
    const [cancelled, again] = await Promise.all([cancel(first), request()])
    assert.equal(gist(cancelled), '200 cancelled')
    assert.equal(gist(await checkRight(again.body.request_id)), '200 verified')
  }
})

test('another brand waits for a cancel and no longer', async () => {
  await using gateway = await startGateway()
  const { start, cancel, request } = verifying(gateway)
  await cancel(await start())
  const refused = await request({ brand: 'Umbrella' })
  const seconds = Number(refused.headers.get('retry-after'))
  assert.deepEqual([gist(refused), seconds], ['409 verification_pending', 31])
  await gateway.clock.advance(seconds)
  assert.equal((await request({ brand: 'Umbrella' })).body.message_sent, true)
})

test('a verified, a failed and an expired verification can no longer be cancelled', async () => {
  await using gateway = await startGateway()
  const { start, cancel, checkRight, checkWrong } = verifying(gateway)
  const verified = await start()
  await checkRight(verified)
  assert.equal(gist(await cancel(verified)), '409 already_verified')
  const failed = await start()
  for (let tries = 0; tries < 3; tries += 1) await checkWrong(failed)
  assert.equal(gist(await cancel(failed)), '410 attempts_exhausted')
  const expired = await start()
  await gateway.clock.advance(300)
  assert.equal(gist(await cancel(expired)), '410 verification_expired')
})

test('when its time is over a verification is expired, and the number is free again', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, look, messages } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(299)
  assert.equal((await look(id)).body.state, 'pending')
  await gateway.clock.advance(1)
  const { body } = await look(id)
  assert.deepEqual([body.state, body.ended_at], ['expired', body.expires_at])
  assert.equal(gist(await checkRight(id)), '410 verification_expired')
  await start({ brand: 'Umbrella' })
  assert.equal((await messages()).length, 2)
})

/** Its time goes on while its timers are late, as in a process that was suspended. */
class LateClock extends SimulatedClock {
  lateMs = 0

  override now(): number {
    return super.now() + this.lateMs
  }
}

test('a verification is expired in time even when the sweeper is late', async () => {
  const clock = new LateClock({ standsAt: noon })
  await using gateway = await startGateway({ overrides: { clock } })
  const { start, checkRight, cancel, next, look, checks } = verifying(gateway)
  const id = await start()
  clock.lateMs = 300_000
  const { body } = await look(id)
  assert.deepEqual([body.state, body.ended_at], ['expired', body.expires_at])
  for (const answer of [await checkRight(id), await cancel(id), await next(id)]) {
    assert.equal(gist(answer), '410 verification_expired')
  }
  assert.equal(checks(), 0)
  clock.lateMs = 0
  await clock.advance(300)
  assert.equal((await look(id)).body.ended_at, body.ended_at)
})

test('an id that nobody was given is not found by any command', async () => {
  await using gateway = await startGateway()
  const { check, cancel, next, look } = verifying(gateway)
  const id = 'f'.repeat(32)
  for (const answer of [await check(id, '123456'), await cancel(id), await next(id), await look(id)]) {
    assert.equal(gist(answer), '404 verification_not_found')
  }
  assert.equal(gateway.calls.length, 0)
})

test('what Vonage says is over ends here as its record tells', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, state } = verifying(gateway)
  const id = await start()
  await gateway.fault('/verify/check/json', { status: '6' })
  const meanwhile = await checkRight(id)
  assert.equal(gist(meanwhile), '410 verification_expired')
  assert.equal(await state(id), 'pending', 'its record says that it goes on')
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('expires_at is the end of the newest code, and nobody joins a message whose code is nearly over', async () => {
  await using gateway = await startGateway()
  const { start, look, request } = verifying(gateway)
  const id = await start({ workflow_id: 1 })
  const expiry = async () => (Date.parse((await look(id)).body.expires_at) - noon) / 1000
  assert.equal(await expiry(), 300)
  await gateway.clock.advance(250)
  assert.equal(await expiry(), 300, 'the call at 125 s repeated the code')
  assert.equal(gist(await request()), '409 verification_pending')
  await gateway.clock.advance(60)
  assert.equal(await expiry(), 605, 'the call at 305 s brought a new one')
  assert.equal((await request()).body.message_sent, false)
})
