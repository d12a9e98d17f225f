import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { noon } from './support/gateway.ts'
import { verifying } from './support/verifying.ts'
import { startReceiver, startTelling } from './support/webhooks.ts'

type Telling = Awaited<ReturnType<typeof startTelling>>

let last = 447700900000

/** Requests of which so many are verified. */
async function ask(gateway: Telling, requests: number, verified: number): Promise<void> {
  for (let asked = 0; asked < requests; asked += 1) {
    last += 1
    const run = verifying(gateway, String(last))
    const id = await run.start()
    if (asked < verified) await run.checkRight(id)
  }
}

async function alerts(gateway: Telling) {
  await gateway.tell()
  return gateway.receiver.heard
    .filter(({ type }) => type === 'guard.alert')
    .map(({ data }) => `${data.level} ${data.by} ${data.name} ${data.verified}/${data.requested}`)
    .sort()
}

for (const [level, requested, verified] of [
  ['warn', 20, 11],
  ['alert', 20, 7],
  ['act', 20, 3],
] as const) {
  test(`${verified} of ${requested} messages that are verified raise the level ${level}, once they had their time`, async () => {
    await using gateway = await startTelling()
    await ask(gateway, requested, verified)
    await gateway.clock.advance(15 * 60 - 1)
    assert.deepEqual(await alerts(gateway), [])
    const expected = ['caller local', 'country GB', 'prefix 44770090'].map((what) => `${level} ${what} ${verified}/20`)
    await gateway.clock.advance(1)
    assert.deepEqual(await alerts(gateway), expected)
    const { alert_id, ...data } = gateway.receiver.heard.find(({ data }) => data.by === 'prefix')?.data ?? {}
    assert.deepEqual(data, {
      sequence: 1,
      level,
      by: 'prefix',
      name: '44770090',
      requested,
      verified,
      since: new Date(noon - 55 * 60_000).toISOString(),
      until: new Date(noon + 5 * 60_000).toISOString(),
    })
    assert.match(alert_id, /^[0-9a-f]{32}$/)
    assert.ok(
      gateway.log.some((line) => line.includes('too few messages lead to a right code') && line.includes(alert_id)),
    )
  })
}

test('sixty per cent, and few messages, raise nothing', async () => {
  await using gateway = await startTelling()
  await ask(gateway, 20, 12)
  await gateway.clock.advance(3600)
  await ask(gateway, 19, 0)
  await gateway.clock.advance(3 * 3600)
  assert.deepEqual(await alerts(gateway), [])
})

test('an alert is raised again after an hour, and sooner where it gets worse', async () => {
  await using gateway = await startTelling()
  const countries = async () => (await alerts(gateway)).filter((told) => told.includes('country'))
  await ask(gateway, 20, 7)
  await gateway.clock.advance(15 * 60)
  assert.deepEqual(await countries(), ['alert country GB 7/20'])
  await ask(gateway, 20, 0)
  await gateway.clock.advance(15 * 60)
  assert.deepEqual(await countries(), ['act country GB 7/40', 'alert country GB 7/20'])
  await gateway.clock.advance(30 * 60)
  assert.equal((await countries()).length, 2)
  await ask(gateway, 30, 0)
  await gateway.clock.advance(40 * 60)
  assert.equal((await countries()).length, 3)
})

for (const engine of engines) {
  test(`${engine}: alerts are written down, by which nodes know of each other’s`, async () => {
    await using receiver = await startReceiver()
    await using on = await startBeside(engine, { env: receiver.env })
    const gateway = on.gateway()
    for (let asked = 0; asked < 20; asked += 1) {
      last += 1
      await verifying(gateway, String(last)).start()
    }
    await on.clock.advance(15 * 60)
    const rows = (await on.text()).guard_alerts ?? []
    assert.deepEqual(rows.map((row) => row.split(' | ').slice(0, 3).join(' ')).sort(), [
      'caller local 3',
      'country GB 3',
      'prefix 44770090 3',
    ])
  })
}
