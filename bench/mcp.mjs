// tools/call through tollgate beside the official server with an empty tool. The tool is get-verification: it goes the way
// of every tool, with the ledger and the log, and asks nothing of Vonage, whose pace and speed would be measured instead.
import { setupOrExit } from '../scripts/setup.mjs'
import { freshNumbers, ways } from './flows.mjs'
import { closedLoop, connect, median } from './load.mjs'
import { startGateway, startProgram, startSimulator, temporaryFolder } from './processes.mjs'
import { judge, say, show } from './report.mjs'

const calls = 1500
const rounds = 5
const protocolVersion = '2026-07-28'
await setupOrExit({ test: false })

const vonage = await startSimulator()
const gateway = await startGateway({ folder: temporaryFolder(), simulator: vonage.url })
const empty = await startProgram('empty-tool.mjs')
const request_id = await ways.tollgate(gateway.url).ask(freshNumbers(1)[0])
const ours = caller(connect(new URL(gateway.mcp).origin), '/mcp', 'get-verification')
const theirs = caller(connect(empty.url), '/', 'empty')

const measured = []
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  const tollgate = await callsPerSecond(ours)
  const sdk = await callsPerSecond(theirs)
  say(`round ${round}: ${Math.round(tollgate)} and ${Math.round(sdk)} calls a second`)
  if (round > 0) measured.push({ tollgate, sdk, ratio: tollgate / sdk })
}
for (const running of [gateway, empty, vonage]) await running.stop()

const of = (member) => median(measured.map((round) => round[member]))
show('tools/call get-verification', `${Math.round(of('tollgate'))}/s`)
show('the official server, an empty tool', `${Math.round(of('sdk'))}/s`)
judge('tollgate to the empty tool', of('ratio'), { atLeast: 0.5 })

function caller({ post }, path, name) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': protocolVersion,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  }
  const headers = {
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': protocolVersion,
    'mcp-method': 'tools/call',
    'mcp-name': name,
  }
  const params = { name, arguments: { request_id }, _meta }
  return async (id) => {
    const { result } = await post(path, { jsonrpc: '2.0', id, method: 'tools/call', params }, { headers })
    if (!result || result.isError) throw new Error(`${name} failed`)
  }
}

async function callsPerSecond(call) {
  const { ms } = await closedLoop(
    Array.from({ length: calls }, (_, index) => index + 1),
    call,
  )
  return (calls / ms) * 1000
}
