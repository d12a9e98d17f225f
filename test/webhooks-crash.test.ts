import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { someFolder } from './support/folder.ts'
import { request, startGateway } from './support/gateway.ts'
import { spawnGateway } from './support/spawned-gateway.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { startReceiver } from './support/webhooks.ts'

test('what a gateway that was killed had not delivered is delivered by the next one, and nothing acknowledged is lost', async () => {
  const clock = new SimulatedClock()
  await using vonage = await startVonageApart(clock)
  await using receiver = await startReceiver()
  using folder = someFolder()
  const env = { ...vonage.env, ...receiver.env, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }
  // Some are answered, then the receiver hangs.
  receiver.answer(() => (receiver.heard.length <= 5 ? { status: 200 } : 'never'))
  const acknowledged: string[] = []
  {
    await using dying = await spawnGateway(env)
    const numbers = Array.from({ length: 20 }, (_, index) => `4477009001${10 + index}`)
    const asking = Promise.allSettled(
      numbers.map(async (number) => {
        const { body } = await request(`${dying.rest}/v1/verifications`, 'POST', { number, brand: 'Acme' })
        acknowledged.push(body.request_id)
      }),
    )
    while (receiver.heard.length < 8) await new Promise(setImmediate)
    await dying.kill()
    await asking
  }
  assert.ok(acknowledged.length > 0)
  const inVain = new Set(receiver.heard.slice(5).map(({ id }) => id))
  assert.ok(inVain.size > 0)

  receiver.answer(() => ({ status: 200 }))
  const before = receiver.heard.length
  await using _gateway = await startGateway({ env, dataDir: folder.path, overrides: { clock } })
  await clock.advance(60)
  for (const id of acknowledged) assert.ok(receiver.of(id).includes('1 requested'), id)
  const again = receiver.heard.slice(before).map(({ id }) => id)
  for (const id of inVain) assert.ok(again.includes(id), 'what was under way comes again')
  assert.equal(new Set(again).size, again.length, 'each once')
  assert.deepEqual(receiver.faults, [])
})

test('what was cancelled while it was being sent is told of, although the gateway died before it knew more', async () => {
  const clock = new SimulatedClock()
  await using vonage = await startVonageApart(clock)
  await using receiver = await startReceiver()
  using folder = someFolder()
  const env = { ...vonage.env, ...receiver.env, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }
  let id = ''
  {
    await using dying = await spawnGateway(env)
    await vonage.holdAnswer('/verify/json')
    const wanted = { number: '447700900123', brand: 'Acme' }
    const asking = Promise.allSettled([request(`${dying.rest}/v1/verifications`, 'POST', wanted)])
    while (vonage.calls.length === 0) await new Promise(setImmediate)
    const { body } = await request(`${dying.rest}/v1/verifications`)
    id = body.verifications[0].request_id
    assert.equal((await request(`${dying.rest}/v1/verifications/${id}/cancel`, 'POST')).status, 200)
    await dying.kill()
    await asking
  }
  assert.deepEqual(receiver.heard, [])
  await using _gateway = await startGateway({ env, dataDir: folder.path, overrides: { clock } })
  await clock.advance(301)
  assert.deepEqual(receiver.of(id).sort(), ['1 requested', '2 cancelled'])
})
