// What the guard's budgets add to the processor time of a flow: the same gateway with them and without.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setupOrExit } from '../scripts/setup.mjs'
import { measureFlows, ways } from './flows.mjs'
import { startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const flows = 150
const rounds = 200
await setupOrExit({ test: false })

const vonage = await startSimulator()
// So much that every message is let through, as nearly all are on a usual day: a challenge sends nothing.
const on = await startWith('{messages: 100000, euros: 10000}')
const off = await startWith('off')
const plain = await ratioOf('plain', rounds)
const told = await ratioOf('withContext', rounds / 2)
for (const { running } of [on, off, { running: vonage }]) await running.stop()
show('a request and a check, with budgets', `${plain.ms.toFixed(2)} ms`, 'of processor time')
judge('  to one without', plain.ratio, { atMost: 1.15 })
judge('  where it tells a new address', told.ratio, { atMost: 1.15 })
process.exit()

async function startWith(budget) {
  const folder = temporaryFolder()
  const file = join(folder, 'policy.yaml')
  const budgets = ['address', 'prefix', 'country', 'key', 'total'].map((of) => `${of}: ${budget}`)
  writeFileSync(file, `mode: enforce\nbudgets: {${budgets.join(', ')}}\n`)
  const running = await startGateway({ folder, simulator: vonage.url, settings: { TOLLGATE_POLICY: file } })
  return { running, ways: { plain: ways.tollgate(running.url), withContext: ways.tollgateWithContext(running.url) } }
}

/** All rounds together: a single one tells more of what else the machine does. */
async function ratioOf(name, count) {
  const sums = { on: 0, off: 0 }
  // The first round warms up.
  for (let round = 0; round <= count; round++) {
    const cost = { on: 0, off: 0 }
    // In turns, so that neither always finds the machine as the other has left it.
    for (const which of round % 2 ? ['off', 'on'] : ['on', 'off']) {
      const { running, ways } = which === 'on' ? on : off
      cost[which] = (await measureFlows(flows, vonage.url, { running, way: ways[name] })).cpuMs
    }
    if (round === 0) continue
    sums.on += cost.on
    sums.off += cost.off
    say(`${name}, round ${round} of ${count}: ${cost.on.toFixed(2)} ms with, ${cost.off.toFixed(2)} ms without`)
  }
  return { ratio: sums.on / sums.off, ms: sums.on / count }
}
