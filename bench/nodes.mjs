// What a flow costs the gateways on one PostgreSQL, all together, when they are three, beside one alone.
import { setupOrExit } from '../scripts/setup.mjs'
import { measureFlows, ways } from './flows.mjs'
import { median } from './load.mjs'
import { startGateway, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

/** Nodes are added for more callers: each has as many as one alone, and as many flows. */
const callersOfNode = 64
const flowsOfNode = 600
const rounds = 9
await setupOrExit({ test: true })
const { startPostgres } = await import('../test/support/postgres-server.ts')

// As it is set up by default: what it answers is on disk.
const server = await startPostgres({})
const vonage = await startSimulator()
const arenas = [await startNodes('one', 1), await startNodes('three', 3)]

// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const arena of arenas) {
    arena.rounds[round] = await measureFlows(flowsOfNode * arena.running.length, vonage.url, arena)
  }
  say(
    `round ${round}: ${arenas.map(({ rounds }) => rounds[round].cpuMs.toFixed(2)).join(', ')} ms of processor time a flow`,
  )
}
for (const running of [...arenas.flatMap(({ running }) => running), vonage, server]) await running.stop()

const [one, three] = arenas
for (const { name, rounds } of arenas) {
  const of = (member) => median(rounds.slice(1).map((round) => round[member]))
  const cost = `${of('cpuMs').toFixed(2)} ms`
  show(`request and check on PostgreSQL, nodes: ${name}`, cost, `of processor time; ${Math.round(of('perSecond'))}/s`)
}
const ratios = one.rounds.slice(1).map(({ cpuMs }, index) => three.rounds[index + 1].cpuMs / cpuMs)
judge('three nodes to one, processor time', median(ratios), { atMost: 1.25 })

/** Gateways on a database of their own; each request goes to the next of them. */
async function startNodes(name, count) {
  await server.createDatabase(name)
  const dataKey = () => crypto.randomUUID().replaceAll('-', '').repeat(2)
  const settings = { DATABASE_URL: `${server.url}/${name}`, TOLLGATE_DATA_KEYS: `${dataKey()}:${dataKey()}` }
  const running = []
  for (let index = 0; index < count; index++) {
    running.push(await startGateway({ folder: temporaryFolder(), simulator: vonage.url, settings }))
  }
  const each = running.map(({ url }) => ways.tollgate(url))
  let turn = 0
  const next = () => each[turn++ % count]
  const way = { ask: (number) => next().ask(number), check: (body) => next().check(body) }
  return { name, running, way, callers: callersOfNode * count, rounds: [] }
}
