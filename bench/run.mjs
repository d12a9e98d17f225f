// Runs all benchmarks, or those named: `npm run bench -- comparison rows`. Fails when one of them misses a target.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setupOrExit } from '../scripts/setup.mjs'

const parts = [
  'footprint',
  'simulator',
  'comparison',
  'refusals',
  'keys',
  'mcp',
  'latency',
  'nodes',
  'rows',
  'budgets',
  'replay',
]
const wanted = process.argv.slice(2)
const unknown = wanted.find((part) => !parts.includes(part))
if (unknown) {
  console.error(`there is no benchmark ${unknown}; there are ${parts.join(', ')}`)
  process.exit(2)
}
await setupOrExit({ test: true })

let running
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => running?.kill(signal))
const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
const missed = []
for (const part of wanted.length > 0 ? wanted : parts) {
  console.log(`\n${part}`)
  running = spawn(node, [fileURLToPath(new URL(`${part}.mjs`, import.meta.url))], { stdio: 'inherit' })
  const [code, signal] = await once(running, 'close')
  if (code !== 0) missed.push(part)
  if (signal || running.killed) break
}
if (missed.length > 0) {
  console.error(`\ntollgate: these missed a target or failed: ${missed.join(', ')}`)
  process.exitCode = 1
}
