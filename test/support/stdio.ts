import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OlderStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { me, olderToolClient, type ToolClient, toolClient } from './mcp.ts'
import { type Ended, run } from './process.ts'

export const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const args = [main, 'mcp', '--stdio']

/** A folder for temporary files, in which what is left behind can be seen. */
export interface TemporaryFolder extends Disposable {
  /** To be given to a process. */
  env: { TMPDIR: string; NODE_COMPILE_CACHE: string }
  /** Folders of gateways. */
  leftovers(): string[]
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  return {
    // What Node has compiled is kept outside, as it would be without the folder.
    env: { TMPDIR: path, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    leftovers: () => readdirSync(path).filter((name) => name.startsWith('tollgate')),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Starts `tollgate mcp --stdio`, gives it all lines at once, and waits for its end. */
export function runStdio(lines: readonly unknown[], env: Record<string, string>): Promise<Ended> {
  const input = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
  return run(process.execPath, args, env, input)
}

export interface StdioClient extends ToolClient {
  pid: number
  /** What the process wrote on standard error so far. */
  stderr(): string
}

type Environment = Record<string, string>

/** The clients of `clients`, each starting `tollgate mcp --stdio` itself. */
export const stdioClients = {
  'the client of the 2026 era': (env: Environment) => connect(env, { pin: '2026-07-28' }),
  'the client of the 2025 era': (env: Environment) => connect(env, 'legacy'),
  'the older SDK': connectOlder,
} as const satisfies Record<string, (env: Environment) => Promise<StdioClient>>

async function connect(env: Environment, mode: 'legacy' | { pin: string }): Promise<StdioClient> {
  const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' })
  const stderr = collect(transport)
  const client = new Client(me, { versionNegotiation: { mode } })
  await client.connect(transport)
  return { ...(await toolClient(client)), pid: transport.pid ?? 0, stderr }
}

async function connectOlder(env: Environment): Promise<StdioClient> {
  const transport = new OlderStdioTransport({ command: process.execPath, args, env, stderr: 'pipe' })
  const stderr = collect(transport)
  const client = new OlderClient(me)
  await client.connect(transport)
  return { ...(await olderToolClient(client)), pid: transport.pid ?? 0, stderr }
}

function collect(transport: StdioClientTransport | OlderStdioTransport): () => string {
  let written = ''
  transport.stderr?.on('data', (chunk) => {
    written += chunk
  })
  return () => written
}
