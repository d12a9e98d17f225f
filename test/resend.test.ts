import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { noon, startGateway } from './support/gateway.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const after = (seconds: number) => new Date(noon + seconds * 1000).toISOString()

test('after a minute the next message brings a new code, and the verification keeps its id', async () => {
  await using gateway = await startGateway()
  const { request, next, check, checkRight, messages, runs, cancels } = verifying(gateway)
  const requested = await request()
  const id = requested.body.request_id
  assert.deepEqual([requested.body.resend_at, requested.body.next_channel], [after(60), 'sms'])
  const oldCode = await gateway.code(someNumber)
  await gateway.clock.advance(60)
  const resent = await next(id)
  assert.equal(resent.status, 200)
  assert.deepEqual(resent.body, {
    ...resent.body,
    request_id: id,
    state: 'pending',
    status: '0',
    message_sent: true,
    attempts_left: 3,
    resend_at: after(120),
    expires_at: after(360),
    next_channel: 'sms',
  })
  assert.deepEqual([(await messages()).length, runs(), cancels()], [2, 2, 1])
  assert.equal(gist(await check(id, oldCode)), '400 wrong_code')
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('the next message cannot be had within a minute of the last', async () => {
  await using gateway = await startGateway()
  const { start, next, runs, cancels } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(20)
  const early = await next(id)
  assert.deepEqual([gist(early), early.headers.get('retry-after')], ['409 not_now', '40'])
  await gateway.clock.advance(40)
  assert.equal((await next(id)).status, 200)
  await gateway.clock.advance(59.5)
  const again = await next(id)
  assert.deepEqual([gist(again), again.headers.get('retry-after')], ['409 not_now', '1'])
  assert.deepEqual([runs(), cancels()], [2, 1])
})

test('unless it is asked for, no second message and no call ever goes out', async () => {
  await using gateway = await startGateway()
  const { start, messages } = verifying(gateway)
  await start()
  await gateway.clock.advance(30 * 60)
  assert.deepEqual(
    (await messages()).map(({ channel }) => channel),
    ['sms'],
  )
})

test('a workflow with a next event goes on to it: the same run, the same code', async () => {
  await using gateway = await startGateway()
  const { request, next, look, checkRight, messages, runs, nexts, cancels } = verifying(gateway)
  const { body } = await request({ workflow_id: 4 })
  const id = body.request_id
  assert.deepEqual([body.workflow_id, body.expires_at], [4, after(300)])
  await gateway.clock.advance(60)
  const resent = await next(id)
  assert.deepEqual([resent.status, resent.body.message_sent, resent.body.command], [200, true, 'trigger_next_event'])
  assert.deepEqual([resent.body.resend_at, resent.body.expires_at], [after(120), after(240)])
  assert.deepEqual([runs(), nexts(), cancels()], [1, 1, 0])
  const [first, second] = await messages()
  assert.equal(second?.code, first?.code)
  await gateway.clock.advance(60)
  assert.equal((await messages()).length, 2, 'the event that was brought forward does not come again')
  assert.equal((await look(id)).body.state, 'pending')
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('the cooldown counts from messages that the workflow sent by itself too', async () => {
  await using gateway = await startGateway()
  const { start, next, messages } = verifying(gateway)
  const id = await start({ workflow_id: 4 })
  await gateway.clock.advance(130)
  assert.equal((await messages()).length, 2)
  const early = await next(id)
  assert.deepEqual([gist(early), early.headers.get('retry-after')], ['409 not_now', '50'])
})

test('a call is announced before it is asked for', async () => {
  await using gateway = await startGateway()
  const { request, next, messages } = verifying(gateway)
  const { body } = await request({ workflow_id: 5 })
  assert.equal(body.next_channel, 'tts')
  await gateway.clock.advance(60)
  await next(body.request_id)
  assert.deepEqual(
    (await messages()).map(({ channel }) => channel),
    ['sms', 'tts'],
  )
})

test('who shares a message moves with it to the new code', async () => {
  await using gateway = await startGateway()
  const { start, next, checkWrong, checkRight, state } = verifying(gateway)
  const [first, second] = [await start(), await start()]
  await checkWrong(first)
  await checkWrong(second)
  await gateway.clock.advance(60)
  assert.equal((await next(second)).body.attempts_left, 2)
  assert.equal(gist(await checkRight(first)), '200 verified')
  assert.equal(await state(second), 'superseded')
})

test('an ended verification gets no next message', async () => {
  await using gateway = await startGateway()
  const { start, next, cancel, checkRight, runs } = verifying(gateway)
  const verified = await start()
  await checkRight(verified)
  const cancelled = await start()
  await gateway.clock.advance(60)
  await cancel(cancelled)
  const sent = runs()
  assert.equal(gist(await next(verified)), '409 already_verified')
  assert.equal(gist(await next(cancelled)), '410 verification_cancelled')
  assert.equal(runs(), sent)
})

test('when Vonage keeps the old code, nothing new is sent and the old code still verifies', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m' } })
  const { start, next, checkRight, messages } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(60)
  await gateway.fault('/verify/control/json', { status: '19' })
  assert.equal(gist(await next(id)), '409 not_now')
  assert.equal((await messages()).length, 1)
  assert.equal((await next(id)).status, 200, 'the message that did not go out counts against no cap')
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('when no new message can be sent after the old code is withdrawn, a repeat of the request sends it', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m' } })
  const { start, next, check, checkRight, look, request } = verifying(gateway)
  const id = await start()
  const oldCode = await gateway.code(someNumber)
  await gateway.clock.advance(60)
  await gateway.fault('/verify/json', { status: '9' })
  const refused = await next(id)
  assert.deepEqual([gist(refused), refused.body.request_id], ['503 upstream_out_of_credit', id])
  assert.deepEqual([(await look(id)).body.state, (await look(id)).body.delivery], ['pending', 'unknown'])
  assert.equal(gist(await check(id, oldCode)), '409 delivery_unknown')
  assert.equal((await request()).body.message_sent, true)
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('each message counts once against the caps, whatever time passes while Vonage answers', async () => {
  const clock = new SimulatedClock()
  await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '4/1h' }, overrides: { clock } })
  const { start, next, request, messages } = verifying(gateway)
  const id = await start()
  await clock.advance(61)
  assert.equal(gist(await next(id)), '200 pending')
  await clock.advance(61)
  await gateway.fault('/verify/control/json', { status: '1' })
  assert.equal(gist(await next(id)), '429 upstream_throttled')
  assert.equal(gist(await next(id)), '200 pending')
  assert.equal((await messages()).length, 3)
  await clock.advance(400)
  assert.equal(gist(await request()), '200 pending')
  await clock.advance(400)
  assert.equal(gist(await request()), '429 quota_exceeded')
  assert.equal((await messages()).length, 4)
})
