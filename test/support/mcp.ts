import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OlderHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { pino } from 'pino'
import { localCaller } from '../../src/access/caller.ts'
import { SimulatedClock } from '../../src/clock.ts'
import type { Idempotency } from '../../src/idempotency.ts'
import type { AnyOperation, Services } from '../../src/operation.ts'
import { createMcp } from '../../src/surfaces/mcp.ts'
import { OwnHosts } from '../../src/surfaces/own-hosts.ts'
import { RequestRates } from '../../src/surfaces/rate-limits.ts'
import type { Answer } from './gateway.ts'

/** What a tool answered, in the parts that clients show. */
export interface ToolAnswer {
  isError: boolean
  /** The structured content; its type is left open, as that of a REST answer is. */
  body: Answer['body']
  /** The text blocks. */
  texts: string[]
}

export interface ToolClient extends AsyncDisposable {
  /** Names, in the order in which the server lists them. */
  tools(): Promise<string[]>
  call(tool: string, input?: Record<string, unknown>): Promise<ToolAnswer>
}

/** The clients that the gateway is held to: the current SDK in both protocol eras, and the one before it. */
export const clients = {
  'the client of the 2026 era': (url: string) => connect(url, { pin: '2026-07-28' }),
  'the client of the 2025 era': (url: string) => connect(url, 'legacy'),
  'the older SDK': connectOlder,
} as const satisfies Record<string, (url: string) => Promise<ToolClient>>

type Era = 'legacy' | { pin: string }

export const me = { name: 'test', version: '1.0.0' }

async function connect(url: string, mode: Era): Promise<ToolClient> {
  const client = new Client(me, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return toolClient(client)
}

/** The parts of the current SDK's client that tests use, over any transport. */
export async function toolClient(client: Client): Promise<ToolClient> {
  // Answers are held against the schemas of this list.
  const { tools } = await client.listTools()
  return {
    tools: async () => tools.map(({ name }) => name),
    async call(tool, input = {}) {
      const { isError, structuredContent, content } = await client.callTool({ name: tool, arguments: input })
      return read({ isError, structuredContent, content })
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

async function connectOlder(url: string): Promise<ToolClient> {
  const client = new OlderClient(me)
  await client.connect(new OlderHttpTransport(new URL(url)))
  return olderToolClient(client)
}

/** The same of the older SDK's client. */
export async function olderToolClient(client: OlderClient): Promise<ToolClient> {
  const { tools } = await client.listTools()
  return {
    tools: async () => tools.map(({ name }) => name),
    async call(tool, input = {}) {
      return read(CallToolResultSchema.parse(await client.callTool({ name: tool, arguments: input })))
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

interface RawAnswer {
  isError?: boolean | undefined
  structuredContent?: unknown
  content: readonly ({ type: 'text'; text: string } | { type: string })[]
}

function read({ isError = false, structuredContent, content }: RawAnswer): ToolAnswer {
  return {
    isError,
    body: structuredContent,
    texts: content.map((block) => ('text' in block ? block.text : block.type)),
  }
}

const modernVersion = '2026-07-28'

/** A JSON-RPC message as a client of the 2026 era sends it, with the headers that go with it. */
export function modern(
  method: string,
  params: Record<string, unknown> = {},
): { body: object; headers: Record<string, string> } {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': modernVersion,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': me,
  }
  const named = typeof params.name === 'string' ? { 'mcp-name': params.name } : undefined
  return {
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } },
    headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': method, ...named, ...accept },
  }
}

/** The same as a client of the 2025 era sends it. */
export function legacy(
  method: string,
  params: Record<string, unknown> = {},
): { body: object; headers: Record<string, string> } {
  return {
    body: { jsonrpc: '2.0', id: 1, method, params },
    headers: { 'mcp-protocol-version': '2025-11-25', ...accept },
  }
}

const accept = { accept: 'application/json, text/event-stream' }

/** The MCP server of the gateway with operations of a test, which use no services. */
export async function serveTools(operations: readonly AnyOperation[], log: string[] = []): Promise<ToolServer> {
  const app = createMcp({
    operations,
    services: new NoServices(),
    door: { admit: async () => localCaller, isClosed: async () => false },
    log: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    rates: new RequestRates(new SimulatedClock({ standsAt: 0 }), {}),
    hosts: new OwnHosts({ host: '127.0.0.1', publicUrl: undefined }),
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: `${address}/mcp`, [Symbol.asyncDispose]: () => app.close() }
}

export interface ToolServer extends AsyncDisposable {
  url: string
}

export class NoServices implements Services {
  get verifications(): never {
    throw new Error('operations of a test have no services')
  }
  get numbers(): never {
    throw new Error('operations of a test have no services')
  }
  get decisions(): never {
    throw new Error('operations of a test have no services')
  }
  get approvals(): never {
    throw new Error('operations of a test have no services')
  }
  /** Knows no call again: there is no ledger. */
  readonly idempotency: Idempotency = { once: (_call, { run }) => run('') }
}
