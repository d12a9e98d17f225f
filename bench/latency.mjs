// What tollgate adds to the time of a call while 200 flows a second go through it: 200 requests and as many checks.
import { setupOrExit } from '../scripts/setup.mjs'
import { demandRight, freshNumbers, readCodes, ways } from './flows.mjs'
import { closedLoop, median, openLoop, percentile } from './load.mjs'
import { startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { say, show } from './report.mjs'

const flowsPerSecond = 200
const seconds = 3
const rounds = 5
await setupOrExit({ test: false })

const vonage = await startSimulator()
const gateway = await startGateway({ folder: temporaryFolder(), simulator: vonage.url })
const direct = ways.vonage(vonage.url)
const through = ways.tollgate(gateway.url)

const measured = []
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  const alone = await latencies(direct)
  const both = await latencies(through)
  const figures = { p50: at(both, 0.5), p99: at(both, 0.99), added50: added(0.5), added99: added(0.99) }
  say(`round ${round}: p50 ${figures.p50.toFixed(1)} ms, p99 ${figures.p99.toFixed(1)} ms`)
  if (round > 0) measured.push(figures)

  function added(share) {
    return at(both, share) - at(alone, share)
  }
}
await gateway.stop()
await vonage.stop()

const of = (member) => `${median(measured.map((round) => round[member])).toFixed(1)} ms`
show('p50 through tollgate', of('p50'), `at ${flowsPerSecond} flows a second`)
show('  added to Vonage’s own', of('added50'))
show('p99 through tollgate', of('p99'))
show('  added to Vonage’s own', of('added99'))

/** Checks are of verifications that were requested before, so that their codes can be read at once. */
async function latencies({ ask, check }) {
  const count = flowsPerSecond * seconds
  const numbers = freshNumbers(count)
  const { results } = await closedLoop(numbers, ask)
  const checks = await readCodes(vonage.url, numbers, results)
  const requests = freshNumbers(count)
  const calls = checks.flatMap((one, index) => [
    () => ask(requests[index]),
    async () => demandRight([await check(one)]),
  ])
  return openLoop(calls, flowsPerSecond * 2, (call) => call())
}

function at(values, share) {
  return percentile(values, share)
}
