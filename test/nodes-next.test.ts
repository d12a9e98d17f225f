import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHoldingProxy } from './support/holding-proxy.ts'
import { startNodes } from './support/nodes.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

/** Two nodes a minute after a message, with a Vonage whose answers can be kept back. */
async function startResending(workflow_id = 6) {
  const vonage = await startVonageApart()
  const proxy = await startHoldingProxy(vonage.url)
  const cluster = await startNodes({ env: { ...vonage.env, VONAGE_API_HOST: proxy.url } })
  const [here, there] = [verifying(cluster.one), verifying(cluster.other)]
  const id = await here.start({ workflow_id })
  await Promise.all([vonage.pass(61), cluster.ledger.pass(61_000)])
  return {
    id,
    here,
    there,
    vonage,
    hold: proxy.hold,
    code: () => vonage.simulator.messages(someNumber).at(-1)?.code ?? '',
    messages: () => vonage.simulator.messages(someNumber).length,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await vonage[Symbol.asyncDispose]()
    },
  }
}

for (const [kind, workflow_id] of Object.entries({ 'a new code': 6, 'the next event of several': 2 })) {
  test(`${kind} that two nodes are asked for goes out once`, async () => {
    await using world = await startResending(workflow_id)
    const { here, there, id } = world
    const held = world.hold('/verify/control/json')
    const resending = here.next(id)
    await held.arrived
    assert.equal(gist(await there.next(id)), '409 not_now')
    held.release()
    assert.deepEqual([gist(await resending), gist(await there.next(id))], ['200 pending', '409 not_now'])
    assert.equal(world.messages(), 2)
    assert.equal(gist(await there.check(id, world.code())), '200 verified')
  })
}

test('a code that one node is given while another replaces it waits for that, and is then wrong', async () => {
  await using world = await startResending()
  const { here, there, id } = world
  const before = world.code()
  const held = world.hold('/verify/control/json')
  const resending = here.next(id)
  await held.arrived
  const checking = there.check(id, before)
  for (let looks = 0; looks < 5; looks += 1) assert.equal(gist(await there.look(id)), '200 pending')
  held.release()
  assert.deepEqual([gist(await resending), gist(await checking)], ['200 pending', '400 wrong_code'])
  assert.equal(gist(await there.check(id, world.code())), '200 verified')
})

test('a code that one node checks is replaced by no other, and counts', async () => {
  await using world = await startResending()
  const { here, there, id } = world
  const held = world.hold('/verify/check/json')
  const checking = here.check(id, world.code())
  await held.arrived
  assert.equal(gist(await there.next(id)), '409 check_in_progress')
  held.release()
  assert.equal(gist(await checking), '200 verified')
  assert.equal(gist(await there.next(id)), '409 already_verified')
  assert.equal(world.messages(), 1)
})
