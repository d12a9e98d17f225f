import { randomBytes } from 'node:crypto'
import { DataKeys } from '../../src/privacy.ts'
import { startGateway, type TestGateway, type TestOptions } from './gateway.ts'
import { newDatabase, query } from './postgres.ts'

const clockFunction = (now: string) =>
  `function tollgate_now() returns bigint language sql volatile as 'select ${now}::bigint'`

/** Gateways on one PostgreSQL, with one Vonage apart. */
export async function startNodes(
  vonage: { env: Record<string, string> },
  { count = 2, env = {}, overrides = {} }: TestOptions & { count?: number } = {},
) {
  const databaseUrl = await newDatabase()
  const shared = { DATABASE_URL: databaseUrl, TOLLGATE_DATA_KEYS: DataKeys.generate().reveal() }
  // Each node makes ids of its own.
  const newId = () => randomBytes(16).toString('hex')
  const start = (more: Record<string, string> = {}) =>
    startGateway({ env: { ...vonage.env, ...shared, ...env, ...more }, overrides: { newId, ...overrides } })
  const nodes: TestGateway[] = []
  for (let index = 0; index < count; index += 1) nodes.push(await start())
  const [one, other] = nodes
  if (!one || !other) throw new Error('there are two nodes at least')
  return {
    databaseUrl,
    nodes,
    one,
    other,
    /** Makes the clock of the database stand. */
    setClock: (atMs: number) => query(databaseUrl, `create or replace ${clockFunction(String(atMs))}`),
    /** Another node. */
    start,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
    },
  }
}
