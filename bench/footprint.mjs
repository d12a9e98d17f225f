// How soon an installed gateway answers, and how much memory it holds after 100 verifications. Medians of five starts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshSettings, startProcess, stopCleanly, waitForAnswer } from '../scripts/gateways.mjs'
import { setupOrExit } from '../scripts/setup.mjs'
import { median } from './load.mjs'
import { judge } from './report.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
await setupOrExit({ test: false })

const rounds = []
for (let round = 0; round < 5; round++) rounds.push(await measure())
const of = (member) => median(rounds.map((round) => round[member]))
judge('start to first answered request', of('startMs'), { atMost: 1500, digits: 0, unit: ' ms' })
judge('resident after 100 verifications', of('residentMiB'), { atMost: 180, digits: 0, unit: ' MiB' })

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
