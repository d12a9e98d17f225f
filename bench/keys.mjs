// What it costs to tell who asks with 10,000 keys, beside what it costs with one.
import { randomBytes } from 'node:crypto'
import { setupOrExit } from '../scripts/setup.mjs'
import { createDoor } from '../src/access/door.ts'
import { createKey } from '../src/access/keys.ts'
import { readConfig } from '../src/config.ts'
import { openOrMakeLedger } from '../src/ledger.ts'
import { createLog } from '../src/log.ts'
import { closedLoop, connect, median } from './load.mjs'
import { cpuMs, startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const lookUps = 2_000
const lookUpRounds = 90
const requests = 1_500
const requestRounds = 6
await setupOrExit({ test: false })

const vonage = await startSimulator()
const one = await gatewayWith(1)
const many = await gatewayWith(10_000)
const known =
  ({ keys }) =>
  (index) =>
    keys[(index * 7919) % keys.length]
const unknown = () => () => `tg_test_${randomBytes(32).toString('base64url')}`

const request = await compare(requestRounds, (side) => microsecondsOfRequest(side, known(side)))
show('a request with a key', `${request.cost.toFixed(0)} us`, 'of processor time')
judge('  among 10,000 to one alone', request.ratio, { atMost: 1.2 })
await Promise.all([one.gateway.stop(), many.gateway.stop(), vonage.stop()])

// What a look-up among many costs more is memory that lies far apart: it is a microsecond of each request.
const lookUp = await compare(lookUpRounds, (side) => microsecondsOfLookUp(side, known(side)))
show('a look-up of a key that is known', `${lookUp.cost.toFixed(1)} us`)
judge('  among 10,000 to one alone', lookUp.ratio, { atMost: 1.2 })
const inVain = await compare(lookUpRounds, (side) => microsecondsOfLookUp(side, unknown(side)))
show('a look-up of a key that there is not', `${inVain.cost.toFixed(1)} us`)
judge('  among 10,000 to one alone', inVain.ratio, { atMost: 1.2 })
await Promise.all([one.store.close(), many.store.close()])
process.exit()

/** The median cost among many keys, and of its ratios to the cost of one; the first round warms up. */
async function compare(rounds, costOf) {
  const ratios = []
  const costs = []
  for (let round = 0; round <= rounds; round++) {
    const alone = await costOf(one)
    const among = await costOf(many)
    if (round === 0) continue
    ratios.push(among / alone)
    costs.push(among)
  }
  return { cost: median(costs), ratio: median(ratios) }
}

async function gatewayWith(count) {
  const folder = temporaryFolder()
  const config = readConfig({ TOLLGATE_DATA_DIR: folder })
  const log = createLog('silent')
  const { store, clock } = await openOrMakeLedger(config, 'sandbox', log)
  const parts = { store, clock, mode: 'sandbox', actor: 'bench' }
  const wanted = { scopes: ['verify'], bounds: {} }
  const made = Array.from({ length: count }, (_, index) => createKey(parts, { ...wanted, name: `key-${index}` }))
  const keys = (await Promise.all(made)).map((secret) => secret.reveal())
  const door = createDoor({ ...parts, log })
  // Each was used before, and that is written down.
  for (const key of keys) await door.admit(`Bearer ${key}`)
  await store.transaction('idle', async () => {})
  const gateway = await startGateway({ folder, simulator: vonage.url })
  const { post } = connect(gateway.url)
  say(`a gateway with ${count} ${count === 1 ? 'key' : 'keys'}`)
  return { store, keys, door, gateway, post }
}

async function microsecondsOfRequest({ gateway, post }, keyOf) {
  const keys = Array.from({ length: requests }, (_, index) => keyOf(index))
  const ofNobody = { request_id: '0'.repeat(32), code: '123456' }
  const before = cpuMs(gateway)
  await closedLoop(keys, (key) =>
    post('/v1/verifications/check', ofNobody, { headers: { authorization: `Bearer ${key}` }, expects: 404 }),
  )
  return ((cpuMs(gateway) - before) * 1000) / requests
}

async function microsecondsOfLookUp({ door }, keyOf) {
  // Written anew, as a header is that comes over the network: where the key was kept is not what is measured.
  const keys = Array.from({ length: lookUps }, (_, index) => Buffer.from(`Bearer ${keyOf(index)}`).toString('latin1'))
  const started = process.hrtime.bigint()
  for (const key of keys) await door.admit(key).catch(() => {})
  return Number(process.hrtime.bigint() - started) / 1000 / lookUps
}
