// Whether the simulated Vonage is in the way of other measurements: its own throughput beside the gateway's, and the
// memory it takes for 100,000 verifications.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setupOrExit } from '../scripts/setup.mjs'
import { freshNumbers, measureFlows, ways } from './flows.mjs'
import { closedLoop, median } from './load.mjs'
import { root, startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, show } from './report.mjs'

const flows = 2000
const verifications = 100_000
await setupOrExit({ test: false })

const vonage = await startSimulator()
const { url: simulator } = vonage
const gateway = await startGateway({ folder: temporaryFolder(), simulator })
const alone = { running: vonage, way: ways.vonage(simulator) }
const through = { running: gateway, way: ways.tollgate(gateway.url) }
const rounds = []
for (let round = 0; round < 6; round++) {
  const { perSecond: one } = await measureFlows(flows, simulator, alone)
  const { perSecond: other } = await measureFlows(flows, simulator, through)
  rounds.push({ alone: one, through: other, ratio: one / other })
}
// The first warms up.
rounds.shift()
await gateway.stop()
await vonage.stop()
const of = (member) => median(rounds.map((round) => round[member]))
show('request and check at the simulator', `${Math.round(of('alone'))}/s`)
show('request and check through a gateway', `${Math.round(of('through'))}/s`)
judge('the simulator to the gateway', of('ratio'), { atLeast: 1.5 })

const { residentMiB, heapMiB } = await memory()
show('objects of 100,000 verifications', `${heapMiB} MiB`)
judge('resident with them', residentMiB, { atMost: 300, digits: 0, unit: ' MiB' })

/** Each has sent its message and been given one code. */
async function memory() {
  const options = { execPath: join(root, 'node_modules/.bin/node'), execArgv: ['--expose-gc'] }
  const child = fork(join(root, 'bench/simulator-under-load.mjs'), options)
  try {
    const [url] = await once(child, 'message')
    const { ask, check } = ways.vonage(url)
    const { results } = await closedLoop(freshNumbers(verifications), ask, 16)
    await closedLoop(results, (request_id) => check({ request_id, code: '000000' }), 16)
    child.send('collect')
    const [{ rss, heapUsed }] = await once(child, 'message')
    return { residentMiB: Math.round(rss / 2 ** 20), heapMiB: Math.round(heapUsed / 2 ** 20) }
  } finally {
    child.kill()
  }
}
