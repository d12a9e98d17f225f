// Request and check at full speed through tollgate with everything on, beside what one would write instead.
import { setupOrExit } from '../scripts/setup.mjs'
import { measureFlows, ways } from './flows.mjs'
import { median } from './load.mjs'
import { hasNginx, startNginx } from './nginx.mjs'
import { startGateway, startProgram, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const flows = 1500
const rounds = 5
await setupOrExit({ test: true })

const vonage = await startSimulator()
const { url: simulator } = vonage
const candidates = [
  await candidate('tollgate', ways.tollgate, startGateway({ folder: temporaryFolder(), simulator })),
  await candidate('Express and the official SDK', ways.express, startProgram('express-app.mjs', simulator)),
  await candidate('bare node:http and undici', ways.vonage, startProgram('pass-through.mjs', simulator)),
]
if (hasNginx) candidates.push(await candidate('nginx', ways.vonage, startNginx(simulator)))
else say('nginx is not installed, so it is left out')

// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  const before = process.cpuUsage()
  const from = performance.now()
  for (const one of candidates) one.rounds[round] = await measureFlows(flows, simulator, one)
  const used = process.cpuUsage(before)
  const busy = (used.user + used.system) / 1000 / (performance.now() - from)
  const speeds = candidates.map(({ rounds }) => Math.round(rounds[round].perSecond))
  say(`round ${round}: ${speeds.join(', ')} flows a second; the load took ${Math.round(busy * 100)} % of a processor`)
}
for (const { running } of [...candidates, { running: vonage }]) await running.stop()

for (const { name, rounds } of candidates) {
  const of = (member) => median(rounds.slice(1).map((round) => round[member]))
  show(
    name,
    `${Math.round(of('perSecond'))}/s`,
    `request and check; its own processor time ${of('cpuMs').toFixed(2)} ms`,
  )
}
const [tollgate, express, bare] = candidates
judge('tollgate to Express and the official SDK', ratio(tollgate, express), { atLeast: 4 })
judge('tollgate to bare node:http and undici', ratio(tollgate, bare), { atLeast: 0.4 })

async function candidate(name, way, starting) {
  const running = await starting
  return { name, way: way(running.url), running, rounds: [] }
}

/** Of neighbours in time. */
function ratio(one, other) {
  return median(one.rounds.slice(1).map(({ perSecond }, index) => perSecond / other.rounds[index + 1].perSecond))
}
