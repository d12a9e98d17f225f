// Starts, asks and stops gateways as processes of their own; for the benchmarks and the tests of the package and of the clone.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

// The settings that put a gateway on ports nobody uses and its data into a folder of its own.
export async function freshSettings(dataDir) {
  const [rest, mcp, simulator] = await freePorts(3)
  const settings = {
    TOLLGATE_REST_PORT: String(rest),
    TOLLGATE_MCP_PORT: String(mcp),
    TOLLGATE_SIMULATOR_PORT: String(simulator),
    TOLLGATE_DATA_DIR: dataDir,
  }
  return {
    settings,
    rest: `http://127.0.0.1:${rest}`,
    mcp: `http://127.0.0.1:${mcp}`,
    simulator: `http://127.0.0.1:${simulator}`,
    ports: [rest, mcp, simulator],
  }
}

export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer())
  for (const server of servers) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ports = servers.map((server) => server.address().port)
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}

// Also when these scripts are interrupted, the handlers of `exit` end what they started.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

// In a process group of its own, so that whatever it left behind can be seen and ended.
export function startProcess(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options, detached: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))
  let end
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      end = signal ?? code
      resolve(end)
    })
  })
  process.on('exit', () => endGroup(child.pid))
  return { pid: child.pid, ended, hasEnded: () => end !== undefined, output: () => output }
}

// Resolves with the first answer that satisfies.
export async function waitForAnswer(url, running, timeoutMs, satisfies = (response) => response.ok) {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    if (running.hasEnded()) throw new Error(`ended before it answered ${url}:\n${running.output()}`)
    const response = await fetch(url).catch(() => undefined)
    if (response && satisfies(response)) return response
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`no answer from ${url} within ${timeoutMs} ms:\n${running.output()}`)
}

// By process id; fails unless it ends by itself with exit code 0 and leaves no process behind.
export async function stopCleanly(running, timeoutMs = 15_000) {
  process.kill(running.pid, 'SIGTERM')
  const timer = setTimeout(() => endGroup(running.pid), timeoutMs)
  const end = await running.ended
  clearTimeout(timer)
  if (end !== 0) throw new Error(`SIGTERM ended it with ${end} instead of 0:\n${running.output()}`)
  if (groupLives(running.pid)) throw new Error('it ended and left a process running')
}

function groupLives(pid) {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing left.
  }
}
