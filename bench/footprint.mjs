// How soon an installed gateway answers, and how much memory it holds after 100 verifications. Medians of five starts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshSettings, startProcess, stopCleanly, waitForAnswer } from '../scripts/gateways.mjs'
import { setupOrExit } from '../scripts/setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const limits = { startMs: 1500, residentMiB: 180 }
await setupOrExit({ test: false })

const rounds = []
for (let round = 0; round < 5; round++) rounds.push(await measure())
const startMs = median(rounds.map((round) => round.startMs))
const residentMiB = median(rounds.map((round) => round.residentMiB))
console.log(`start to first answered request  ${startMs} ms  (target: under ${limits.startMs})`)
console.log(`resident after 100 verifications  ${residentMiB} MiB  (target: under ${limits.residentMiB})`)
if (startMs >= limits.startMs || residentMiB >= limits.residentMiB) process.exitCode = 1

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
  try {
    const { settings, rest, simulator } = await freshSettings(folder)
    const started = performance.now()
    const env = { ...process.env, ...settings, TOLLGATE_LOG_LEVEL: 'warn' }
    const gateway = startProcess('sh', ['scripts/start.sh'], { cwd: root, env })
    await waitForAnswer(`${rest}/healthz`, gateway, 30_000)
    const startMs = Math.round(performance.now() - started)
    for (let count = 0; count < 100; count++) await verify(rest, simulator, `4477009${String(count).padStart(5, '0')}`)
    const residentKiB = execFileSync('ps', ['-o', 'rss=', '-p', String(gateway.pid)], { encoding: 'utf8' })
    await stopCleanly(gateway)
    return { startMs, residentMiB: Math.round(Number(residentKiB) / 1024) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function verify(rest, simulator, number) {
  const { request_id } = await post(`${rest}/v1/verifications`, { number, brand: 'Bench' })
  const { messages } = await (await fetch(`${simulator}/inbox/messages?to=${number}`)).json()
  await post(`${rest}/v1/verifications/check`, { request_id, code: messages.at(-1).code })
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
