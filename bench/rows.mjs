// What a flow costs while the ledger holds 10 thousand, 1 million and 10 million verifications.
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { setupOrExit } from '../scripts/setup.mjs'
import { fillLedger } from './fill-ledger.mjs'
import { measureFlows, ways } from './flows.mjs'
import { median } from './load.mjs'
import { startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const sizes = [10_000, 1_000_000, 10_000_000]
const bytesNeeded = 12e9
const flows = 1000
const rounds = 5
await setupOrExit({ test: false })

const vonage = await startSimulator()
const { url: simulator } = vonage
const ledgers = []
for (const size of sizes) ledgers.push(await serveFilled(size))

// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const ledger of ledgers) ledger.rounds[round] = await measureFlows(flows, simulator, ledger)
  const costs = ledgers.map(({ rounds }) => rounds[round].cpuMs.toFixed(2))
  say(`round ${round}: ${costs.join(', ')} ms of processor time a flow`)
}
for (const { running } of [...ledgers, { running: vonage }]) await running.stop()

const [least, ...more] = ledgers
for (const { size, rounds } of ledgers) {
  const of = (member) => median(rounds.slice(1).map((round) => round[member]))
  const cost = `${of('cpuMs').toFixed(2)} ms`
  show(
    `request and check at ${size.toLocaleString('en')} rows`,
    cost,
    `of processor time; ${Math.round(of('perSecond'))}/s`,
  )
}
for (const ledger of more) {
  const what = `${ledger.size.toLocaleString('en')} to ${least.size.toLocaleString('en')} rows`
  judge(
    `${what}, processor time`,
    ratio((round) => ledger.rounds[round].cpuMs / least.rounds[round].cpuMs),
    { atMost: 1.2 },
  )
  judge(
    `${what}, time`,
    ratio((round) => least.rounds[round].perSecond / ledger.rounds[round].perSecond),
    { atMost: 1.2 },
  )
}

/** Made by a gateway, filled while none serves it, then served again. */
async function serveFilled(size) {
  const folder = temporaryFolder()
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < bytesNeeded) throw new Error(`${folder} needs ${bytesNeeded / 1e9} GB of room: set TMPDIR`)
  await (await startGateway({ folder, simulator })).stop()
  const from = performance.now()
  await fillLedger(join(folder, 'ledger.db'), size)
  say(`filled ${size.toLocaleString('en')} rows in ${Math.round((performance.now() - from) / 1000)} s`)
  const running = await startGateway({ folder, simulator })
  return { size, running, way: ways.tollgate(running.url), rounds: [] }
}

/** Of neighbours in time. */
function ratio(ofRound) {
  return median(Array.from({ length: rounds }, (_, index) => ofRound(index + 1)))
}
