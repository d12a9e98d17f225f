// What the guard's budgets add to the processor time of a flow: the same gateway with them and without.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setupOrExit } from '../scripts/setup.mjs'
import { measureFlows, ways } from './flows.mjs'
import { median } from './load.mjs'
import { startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const flows = 600
const rounds = 40
await setupOrExit({ test: false })

const vonage = await startSimulator()
const on = await startWith('{}')
const off = await startWith('budgets: {address: off, prefix: off, country: off, key: off, total: off}')
const ratios = []
const costs = []
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  const measured = []
  // In turns, so that neither always finds the machine as the other has left it.
  for (const each of round % 2 ? [off, on] : [on, off]) measured.push(await measureFlows(flows, vonage.url, each))
  const [without, withThem] = round % 2 ? measured : measured.toReversed()
  if (round === 0) continue
  ratios.push(withThem.cpuMs / without.cpuMs)
  costs.push(withThem.cpuMs)
  say(`round ${round}: ${withThem.cpuMs.toFixed(2)} ms with, ${without.cpuMs.toFixed(2)} ms without`)
}
for (const { running } of [on, off, { running: vonage }]) await running.stop()
show('a request and a check, with budgets', `${median(costs).toFixed(2)} ms`, 'of processor time')
judge('  to one without', median(ratios), { atMost: 1.15 })
process.exit()

async function startWith(policy) {
  const folder = temporaryFolder()
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, policy)
  const running = await startGateway({ folder, simulator: vonage.url, settings: { TOLLGATE_POLICY: file } })
  return { running, way: ways.tollgate(running.url) }
}
