// How fast tollgate refuses by itself, beside how fast it takes requests.
import { setupOrExit } from '../scripts/setup.mjs'
import { freshNumbers, readCodes, ways } from './flows.mjs'
import { closedLoop, connect, median } from './load.mjs'
import { startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const calls = 1500
const rounds = 5
await setupOrExit({ test: false })

const vonage = await startSimulator()
const gateway = await startGateway({ folder: temporaryFolder(), simulator: vonage.url })
const { post } = connect(gateway.url)
const way = ways.tollgate(gateway.url)

// Many, because calls for one number wait for each other.
const pendingNumbers = freshNumbers(200)
await closedLoop(pendingNumbers, way.ask)
const [verifiedNumber] = freshNumbers(1)
const verified = await way.ask(verifiedNumber)
const [right] = await readCodes(vonage.url, [verifiedNumber], [verified])
await way.check(right)

const code = '123456'
const requests = '/v1/verifications'
const refusals = {
  'a number that cannot exist': { path: requests, bodies: [{ number: '+44 12', brand: 'Bench' }], expects: 422 },
  'a number that another brand verifies': {
    path: requests,
    bodies: pendingNumbers.map((number) => ({ number, brand: 'B' })),
    expects: 409,
  },
  'a code for an unknown request_id': {
    path: `${requests}/check`,
    bodies: [{ request_id: '0'.repeat(32), code }],
    expects: 404,
  },
  'a code for one that is verified': {
    path: `${requests}/check`,
    bodies: [{ request_id: verified, code }],
    expects: 409,
  },
}

const measured = Object.entries(refusals).map(([what, call]) => ({ what, call, perSecond: [], ratios: [] }))
const requestsPerSecond = []
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  const taken = perSecond(await closedLoop(freshNumbers(calls), way.ask))
  for (const { call, ...one } of measured) {
    const { path, bodies, expects } = call
    const asked = Array.from({ length: calls }, (_, index) => bodies[index % bodies.length])
    const refused = await closedLoop(asked, (body) => post(path, body, { expects }))
    if (round === 0) continue
    one.perSecond.push(perSecond(refused))
    one.ratios.push(perSecond(refused) / taken)
  }
  if (round > 0) requestsPerSecond.push(taken)
  say(`round ${round}: ${Math.round(taken)} requests a second`)
}
await gateway.stop()
await vonage.stop()

show('requests', `${Math.round(median(requestsPerSecond))}/s`)
for (const { what, perSecond, ratios } of measured) {
  show(what, `${Math.round(median(perSecond))}/s`)
  judge('  to requests', median(ratios), { atLeast: 2 })
}

function perSecond({ ms }) {
  return (calls / ms) * 1000
}
