import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, readConfig, readSimulator } from '../config.ts'
import type { Addresses } from '../gateway.ts'
import type { Secret } from '../privacy.ts'
import { type Env, given, refuseUnknown } from '../settings.ts'
import { forwardStdio } from '../surfaces/stdio.ts'
import { type Command, CommandFailure, UsageError } from './command.ts'
import { cannotListen, isPortInUse } from './serve.ts'

export const mcp: Command = {
  name: 'mcp',
  usage: 'mcp --stdio',
  summary: 'Speak MCP on standard input and output, for clients that start their servers.',
  help: `Forwards to a running gateway, so that no Vonage secret stands in an agent's configuration:

  TOLLGATE_URL   its MCP address, such as http://127.0.0.1:9092/mcp
  TOLLGATE_KEY   sent as a bearer token

Without TOLLGATE_URL it runs a sandbox of its own, whose ledger ends with it; codes arrive in the
inbox at TOLLGATE_SIMULATOR_PORT (8083, or a free port where that is taken). Standard output holds nothing but JSON-RPC.`,
  options: { stdio: { type: 'boolean' } },
  async run({ words, options, env }) {
    if (!options.stdio || words.length > 0)
      throw new UsageError('call it as mcp --stdio; over HTTP, MCP is part of serve')
    refuseUnknown(env)
    const url = given(env, 'TOLLGATE_URL')
    if (url) return forward(withMcpPath(url), given(env, 'TOLLGATE_KEY'))
    await serveSandbox(env)
  },
}

/** The address of the gateway alone is enough. */
function withMcpPath(url: URL): URL {
  return url.pathname === '/' ? new URL('/mcp', url) : url
}

async function forward(url: URL, key?: Secret): Promise<void> {
  const stopped = new AbortController()
  const stop = () => stopped.abort()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // A client that is gone reads no answers: each one that is written fails.
  process.stdout.on('error', stop)
  await forwardStdio({ url, key, input: process.stdin, output: process.stdout, signal: stopped.signal })
  process.stdin.destroy()
}

async function serveSandbox(env: Env): Promise<void> {
  const config = readConfig({
    ...env,
    TOLLGATE_REST_PORT: '0',
    TOLLGATE_MCP_PORT: '0',
    TOLLGATE_LOG_LEVEL: env.TOLLGATE_LOG_LEVEL ?? 'warn',
  })
  if (!config.simulator) {
    throw new CommandFailure(
      'mcp --stdio runs only a sandbox by itself: start tollgate with the credentials elsewhere and set TOLLGATE_URL',
    )
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-'))
  const own = { ...config, dataDir, ledger: { engine: 'sqlite', path: join(dataDir, 'ledger.db') } } satisfies Config
  const isPortChosen = given(env, 'TOLLGATE_SIMULATOR_PORT') !== undefined
  try {
    await using started = await start(own).catch((error) => {
      if (isPortChosen || !isPortInUse(error)) throw error
      return start({ ...own, simulator: { ...readSimulator(env), port: 0 } })
    })
    const { mcp: url, simulator } = started.addresses
    process.stderr.write(`tollgate: sandbox; codes arrive at ${simulator}/inbox\n`)
    process.stderr.write(`tollgate: purchases are approved with TOLLGATE_DATA_DIR=${dataDir} tollgate approvals\n`)
    await forward(new URL(url))
  } catch (error) {
    throw cannotListen(error) ?? error
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function start(config: Config): Promise<{ addresses: Addresses } & AsyncDisposable> {
  const { createGateway } = await import('../gateway.ts')
  const gateway = createGateway(config)
  try {
    return { addresses: await gateway.start(), [Symbol.asyncDispose]: () => gateway.close() }
  } catch (error) {
    await gateway.close()
    throw error
  }
}
