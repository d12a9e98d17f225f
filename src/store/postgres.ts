import { createHash } from 'node:crypto'
import pg, { type PoolClient } from 'pg'
import { Unavailable } from '../errors.ts'
import { refusalOf, unavailable } from './postgres-errors.ts'
import { demandPrepared, isMigrated, prepare } from './postgres-setup.ts'
import { postgresSql } from './postgres-sql.ts'
import { createReads } from './reads.ts'
import type { Claims, Store, Transaction } from './store.ts'
import { createTransaction } from './transaction.ts'

export interface PostgresOptions {
  /** postgres://user:password@host/database, with what libpq takes behind a question mark. */
  url: string
  /** Connections at a time. */
  connections: number
  /** Told the database's time (epoch ms) at the opening and with every transaction, which then goes by it. */
  onTime: (now: number) => void
  /** A connection has broken; the next use makes another. */
  onBroken: (error: Error) => void
  /** How long an answer is waited for, in milliseconds; longer than the server takes for any, unless given. */
  answerWithinMs?: number
}

/** Opens a ledger that any number of nodes serve. Throws a StoreRefusal when it can't be reached or is not ours. */
export function openPostgres(options: PostgresOptions & Claims): Promise<Store> {
  return open(options, (client) => prepare(client, options))
}

/** Opens a ledger beside the nodes that serve it. Throws a StoreRefusal where there is none of this version. */
export function openPostgresBeside(options: PostgresOptions & Partial<Claims>): Promise<Store> {
  return open(options, (client) => demandPrepared(client, options))
}

async function open(options: PostgresOptions, prepare: (client: PoolClient) => Promise<void>): Promise<Store> {
  const pool = createPool(options)
  try {
    await setUp(pool, prepare, options.onTime)
  } catch (error) {
    await pool.end()
    throw refusalOf(error)
  }
  return {
    ...createReads(postgresSql(pool)),
    isShared: true,
    transaction: transactions(pool, options.onTime),
    isReady: () => isMigrated(pool),
    async close() {
      if (!pool.ending) await pool.end()
    },
  }
}

const int8 = 20

/** What a node that hangs has locked is free again then. */
const statementTimeoutMs = 10_000

function createPool(options: PostgresOptions): pg.Pool {
  const { url, connections, onBroken, answerWithinMs = statementTimeoutMs + 2000 } = options
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'tollgate',
    max: connections,
    // What a transaction begins together goes out together.
    pipeline: true,
    connectionTimeoutMillis: 5000,
    statement_timeout: statementTimeoutMs,
    // Of a server that hangs, or that nothing leads to any more, nobody tells.
    query_timeout: answerWithinMs,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    types: {
      // Times and counts are far below 2^53.
      getTypeParser: (type, format) => (type === int8 ? Number : pg.types.getTypeParser(type, format)),
    },
  })
  // One that breaks while it is used tells nobody but its own listeners, and without one it would end the program.
  pool.on('connect', (client) => client.on('error', onBroken))
  // The same once more, of one that nobody uses.
  return pool.on('error', () => {})
}

async function setUp(
  pool: pg.Pool,
  prepare: (client: PoolClient) => Promise<void>,
  onTime: PostgresOptions['onTime'],
): Promise<void> {
  const client = await pool.connect()
  try {
    await prepare(client)
    const { rows } = await client.query('select tollgate_now() as now')
    onTime(rows[0].now)
  } finally {
    client.release()
  }
}

function transactions(pool: pg.Pool, onTime: (now: number) => void): Store['transaction'] {
  /** The writes of a connection, for as long as there is the connection. */
  const writesOf = new WeakMap<PoolClient, Transaction>()
  const writes = (client: PoolClient): Transaction => {
    const known = writesOf.get(client)
    const made = known ?? createTransaction(postgresSql(client))
    if (!known) writesOf.set(client, made)
    return made
  }
  return async (about, work) => {
    const client = await pool.connect().catch(unavailable)
    let broken: Error | undefined
    try {
      onTime(await begin(client, about).catch(unavailable))
      const result = await work(writes(client))
      await commit(client)
      return result
    } catch (error) {
      broken = await rollBack(client, error)
      throw error
    } finally {
      client.release(broken)
    }
  }
}

/** Answers with the reason for which the connection can't be used again; who did not answer is not asked. */
function rollBack(client: PoolClient, reason: unknown): Promise<Error | undefined> {
  if (reason instanceof Unavailable) return Promise.resolve(reason)
  return client.query('rollback').then(
    () => undefined,
    (cause) => cause,
  )
}

/** Alone with what it is about. Answers with the database's time. */
async function begin(client: PoolClient, about: string): Promise<number> {
  const key = createHash('sha256').update(about).digest().readBigInt64BE()
  const answers: unknown = await client.query(
    `begin isolation level read committed; select pg_advisory_xact_lock(${key}); select tollgate_now() as now`,
  )
  return Array.isArray(answers) ? answers.at(-1).rows[0].now : Number.NaN
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('commit').catch(unavailable)
  // A transaction in which a statement has failed can only be rolled back, and the server does so without an error.
  if (command !== 'COMMIT') throw new Error('the transaction had failed before it was to be committed')
}
