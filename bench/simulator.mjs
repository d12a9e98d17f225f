// Whether the simulated Vonage is in the way of other measurements: its own throughput beside the gateway's, and the
// memory it takes for 100,000 verifications.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshSettings, startProcess, stopCleanly, waitForAnswer } from '../scripts/gateways.mjs'
import { setupOrExit } from '../scripts/setup.mjs'
import { closedLoop, median, post } from './load.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const limits = { ratio: 1.5, residentMiB: 300 }
const account = { VONAGE_API_KEY: '5a4db0c5', VONAGE_API_SECRET: 'sandboxSecret1' }
const authorization = `Basic ${btoa(`${account.VONAGE_API_KEY}:${account.VONAGE_API_SECRET}`)}`
const flows = 2000
await setupOrExit({ test: false })

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
try {
  await measure()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure() {
  const { settings, rest, simulator } = await freshSettings(folder)
  const { TOLLGATE_SIMULATOR_PORT } = settings
  const vonage = start(['simulator'], { TOLLGATE_SIMULATOR_PORT, TOLLGATE_SIMULATOR_BALANCE: '1000000000' })
  await waitForAnswer(`${simulator}/simulator/clock`, vonage, 30_000)
  const gateway = start(['serve'], {
    ...settings,
    ...account,
    TOLLGATE_MODE: 'sandbox',
    VONAGE_API_HOST: simulator,
    TOLLGATE_UPSTREAM_RPS: '100000',
  })
  await waitForAnswer(`${rest}/healthz`, gateway, 30_000)

  const alone = {
    ask: (number) => verifyV1(simulator, '', { number }),
    check: (body) => verifyV1(simulator, '/check', body),
  }
  const through = {
    ask: (number) => post(`${rest}/v1/verifications`, { number, brand: 'Bench' }),
    check: (body) => post(`${rest}/v1/verifications/check`, body),
  }
  const rounds = []
  for (let round = 0; round < 6; round++) {
    const one = await flowsPerSecond(simulator, alone, round * 2)
    const other = await flowsPerSecond(simulator, through, round * 2 + 1)
    rounds.push({ alone: one, through: other, ratio: one / other })
  }
  // The first warms up.
  rounds.shift()
  const of = (member) => median(rounds.map((round) => round[member]))
  const ratio = of('ratio')
  console.log(`request and check at the simulator   ${Math.round(of('alone'))} a second`)
  console.log(`request and check through a gateway  ${Math.round(of('through'))} a second`)
  console.log(
    `the simulator is                     ${ratio.toFixed(2)} times as fast  (target: ${limits.ratio} or more)`,
  )
  await stopCleanly(gateway)
  await stopCleanly(vonage)

  const { residentMiB, heapMiB } = await memory()
  console.log(`objects of 100,000 verifications     ${heapMiB} MiB`)
  console.log(`resident with them                   ${residentMiB} MiB  (target: under ${limits.residentMiB})`)
  if (ratio < limits.ratio || residentMiB >= limits.residentMiB) process.exitCode = 1
}

function start(words, settings) {
  const env = { ...process.env, TOLLGATE_LOG_LEVEL: 'warn', ...settings }
  return startProcess('sh', ['scripts/start.sh', ...words], { cwd: root, env })
}

function verifyV1(simulator, path, body) {
  return post(`${simulator}/verify${path}/json`, { brand: 'Bench', ...body }, { authorization })
}

/** Numbers of one round: no number is asked for twice. */
function numbers(round, count) {
  return Array.from({ length: count }, (_, index) => String(447_400_000_000 + round * 200_000 + index))
}

async function flowsPerSecond(simulator, { ask, check }, round) {
  const asked = await closedLoop(numbers(round, flows), ask)
  const response = await fetch(`${simulator}/inbox/messages?last=${flows}`)
  const { messages } = await response.json()
  const codes = new Map(messages.map(({ to, code }) => [to, code]))
  const checks = numbers(round, flows).map((number, index) => {
    return { request_id: asked.results[index].request_id, code: codes.get(number) }
  })
  const checked = await closedLoop(checks, check)
  if (checked.results.some(({ status }) => status !== '0')) throw new Error('a right code was not right')
  return (flows / (asked.ms + checked.ms)) * 1000
}

/** Each has sent its message and been given one code. */
async function memory() {
  const options = { execPath: join(root, 'node_modules/.bin/node'), execArgv: ['--expose-gc'] }
  const child = fork(join(root, 'bench/simulator-under-load.mjs'), options)
  try {
    const [simulator] = await once(child, 'message')
    const { results } = await closedLoop(numbers(0, 100_000), (number) => verifyV1(simulator, '', { number }))
    await closedLoop(results, ({ request_id }) => verifyV1(simulator, '/check', { request_id, code: '000000' }))
    child.send('collect')
    const [{ rss, heapUsed }] = await once(child, 'message')
    return { residentMiB: Math.round(rss / 2 ** 20), heapMiB: Math.round(heapUsed / 2 ** 20) }
  } finally {
    child.kill()
  }
}
