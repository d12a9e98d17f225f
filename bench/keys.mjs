// What it costs to tell who asks with 10,000 keys, beside what it costs with one.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setupOrExit } from '../scripts/setup.mjs'
import { createDoor } from '../src/access/door.ts'
import { createKey } from '../src/access/keys.ts'
import { systemClock } from '../src/clock.ts'
import { createLog } from '../src/log.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { median } from './load.mjs'
import { temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const lookUps = 20_000
const rounds = 9
await setupOrExit({ test: false })

const one = await ledgerWith(1)
const many = await ledgerWith(10_000)
const kinds = {
  'keys that are known':
    ({ keys }) =>
    (index) =>
      keys[(index * 7919) % keys.length],
  'keys that there are not': () => () => `tg_test_${randomBytes(32).toString('base64url')}`,
}
const ratios = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]))
const costs = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]))
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const [kind, choose] of Object.entries(kinds)) {
    const alone = await microsecondsOf(one, choose(one))
    const among = await microsecondsOf(many, choose(many))
    if (round === 0) continue
    ratios[kind].push(among / alone)
    costs[kind].push(among)
  }
  if (round > 0) say(`round ${round}`)
}
await one.store.close()
await many.store.close()

for (const kind of Object.keys(kinds)) {
  show(kind, `${median(costs[kind]).toFixed(1)} us`)
  judge('  among 10,000 to one alone', median(ratios[kind]), { atMost: 1.2 })
}
process.exit()

async function ledgerWith(count) {
  const path = join(temporaryFolder(), 'ledger.db')
  const store = openSqlite({ path, mode: 'sandbox', keyCheck: 'bench' })
  const parts = { store, clock: systemClock, mode: 'sandbox', actor: 'bench' }
  const wanted = { scopes: ['verify'], bounds: {} }
  const made = Array.from({ length: count }, (_, index) => createKey(parts, { ...wanted, name: `key-${index}` }))
  const keys = (await Promise.all(made)).map((secret) => secret.reveal())
  const door = createDoor({ ...parts, log: createLog('silent') })
  // Each was used before, and that is written down.
  for (const key of keys) await door.admit(`Bearer ${key}`)
  await store.transaction('idle', async () => {})
  return { store, keys, door }
}

async function microsecondsOf({ door }, keyOf) {
  // Written anew, as a header is that comes over the network: where the key was kept is not what is measured.
  const keys = Array.from({ length: lookUps }, (_, index) => Buffer.from(`Bearer ${keyOf(index)}`).toString('latin1'))
  const started = process.hrtime.bigint()
  for (const key of keys) await door.admit(key).catch(() => {})
  return Number(process.hrtime.bigint() - started) / 1000 / lookUps
}
