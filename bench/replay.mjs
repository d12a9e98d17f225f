// How long it takes to run another policy over a million requests.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startProcess } from '../scripts/gateways.mjs'
import { setupOrExit } from '../scripts/setup.mjs'
import { fillLedger } from './fill-ledger.mjs'
import { root, startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const requests = 1_000_000
await setupOrExit({ test: false })

const folder = temporaryFolder()
const vonage = await startSimulator()
await (await startGateway({ folder, simulator: vonage.url })).stop()
await vonage.stop()
const path = join(folder, 'ledger.db')
await fillLedger(path, requests)
decideAll(path)
say(`filled ${requests.toLocaleString('en')} requests`)
const policy = join(folder, 'policy.yaml')
writeFileSync(policy, 'countries: {regions: {FR: block}}')

const started = performance.now()
const env = { ...process.env, TOLLGATE_DATA_DIR: folder, TOLLGATE_LOG_LEVEL: 'warn' }
const words = ['guard', 'replay', '--policy', policy, '--since', '31d']
const replay = startProcess('sh', ['scripts/start.sh', ...words], {
  cwd: root,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})
if ((await replay.ended) !== 0) throw new Error('the replay has failed')
const told = JSON.parse(replay.output())
const seconds = (performance.now() - started) / 1000
if (told.messages !== requests) throw new Error(`${told.messages} requests were replayed`)
show('requests that were replayed', requests.toLocaleString('en'), `${Math.round(requests / seconds)}/s`)
judge('  in', seconds, { atMost: 60, unit: ' s', digits: 1 })
process.exit()

/** A decision for each verification: three of five were verified, of ten countries and 5,000 ranges. */
function decideAll(file) {
  const database = new DatabaseSync(file)
  database.exec(`update verifications set state = 'expired' where substr(id, 9) in
    (select substr(id, 9) from verifications where abs(created_at) % 5 < 2)`)
  database.exec(`
    insert into decisions (id, at, kind, caller, verification_id, number_hash, account_hash, ip_hash, prefix, country,
      line_type, channels, messages, micros, counted, answer, policy)
    select id, created_at, 'request', 'key-' || (rowid % 5), id, id, id, (rowid % 3000), '4474' || (10000 + rowid % 5000),
      substr('GBDEFRITESPTSEPLRONL', 1 + 2 * (rowid % 10), 2), 'mobile', 'sms', 1, 40000, 1, 'allow', '000000000000'
    from (select *, row_number() over (order by created_at) as rowid from verifications)`)
  database.close()
}
