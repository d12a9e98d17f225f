import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { startAnsweringVonage } from './support/answering-vonage.ts'
import { noon, startGateway } from './support/gateway.ts'
import { gist, verifying } from './support/verifying.ts'

type Reply = (response: ServerResponse) => void

const succeed: Reply = (response) =>
  void response.end(JSON.stringify({ status: '0', request_id: String(++runs).padStart(32, '0') }))
const refuse: Reply = (response) => void response.end(JSON.stringify({ status: '3' }))
const fail: Reply = (response) => void response.writeHead(503).end()
const cut: Reply = (response) => void response.destroy()
let runs = 0

/** A gateway before a Vonage that answers sends as it is told. */
async function startBefore() {
  let reply: Reply = succeed
  let sends = 0
  const send = (response: ServerResponse) => {
    sends += 1
    reply(response)
  }
  const vonage = await startAnsweringVonage({
    '/verify/json': send,
    '/verify/control/json': send,
    '/verify/check/json': { status: '16', error_text: 'no match' },
  })
  const clock = new SimulatedClock({ standsAt: noon })
  const gateway = await startGateway({ env: vonage.env, overrides: { clock } })
  let number = 447700900000
  return {
    gateway,
    clock,
    sends: () => sends,
    will: (how: Reply) => {
      reply = how
    },
    ask: async () => verifying(gateway, String(++number)).request(),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await vonage[Symbol.asyncDispose]()
      clock.stop()
    },
  }
}

type Before = Awaited<ReturnType<typeof startBefore>>

async function open(on: Before): Promise<void> {
  on.will(fail)
  for (let asked = 0; asked < 10; asked += 1) assert.equal(gist(await on.ask()), '502 upstream_error')
}

test('after ten sends without an answer nothing is sent for a while, callers are told how long, and checks go on', async () => {
  await using on = await startBefore()
  const id = (await on.ask()).body.request_id
  on.will(cut)
  for (let asked = 0; asked < 5; asked += 1) assert.equal(gist(await on.ask()), '504 upstream_unreachable')
  on.will(fail)
  for (let asked = 0; asked < 5; asked += 1) assert.equal(gist(await on.ask()), '502 upstream_error')
  const before = on.sends()
  const refused = await on.ask()
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['503 upstream_unavailable', '15'])
  assert.equal(on.sends(), before)
  const { body } = await on.gateway.rest('GET', `/v1/decisions?rule=breaker`)
  assert.deepEqual(
    body.decisions.map((decision: { decision_id: string }) => decision.decision_id),
    [refused.body.decision_id],
  )
  assert.equal(gist(await verifying(on.gateway).check(id, '123456')), '400 wrong_code')
  assert.ok(on.gateway.log.some((line) => line.includes('no message is sent for a while')))
})

test('after the pause one send tries: one that is answered opens the way again', async () => {
  await using on = await startBefore()
  await open(on)
  await on.clock.advance(14)
  assert.equal(gist(await on.ask()), '503 upstream_unavailable')
  await on.clock.advance(1)
  let release = () => {}
  const arrived = new Promise<void>((resolve) =>
    on.will((response) => {
      release = () => succeed(response)
      resolve()
    }),
  )
  const first = on.ask()
  await arrived
  const others = await Promise.all([on.ask(), on.ask()])
  assert.deepEqual(others.map(gist), ['503 upstream_unavailable', '503 upstream_unavailable'])
  assert.equal(others[0]?.headers.get('retry-after'), '1')
  release()
  assert.equal(gist(await first), '200 pending')
  on.will(succeed)
  assert.equal(gist(await on.ask()), '200 pending')
})

test('one that is not answered doubles the pause, to four minutes', async () => {
  await using on = await startBefore()
  await open(on)
  for (const seconds of [15, 30, 60, 120, 240, 240]) {
    const { headers } = await on.ask()
    assert.equal(headers.get('retry-after'), String(seconds))
    await on.clock.advance(seconds)
    const before = on.sends()
    assert.equal(gist(await on.ask()), '502 upstream_error')
    assert.equal(on.sends(), before + 1)
  }
})

test('an answer that is none of Verify is no outage, whoever gave it', async () => {
  await using on = await startBefore()
  const proxy: Reply = (response) => void response.writeHead(403, { 'content-type': 'text/html' }).end('<p>No</p>')
  const other: Reply = (response) => void response.end('{}')
  for (const reply of [proxy, other]) {
    on.will(reply)
    for (let asked = 0; asked < 12; asked += 1) assert.equal(gist(await on.ask()), '502 upstream_error')
  }
})

test('after the pause an answer that is none of Verify opens nothing, and the next send tries', async () => {
  await using on = await startBefore()
  await open(on)
  await on.clock.advance(15)
  on.will((response) => void response.end('{}'))
  assert.equal(gist(await on.ask()), '502 upstream_error')
  on.will(fail)
  assert.equal(gist(await on.ask()), '502 upstream_error')
  const refused = await on.ask()
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['503 upstream_unavailable', '30'])
})

test('refusals are answers: they keep nobody from sending, and end an outage', async () => {
  await using on = await startBefore()
  on.will(refuse)
  for (let asked = 0; asked < 15; asked += 1) assert.equal(gist(await on.ask()), '422 invalid_request')
  await on.clock.advance(31)
  await open(on)
  await on.clock.advance(15)
  on.will(refuse)
  assert.equal(gist(await on.ask()), '422 invalid_request')
  on.will(succeed)
  assert.equal(gist(await on.ask()), '200 pending')
})

test('failures that are few among the sends of half a minute, or lie apart, change nothing', async () => {
  await using on = await startBefore()
  for (let asked = 0; asked < 30; asked += 1) {
    on.will(asked % 3 === 0 ? fail : succeed)
    await on.ask()
  }
  on.will(fail)
  for (let asked = 0; asked < 20; asked += 1) {
    await on.clock.advance(4)
    assert.equal(gist(await on.ask()), '502 upstream_error')
  }
})

test('where nothing can be sent, the code that a next message would replace stays', async () => {
  await using on = await startBefore()
  const id = (await on.ask()).body.request_id
  await on.clock.advance(60)
  await open(on)
  const before = on.sends()
  assert.equal(gist(await verifying(on.gateway).next(id)), '503 upstream_unavailable')
  assert.equal(on.sends(), before)
  assert.equal(await verifying(on.gateway).state(id), 'pending')
})
