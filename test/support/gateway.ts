import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { SimulatedClock } from '../../src/clock.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { type Addresses, createGateway, type Overrides } from '../../src/gateway.ts'
import { createSimulator, type InboxMessage, type RecordedCall } from '../../src/simulator/simulator.ts'
import { newDatabase } from './postgres.ts'

/** When the clock of a test stands, unless it says otherwise. */
export const noon = Date.parse('2026-01-01T12:00:00Z')

export interface Answer {
  status: number
  headers: Headers
  /** The parsed JSON; tests read members of it and compare them, so its type is left open. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer's shape is what a test asserts
  body: any
}

export interface TestGateway extends AsyncDisposable {
  addresses: Required<Addresses>
  config: Config
  clock: SimulatedClock
  /** Every call that reached the simulated Vonage, oldest first. */
  calls: RecordedCall[]
  /** Lines of the log. */
  log: string[]
  /** A call of the REST API. */
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Has it read its policy again. */
  reloadPolicy(): Promise<void>
  /** What arrived at a number, oldest first. */
  messages(to: string): Promise<InboxMessage[]>
  /** The newest code that arrived at a number. */
  code(to: string): Promise<string>
  /** Another than the newest code. */
  wrongCode(to: string): Promise<string>
  /** Makes the simulated Vonage answer the next call of a path in this way; `more` says whether and when it has its effect. */
  fault(path: string, answer: Record<string, unknown>, more?: Record<string, unknown>): Promise<void>
}

export interface TestOptions {
  env?: Record<string, string>
  overrides?: Overrides
  /** Kept from an earlier gateway; otherwise a new one, removed at the end. */
  dataDir?: string
}

/** A sandbox on free ports with a standing clock, ids in a fixed order and a ledger of its own. */
export async function startGateway({ env = {}, overrides = {}, dataDir }: TestOptions = {}): Promise<TestGateway> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  const clock = overrides.clock ?? new SimulatedClock({ standsAt: noon })
  const calls: RecordedCall[] = []
  const log: string[] = []
  const apart = isOnPostgres(env) ? await startApart(folder, clock, (call) => void calls.push(call)) : undefined
  const config = readConfig({
    ...freePorts,
    TOLLGATE_DATA_DIR: folder,
    TOLLGATE_NUMBERS_RPS: '1000',
    TOLLGATE_UPSTREAM_RPS: '1000',
    ...apart?.env,
    ...env,
  })
  const gateway = createGateway(config, {
    // A Vonage apart has its own time, and the gateway has to go by the same.
    ...(env.VONAGE_API_HOST === undefined && { clock }),
    newId: idsInOrder(),
    simulatorSeed: 'test',
    log: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    onUpstreamCall: (call) => void calls.push(call),
    ...overrides,
  })
  const started = await gateway.start().catch(async (refusal) => {
    await gateway.close()
    throw refusal
  })
  const addresses = { ...started, simulator: started.simulator ?? env.VONAGE_API_HOST ?? apart?.url ?? '' }

  const messages = async (to: string) => {
    const { body } = await request(`${addresses.simulator}/inbox/messages?to=${encodeURIComponent(to)}`)
    return body.messages as InboxMessage[]
  }
  const code = async (to: string) => {
    const newest = (await messages(to)).at(-1)
    if (!newest) throw new Error(`nothing arrived at ${to}`)
    return newest.code
  }
  return {
    addresses,
    config,
    clock,
    calls,
    log,
    rest: (method, path, body, headers) => request(`${addresses.rest}${path}`, method, body, headers),
    messages,
    reloadPolicy: () => gateway.reloadPolicy(),
    code,
    wrongCode: async (to) => ((await code(to)).startsWith('1') ? '222222' : '111111'),
    async fault(path, answer, more) {
      const fault = { path, answer, ...more }
      const { status, body } = await request(`${addresses.simulator}/simulator/faults`, 'POST', fault)
      if (status >= 300) throw new Error(JSON.stringify(body))
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await apart?.close()
      if (!overrides.clock) clock.stop()
      if (dataDir === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** With TOLLGATE_TEST_POSTGRES=1, gateways that would be wholly in SQLite have a PostgreSQL and a Vonage apart. */
function isOnPostgres(env: Record<string, string>): boolean {
  return process.env.TOLLGATE_TEST_POSTGRES === '1' && !env.VONAGE_API_KEY && !env.DATABASE_URL
}

const databases = new Map<string, string>()

async function startApart(folder: string, clock: SimulatedClock, onCall: (call: RecordedCall) => void) {
  const account = { apiKey: '5a4db0c5', apiSecret: 'sandboxSecret1' }
  const simulator = createSimulator({ ...account, clock, seed: 'test', onCall })
  const url = await simulator.listen({ host: '127.0.0.1', port: 0 })
  const database = databases.get(folder) ?? (await newDatabase())
  databases.set(folder, database)
  const env = {
    TOLLGATE_MODE: 'sandbox',
    VONAGE_API_KEY: account.apiKey,
    VONAGE_API_SECRET: account.apiSecret,
    VONAGE_API_HOST: url,
    DATABASE_URL: database,
    TOLLGATE_DATA_KEYS: `${'1'.repeat(64)}:${'2'.repeat(64)}`,
  }
  return { url, env, close: () => simulator.close() }
}

export const freePorts = { TOLLGATE_REST_PORT: '0', TOLLGATE_MCP_PORT: '0', TOLLGATE_SIMULATOR_PORT: '0' }

export async function request(
  url: string,
  method = 'GET',
  body?: unknown,
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<Answer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    signal,
    headers: { ...json, ...headers },
    ...(text !== undefined && { body: text }),
  })
  const answer = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(answer) : answer }
}

/** Ids that are the same in every run: hashes of 1, 2, 3 … */
function idsInOrder(): () => string {
  let count = 0
  return () => createHash('sha256').update(`id ${++count}`).digest('hex').slice(0, 32)
}
