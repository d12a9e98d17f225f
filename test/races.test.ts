import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { noon, startGateway } from './support/gateway.ts'
import { startHoldingProxy } from './support/holding-proxy.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

/** A gateway whose answers from Vonage can be kept back. */
async function startHolding(env: Record<string, string> = {}) {
  const clock = new SimulatedClock({ standsAt: noon })
  const vonage = await startVonageApart(clock)
  const proxy = await startHoldingProxy(vonage.url)
  const gateway = await startGateway({
    env: { ...vonage.env, VONAGE_API_HOST: proxy.url, ...env },
    overrides: { clock },
  })
  const code = async () => vonage.simulator.messages(someNumber).at(-1)?.code ?? ''
  return {
    vonage,
    gateway,
    hold: proxy.hold,
    code,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await vonage[Symbol.asyncDispose]()
    },
  }
}

test('a right code that arrives while its verification is cancelled ends the others of the message too', async () => {
  await using world = await startHolding()
  const { start, check, cancel, look, request } = verifying(world.gateway)
  const [first, second] = [await start(), await start()]
  const held = world.hold('/verify/check/json')
  const checking = check(first, await world.code())
  await held.arrived
  assert.equal(gist(await cancel(first)), '200 cancelled')
  held.release()
  assert.equal(gist(await checking), '410 verification_cancelled')
  assert.equal(gist(await look(second)), '200 superseded')
  assert.equal((await request()).body.message_sent, true, 'nobody joins the run that is over')
})

test('a verification that is cancelled while its next message goes out leaves no run behind', async () => {
  await using world = await startHolding()
  const { start, cancel, next, look, request } = verifying(world.gateway)
  const id = await start()
  await world.gateway.clock.advance(60)
  const held = world.hold('/verify/json')
  const resending = next(id)
  await held.arrived
  assert.equal(gist(await cancel(id)), '200 cancelled')
  held.release()
  assert.equal((await resending).body.state, 'cancelled')
  await world.gateway.clock.advance(40)
  const [, replaced, withdrawn, ...more] = world.vonage.calls.filter(({ method }) => method === 'POST')
  assert.deepEqual(
    [replaced?.parameters.cmd, withdrawn?.path, more[0]?.parameters.cmd],
    ['cancel', '/verify/json', 'cancel'],
  )
  assert.equal(gist(await look(id)), '200 cancelled')
  assert.equal((await request()).body.message_sent, true)
})

test('a code that is given while a new one goes out waits for that, and is then wrong', async () => {
  await using world = await startHolding()
  const { start, check, next, look } = verifying(world.gateway)
  const id = await start()
  const before = await world.code()
  await world.gateway.clock.advance(60)
  const held = world.hold('/verify/json')
  const resending = next(id)
  await held.arrived
  const checking = check(id, before)
  for (let looks = 0; looks < 5; looks += 1) assert.equal(gist(await look(id)), '200 pending')
  held.release()
  assert.deepEqual([gist(await resending), gist(await checking)], ['200 pending', '400 wrong_code'])
})

test('a cancel is answered at once, however slow Vonage is', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '30000' } })
  const { start, cancel } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(60)
  await gateway.fault('/verify/control/json', { connection: 'stall' })
  assert.equal(gist(await cancel(id)), '200 cancelled')
})
