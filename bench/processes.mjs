// What is measured, each in a process of its own; all of them end with this one, however it ends.
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts, freshSettings, startProcess, stopCleanly, waitForAnswer } from '../scripts/gateways.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))
const account = { VONAGE_API_KEY: '5a4db0c5', VONAGE_API_SECRET: 'sandboxSecret1' }
export const authorization = `Basic ${btoa(`${account.VONAGE_API_KEY}:${account.VONAGE_API_SECRET}`)}`

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The simulated Vonage, without limits on calls a second. */
export async function startSimulator() {
  const [port] = await freePorts(1)
  const settings = { TOLLGATE_SIMULATOR_PORT: String(port), TOLLGATE_SIMULATOR_BALANCE: '1000000000' }
  const url = `http://127.0.0.1:${port}`
  return answering(startTollgate(['simulator'], settings), url, '/simulator/clock')
}

/** A gateway with all that it has: ledger and logs on disk, caps on messages. Its data are in `folder`. */
export async function startGateway({ folder, simulator, settings = {} }) {
  const { settings: own, rest, mcp } = await freshSettings(folder)
  const everythingOn = {
    TOLLGATE_MODE: 'sandbox',
    VONAGE_API_HOST: simulator,
    TOLLGATE_UPSTREAM_RPS: '100000',
    TOLLGATE_DAILY_SENDS: '100000000',
    TOLLGATE_SENDS_PER_NUMBER: '3/10m,5/1h,10/24h',
    TOLLGATE_LOG_LEVEL: 'info',
    TOLLGATE_MCP_TOOLS: 'all',
  }
  const log = join(folder, 'gateway.log')
  const running = startTollgate(['serve'], { ...own, ...account, ...everythingOn, ...settings }, openSync(log, 'a'))
  try {
    return { ...(await answering(running, rest, '/healthz')), mcp }
  } catch (cause) {
    throw new Error(readFileSync(log, 'utf8'), { cause })
  }
}

/** Another program of this folder, which gets a port and Vonage's address. */
export async function startProgram(file, simulator = '') {
  const [port] = await freePorts(1)
  const env = { ...process.env, ...account, NODE_ENV: 'production' }
  const running = startProcess(process.execPath, [join(root, 'bench', file), String(port), simulator], { env })
  return answering(running, `http://127.0.0.1:${port}`, '/')
}

/** Waits until something answers there, whatever it says. */
export async function answering(running, url, path) {
  await waitForAnswer(`${url}${path}`, running, 30_000, () => true)
  return { ...running, url, stop: () => stopCleanly(running) }
}

function startTollgate(words, settings, stderr = 'pipe') {
  const env = { ...process.env, TOLLGATE_LOG_LEVEL: 'warn', ...settings }
  return startProcess('sh', ['scripts/start.sh', ...words], { cwd: root, env, stdio: ['ignore', 'pipe', stderr] })
}

/** Processor time that a process has used so far, in milliseconds; 0 where the system does not say. */
export function cpuMs({ pid }) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) * 10
  } catch {
    return 0
  }
}
