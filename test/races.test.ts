import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { asked, withBudgets } from './support/budgeted.ts'
import { someFolder } from './support/folder.ts'
import { noon, startGateway } from './support/gateway.ts'
import { startHoldingProxy } from './support/holding-proxy.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

/** A gateway whose answers from Vonage can be kept back. */
async function startHolding(env: Record<string, string> = {}, dataDir?: string) {
  const clock = new SimulatedClock({ standsAt: noon })
  const vonage = await startVonageApart(clock)
  const proxy = await startHoldingProxy(vonage.url)
  const gateway = await startGateway({
    env: { ...vonage.env, VONAGE_API_HOST: proxy.url, ...env },
    overrides: { clock },
    ...(dataDir !== undefined && { dataDir }),
  })
  const code = async () => vonage.simulator.messages(someNumber).at(-1)?.code ?? ''
  return {
    vonage,
    gateway,
    hold: proxy.hold,
    /** From now on nobody listens where Vonage was. */
    shut: () => proxy[Symbol.asyncDispose](),
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

test('a check that is answered while its run is found to be over keeps its right code', async () => {
  await using world = await startHolding()
  const { gateway } = world
  const { start, next, check, state } = verifying(gateway)
  const id = await start({ workflow_id: 4 })
  await gateway.clock.advance(70)
  await gateway.fault('/verify/control/json', { http: 500 })
  assert.equal(gist(await next(id)), '502 upstream_error')
  const held = world.hold('/verify/check/json')
  const checking = check(id, await world.code())
  await held.arrived
  await gateway.clock.advance(6)
  assert.equal(await state(id), 'pending')
  held.release()
  assert.equal(gist(await checking), '200 verified')
})

for (const { what, isCancelled, answer } of [
  { what: 'a right code', isCancelled: false, answer: '409 already_verified' },
  { what: 'a right code of a cancelled verification', isCancelled: true, answer: '410 verification_cancelled' },
]) {
  test(`${what} that is found while its answer is awaited counts once in a budget`, async () => {
    await using world = await startHolding(withBudgets({ prefix: 4 }))
    const { gateway } = world
    const { start, check, cancel } = verifying(gateway)
    const id = await start()
    const held = world.hold('/verify/check/json')
    const checking = check(id, await world.code())
    await held.arrived
    if (isCancelled) await cancel(id)
    await gateway.clock.advance(61)
    held.release()
    assert.equal(gist(await checking), answer)
    let room = 0
    while ((await asked(gateway, room)).status === 200) room += 1
    assert.equal(room, 4, 'three for it, and one')
  })
}

test('a right code is right although a next event finds its run over before its answer is there', async () => {
  await using world = await startHolding()
  const { start, check, next } = verifying(world.gateway)
  const id = await start({ workflow_id: 4 })
  await world.gateway.clock.advance(61)
  const event = world.hold('/verify/control/json', 'call')
  const resending = next(id)
  await event.arrived
  const held = world.hold('/verify/check/json')
  const checking = check(id, await world.code())
  await held.arrived
  event.release()
  assert.equal(gist(await resending), '409 check_in_progress')
  held.release()
  assert.equal(gist(await checking), '200 verified')
})

test('a next event that is found while its answer is awaited is counted once', async () => {
  await using world = await startHolding({ TOLLGATE_SENDS_PER_NUMBER: '3/1h' })
  const { gateway } = world
  const { start, next, request, checkRight } = verifying(gateway)
  const id = await start({ workflow_id: 4 })
  await gateway.clock.advance(70)
  const held = world.hold('/verify/control/json')
  const resending = next(id)
  await held.arrived
  await gateway.clock.advance(61)
  held.release()
  const { body } = await resending
  assert.equal(Date.parse(body.resend_at), noon + 130_000, 'from when it was asked for')
  await checkRight(id)
  assert.equal((await request()).status, 200)
  assert.equal(world.vonage.simulator.messages(someNumber).length, 3)
})

test('a new code that is taken for lost while the cancel of the old one is awaited is sent once', async () => {
  await using world = await startHolding({ TOLLGATE_SENDS_PER_NUMBER: '2/1h' })
  const { gateway } = world
  const { start, next, request, check } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(70)
  const held = world.hold('/verify/control/json')
  const resending = next(id)
  await held.arrived
  await gateway.clock.advance(61)
  held.release()
  assert.equal(gist(await resending), '409 delivery_unknown')
  assert.equal(world.vonage.simulator.messages(someNumber).length, 1)
  assert.equal((await request()).body.message_sent, true)
  assert.equal(gist(await check(id, await world.code())), '200 verified')
})

test('a run that another process ended while its cancel was awaited gets no new code', async () => {
  using folder = someFolder()
  await using world = await startHolding({}, folder.path)
  const { gateway } = world
  const { start, next } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(70)
  const held = world.hold('/verify/control/json')
  const resending = next(id)
  await held.arrived
  using ledger = new DatabaseSync(join(folder.path, 'ledger.db'))
  ledger.exec(`update runs set state = 'ended'; update verifications set state = 'expired', ended_at = ${noon}`)
  held.release()
  assert.equal(gist(await resending), '410 verification_expired')
  assert.equal(world.vonage.calls.filter(({ path }) => path === '/verify/json').length, 1)
})

for (const workflow_id of [4, 6]) {
  test(`a next message of workflow ${workflow_id} that nobody listens to is given back at once`, async () => {
    await using world = await startHolding()
    const { gateway } = world
    const { start, next, look } = verifying(gateway)
    const id = await start({ workflow_id })
    await gateway.clock.advance(70)
    await world.shut()
    for (let time = 0; time < 2; time += 1) {
      assert.equal(gist(await next(id)), '504 upstream_unreachable')
      assert.equal(Date.parse((await look(id)).body.resend_at), noon + 60_000)
    }
  })
}
