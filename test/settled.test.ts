import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator, wrongFor } from '../src/simulator/simulator-under-test.ts'
import { request, startGateway } from './support/gateway.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

type Simulator = Awaited<ReturnType<typeof startSimulator>>

/** A sandbox whose Vonage is a process of its own, so that things happen there that the gateway isn't told of. */
async function startBoth() {
  const simulator = await startSimulator()
  const env = {
    TOLLGATE_MODE: 'sandbox',
    VONAGE_API_KEY: '5a4db0c5',
    VONAGE_API_SECRET: 'sandboxSecret1',
    VONAGE_API_HOST: simulator.base,
  }
  const gateway = await startGateway({ env })
  return {
    simulator,
    gateway,
    ...verifying(gateway),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await simulator[Symbol.asyncDispose]()
    },
  }
}

const runOf = ({ simulator }: Simulator) => simulator.messages(someNumber).at(-1)?.request_id ?? ''

const endings: [how: string, end: (vonage: Simulator) => Promise<unknown>, gist: string, state: string][] = [
  ['verified there', (vonage) => vonage.check(runOf(vonage), vonage.lastCode()), '410 verification_expired', 'expired'],
  [
    'failed there',
    async (vonage) => {
      const id = runOf(vonage)
      for (let tries = 0; tries < 3; tries += 1) await vonage.check(id, wrongFor(vonage.lastCode()))
    },
    '410 attempts_exhausted',
    'failed',
  ],
  ['expired there', (vonage) => vonage.clock.advance(300), '410 verification_expired', 'expired'],
  [
    'cancelled there',
    async (vonage) => {
      await vonage.clock.advance(31)
      await vonage.control(runOf(vonage), 'cancel')
    },
    '410 verification_cancelled',
    'cancelled',
  ],
]

for (const [how, end, answer, state] of endings) {
  test(`a run that was ${how} ends its verification as Vonage’s record tells, and frees the number`, async () => {
    await using on = await startBoth()
    const id = await on.start()
    await end(on.simulator)
    const refused = await on.checkRight(id)
    assert.equal(gist(refused), answer)
    assert.equal(refused.body.upstream.status, '6')
    assert.equal(await on.state(id), state)
    assert.equal(gist(await on.checkRight(id)), answer, 'it stays so')
    const asked = on.simulator.calls.length
    await on.check(id, '123456')
    assert.equal(on.simulator.calls.length, asked, 'Vonage is asked no more')
    assert.equal((await on.request({ brand: 'Another' })).body.message_sent, true)
  })
}

test('while Vonage does not know how a run ended, a check costs no try and its verification stays', async () => {
  await using on = await startBoth()
  const id = await on.start()
  await on.simulator.check(runOf(on.simulator), on.simulator.lastCode())
  await on.simulator.tell('/simulator/faults', { path: '/verify/search/json', answer: { status: '101' } })
  assert.equal(gist(await on.checkRight(id)), '410 verification_expired')
  const { body } = await on.look(id)
  assert.deepEqual([body.state, body.attempts_left], ['pending', 3])
  await on.simulator.tell('/simulator/faults', { path: '/verify/search/json', answer: { http: 500 }, times: 2 })
  assert.equal(gist(await on.checkRight(id)), '410 verification_expired')
  assert.equal(await on.state(id), 'pending')
  assert.equal(gist(await on.checkRight(id)), '410 verification_expired')
  assert.equal(await on.state(id), 'expired')
})

for (const { workflow_id, does } of [
  { workflow_id: 4, does: 'the next event' },
  { workflow_id: 6, does: 'a new run' },
]) {
  test(`a resend by ${does} of a run that is over at Vonage sends nothing and ends the verification`, async () => {
    await using gateway = await startGateway()
    const { start, next, state, messages } = verifying(gateway)
    const id = await start({ workflow_id })
    const [message] = await messages()
    const authorization = `Basic ${btoa('5a4db0c5:sandboxSecret1')}`
    const url = `${gateway.addresses.simulator}/verify/check/json`
    await request(url, 'POST', { request_id: message?.request_id, code: message?.code }, { authorization })
    await gateway.clock.advance(60)
    assert.equal(gist(await next(id)), '410 verification_expired')
    assert.equal(await state(id), 'expired')
    assert.equal((await messages()).length, 1)
  })
}
