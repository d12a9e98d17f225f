import type { ClientBase, Pool } from 'pg'
import { postgresMigrations as migrations } from './migrations.ts'
import { type Claims, foreignLedger, NoLedger, StoreRefusal } from './store.ts'

/** Any number that nobody else locks in this database. */
const migrationLock = 7_019_263_410

/** Brings the tables up to date and makes the claims. Several nodes may do so at once: they take turns. */
export async function prepare(client: ClientBase, claims: Claims): Promise<void> {
  await client.query(`begin; select pg_advisory_xact_lock(${migrationLock})`)
  try {
    await demandDurable(client)
    await migrate(client)
    await makeClaims(client, claims)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** An answer leaves only after its commit, which has to be on disk then. */
async function demandDurable(client: ClientBase): Promise<void> {
  const { rows } = await client.query('show synchronous_commit')
  if (rows[0]?.synchronous_commit !== 'off') return
  throw new StoreRefusal('the database says that it has written before it has: set its synchronous_commit to on')
}

/**
 * A migration that takes away what the version before it needs is marked, and only such a one makes an older program
 * refuse: so nodes are replaced one after the other while the database serves both versions.
 */
async function migrate(client: ClientBase): Promise<void> {
  await client.query(
    `create table if not exists migrations (name text primary key, contracts boolean not null default false)`,
  )
  const { rows } = await client.query('select name, contracts from migrations')
  const applied = new Map(rows.map(({ name, contracts }) => [name, contracts]))
  const later = [...applied].find(([name, contracts]) => contracts && !migrations.some((each) => each.name === name))
  if (later) throw new StoreRefusal(`the ledger was written by a newer tollgate (migration ${later[0]})`)
  for (const { name, sql, contracts } of migrations.filter((migration) => !applied.has(migration.name))) {
    await client.query(sql)
    await client.query('insert into migrations (name, contracts) values ($1, $2)', [name, contracts])
  }
}

/** For a program beside those that serve: nothing is migrated and nothing claimed. */
export async function demandPrepared(client: ClientBase, { mode, keyCheck }: Partial<Claims>): Promise<void> {
  if (!(await hasLedger(client))) throw new NoLedger('there is no ledger in the database: start tollgate on it once')
  if (!(await isMigrated(client))) throw new StoreRefusal('the ledger is of another version: start tollgate on it once')
  for (const [key, value] of Object.entries({ mode, keys: keyCheck })) {
    if (value !== undefined) await demandClaim(client, key, value)
  }
}

async function hasLedger(client: ClientBase | Pool): Promise<boolean> {
  const { rows } = await client.query(`select to_regclass('migrations') as found`)
  return rows[0]?.found !== null
}

/** Whether all tables are there; false also for an empty database. */
export async function isMigrated(client: ClientBase | Pool): Promise<boolean> {
  if (!(await hasLedger(client))) return false
  const applied = await client.query('select name from migrations')
  return migrations.every(({ name }) => applied.rows.some((row) => row.name === name))
}

/** The first to open a new ledger says what it is; everybody later has to agree. */
async function makeClaims(client: ClientBase, { mode, keyCheck }: Claims): Promise<void> {
  for (const [key, value] of Object.entries({ mode, keys: keyCheck })) {
    await client.query('insert into meta (key, value) values ($1, $2) on conflict do nothing', [key, value])
    await demandClaim(client, key, value)
  }
}

async function demandClaim(client: ClientBase, key: string, value: string): Promise<void> {
  const { rows } = await client.query('select value from meta where key = $1', [key])
  const made = String(rows[0]?.value)
  if (made !== value) throw foreignLedger('the ledger', key, made)
}
