import { randomBytes } from 'node:crypto'
import { DataKeys } from '../../src/privacy.ts'
import { startGateway, type TestGateway, type TestOptions } from './gateway.ts'
import { newDatabase, query } from './postgres.ts'
import type { PostgresServer } from './postgres-server.ts'

/** A PostgreSQL for nodes, whose clock a test may move. */
export async function newSharedLedger(on?: PostgresServer) {
  const databaseUrl = await newDatabase(on)
  const replaceClock = (now: string) =>
    query(
      databaseUrl,
      `create or replace function tollgate_now() returns bigint language sql volatile as 'select ${now}::bigint'`,
    )
  let passedMs = 0
  return {
    databaseUrl,
    env: { DATABASE_URL: databaseUrl, TOLLGATE_DATA_KEYS: DataKeys.generate().reveal() },
    /** Runs SQL. */
    query: (sql: string) => query(databaseUrl, sql),
    /** Makes the clock of the database stand. */
    standAt: (atMs: number) => replaceClock(String(atMs)),
    /** Moves the clock of the database ahead; it goes on from there. */
    async pass(ms: number) {
      passedMs += ms
      await replaceClock(`extract(epoch from clock_timestamp()) * 1000 + ${passedMs}`)
    },
  }
}

/** Gateways on one PostgreSQL, with one Vonage apart. */
export async function startNodes(
  vonage: { env: Record<string, string> },
  { count = 2, env = {}, overrides = {} }: TestOptions & { count?: number } = {},
) {
  const ledger = await newSharedLedger()
  // Each node makes ids of its own.
  const newId = () => randomBytes(16).toString('hex')
  const start = (more: Record<string, string> = {}) =>
    startGateway({ env: { ...vonage.env, ...ledger.env, ...env, ...more }, overrides: { newId, ...overrides } })
  const nodes: TestGateway[] = []
  for (let index = 0; index < count; index += 1) nodes.push(await start())
  const [one, other] = nodes
  if (!one || !other) throw new Error('there are two nodes at least')
  return {
    ledger,
    nodes,
    one,
    other,
    /** Another node. */
    start,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
    },
  }
}
