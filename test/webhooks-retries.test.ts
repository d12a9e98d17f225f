import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon, startGateway } from './support/gateway.ts'
import { dataFolder, tollgate } from './support/serving.ts'
import { verifying } from './support/verifying.ts'
import { deliver, startReceiver, startTelling } from './support/webhooks.ts'

const hourSeconds = 3600
const daySeconds = 24 * hourSeconds

/** What `tollgate webhooks list` prints, beside the gateway that serves. */
async function listed(folder: string, ...options: string[]) {
  const { code, stdout, stderr } = await tollgate(['webhooks', 'list', ...options], { TOLLGATE_DATA_DIR: folder })
  assert.deepEqual([code, stderr], [0, ''])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

async function replay(folder: string, which: string) {
  return tollgate(['webhooks', 'replay', which], { TOLLGATE_DATA_DIR: folder })
}

test('a webhook that is not taken comes again after 5, 10 and 20 seconds, under the same id, until it is', async () => {
  using folder = dataFolder()
  await using gateway = await startTelling({ dataDir: folder.path })
  const { receiver, clock } = gateway
  const arrivals: number[] = []
  receiver.answer(() => {
    arrivals.push((clock.now() - noon) / 1000)
    return { status: arrivals.length < 4 ? 500 : 200 }
  })
  const id = await verifying(gateway).start()
  await gateway.tell()
  assert.deepEqual(await listed(folder.path, '--state', 'delivered'), [])
  const [waiting] = await listed(folder.path, '--state', 'pending')
  assert.deepEqual([waiting.attempts, waiting.last_error], [1, 'HTTP 500'])
  assert.equal(waiting.next_attempt_at, new Date(noon + 5000).toISOString())
  assert.equal(await verifying(gateway).state(id), 'pending', 'the verification goes on')
  await clock.advance(34)
  assert.deepEqual(arrivals, [0, 5, 15])
  await clock.advance(200)
  assert.deepEqual(arrivals, [0, 5, 15, 35], 'and not after it was taken')
  const first = receiver.heard.filter(({ type }) => type === 'verification.requested')
  assert.deepEqual([new Set(first.map((heard) => heard.id)).size, new Set(first.map(({ body }) => body)).size], [1, 1])
  assert.deepEqual(receiver.faults, [])
  const [delivered] = await listed(folder.path, '--state', 'delivered')
  assert.deepEqual([delivered.attempts, delivered.state, delivered.last_error], [4, 'delivered', undefined])
  assert.equal(delivered.settled_at, new Date(noon + 35_000).toISOString())
})

test('chance spreads what failed together', async () => {
  const chances = [0, 1]
  await using gateway = await startTelling({ overrides: { random: () => chances.shift() ?? 0.5 } })
  const { receiver, clock } = gateway
  receiver.answer(() => ({ status: 503 }))
  await verifying(gateway).start()
  await verifying(gateway, '447700900124').start()
  const heard: number[] = []
  for (let tenths = 0; tenths < 70; tenths += 1) {
    await clock.advance(0.1)
    heard.push(receiver.heard.length)
  }
  assert.deepEqual([heard.indexOf(3), heard.indexOf(4)], [37, 62])
})

test('what is not taken for 24 hours is given up, listed, and sent again when it is replayed', async () => {
  using folder = dataFolder()
  await using gateway = await startTelling({ dataDir: folder.path })
  const { receiver, clock } = gateway
  receiver.answer(() => ({ status: 500 }))
  const id = await verifying(gateway).start()
  await clock.advance(daySeconds - 1)
  assert.deepEqual(await listed(folder.path, '--state', 'dead'), [])
  await clock.advance(301)
  const attempts = receiver.of(id).filter((told) => told === '1 requested').length
  assert.ok(attempts > 25 && attempts < 40, String(attempts))
  const dead = await listed(folder.path, '--state', 'dead')
  assert.deepEqual(
    dead.map(({ type, data, last_error, target }) => [type, data.request_id, last_error, target]),
    [
      ['verification.requested', id, 'HTTP 500', receiver.url],
      ['verification.expired', id, 'HTTP 500', receiver.url],
    ],
  )
  assert.equal(dead[0].attempts, attempts)
  assert.equal(dead[0].settled_at, new Date(noon + daySeconds * 1000).toISOString())
  assert.match(gateway.log.filter((line) => line.includes('webhook given up')).join(), /"reason":"HTTP 500"/)
  const before = receiver.heard.length
  await clock.advance(daySeconds)
  assert.equal(receiver.heard.length, before, 'nothing is tried after it was given up')

  receiver.answer(() => ({ status: 200 }))
  assert.deepEqual(JSON.parse((await replay(folder.path, dead[0].id)).stdout), { replayed: 1 })
  await clock.advance(60)
  assert.deepEqual(
    receiver.heard.slice(before).map((heard) => heard.id),
    [dead[0].id],
  )
  assert.deepEqual(JSON.parse((await replay(folder.path, '--all-dead')).stdout), { replayed: 1 })
  await clock.advance(60)
  assert.deepEqual(receiver.of(id).slice(before), ['1 requested', '2 expired'])
  assert.deepEqual(await listed(folder.path, '--state', 'dead'), [])
  assert.deepEqual(
    (await listed(folder.path)).map(({ state, attempts: since }) => [state, since]),
    [
      ['delivered', 1],
      ['delivered', 1],
    ],
  )
})

test('a replayed webhook is tried for 24 hours again', async () => {
  using folder = dataFolder()
  await using gateway = await startTelling({ dataDir: folder.path })
  const { receiver, clock } = gateway
  receiver.answer(() => ({ status: 410 }))
  await verifying(gateway).start()
  await clock.advance(2 * daySeconds)
  receiver.answer(() => ({ status: 500 }))
  assert.deepEqual(JSON.parse((await replay(folder.path, '--all-dead')).stdout), { replayed: 2 })
  await clock.advance(daySeconds)
  assert.equal((await listed(folder.path, '--state', 'pending')).length, 2)
  await clock.advance(60)
  assert.equal((await listed(folder.path, '--state', 'dead')).length, 2)
})

test('a webhook that is not there, or still waits, is not replayed', async () => {
  using folder = dataFolder()
  await using gateway = await startTelling({ dataDir: folder.path })
  gateway.receiver.answer(() => ({ status: 500 }))
  await verifying(gateway).start()
  await gateway.tell()
  const [waiting] = await listed(folder.path)
  for (const id of ['msg_none_1', waiting.id]) {
    const { code, stderr } = await replay(folder.path, id)
    assert.deepEqual([code, stderr], [1, `tollgate: the ledger has no webhook ${id} that was delivered or given up\n`])
  }
  assert.deepEqual(JSON.parse((await replay(folder.path, '--all-dead')).stdout), { replayed: 0 })
})

test('an address that is gone for good is given up at once, for this webhook alone', async () => {
  using folder = dataFolder()
  await using gateway = await startTelling({ dataDir: folder.path })
  gateway.receiver.answer(({ data }) => ({ status: data.sequence === 1 ? 410 : 200 }))
  const { start, checkRight } = verifying(gateway)
  const id = await start()
  await checkRight(id)
  await gateway.clock.advance(hourSeconds)
  assert.deepEqual(gateway.receiver.of(id).sort(), ['1 requested', '2 verified'])
  assert.deepEqual(
    (await listed(folder.path)).map(({ state, last_error }) => [state, last_error]),
    [
      ['dead', 'HTTP 410'],
      ['delivered', undefined],
    ],
  )
})

test('an address that does not answer does not keep another one from being told', async () => {
  await using silent = await startReceiver()
  silent.answer(() => 'never')
  await using receiver = await startReceiver()
  await using gateway = await startGateway({
    env: { ...receiver.env, TOLLGATE_WEBHOOK_URLS: `${silent.url},${receiver.url}` },
    overrides: { patienceMs: 2000 },
  })
  const numbers = Array.from({ length: 20 }, (_, index) => `4477009001${10 + index}`)
  const ids = await Promise.all(numbers.map((number) => verifying(gateway, number).start()))
  await deliver(gateway.clock)
  for (const id of ids) assert.deepEqual(receiver.of(id), ['1 requested'])
  assert.equal(silent.heard.length, 8, 'it gets no more at a time')
})

test('what was under way when a gateway is closed comes again at the next start', async () => {
  using folder = dataFolder()
  await using receiver = await startReceiver()
  receiver.answer(() => 'never')
  let id = ''
  {
    await using gateway = await startGateway({
      env: receiver.env,
      dataDir: folder.path,
      overrides: { patienceMs: 2000, random: () => 0.5 },
    })
    id = await verifying(gateway).start()
    await deliver(gateway.clock)
    assert.deepEqual(receiver.of(id), ['1 requested'])
  }
  receiver.answer(() => ({ status: 200 }))
  await using again = await startGateway({ env: receiver.env, dataDir: folder.path })
  await again.clock.advance(30)
  assert.deepEqual(receiver.of(id).toSorted(), ['1 requested', '1 requested', '2 expired'])
})

test('what was delivered is erased after 7 days, everything after 30, also where nobody is told any more', async () => {
  using folder = dataFolder()
  {
    await using gateway = await startTelling({ dataDir: folder.path })
    gateway.receiver.answer(({ data }) => ({ status: data.sequence === 1 ? 200 : 410 }))
    await verifying(gateway).start()
    await gateway.clock.advance(300)
  }
  await using gateway = await startGateway({ dataDir: folder.path })
  const kept = async () => (await listed(folder.path)).map(({ state }) => state)
  await gateway.clock.advance(7 * daySeconds)
  assert.deepEqual(await kept(), ['delivered', 'dead'])
  await gateway.clock.advance(daySeconds)
  assert.deepEqual(await kept(), ['dead'])
  await gateway.clock.advance(22 * daySeconds)
  assert.deepEqual(await kept(), ['dead'])
  await gateway.clock.advance(daySeconds)
  assert.deepEqual(await kept(), [])
})
