import type { DatabaseSync } from 'node:sqlite'
import { migrations } from './migrations.ts'
import { StoreRefusal } from './store.ts'

/** What a ledger is, said by the first who opens it. */
export interface Claims {
  /** A ledger keeps the mode it was made in. */
  mode: 'sandbox' | 'live'
  /** A fingerprint of the data keys: other keys would find none of the numbers again. */
  keyCheck: string
}

/** A write that fails badly, on a full disk for one, has ended the transaction already. */
export function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec('rollback')
}

/** Brings the tables up to date and makes the claims; where one of them is refused, nothing has changed. */
export function prepare(database: DatabaseSync, claims: Claims & { path: string }): void {
  database.exec(
    'pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on',
  )
  database.exec('begin immediate')
  try {
    migrate(database)
    makeClaims(database, claims)
    database.exec('commit')
  } catch (error) {
    rollBack(database)
    throw error
  }
}

function migrate(database: DatabaseSync): void {
  // Which migrations have run; a row for each, kept for ever: ('001-ledger').
  database.exec('create table if not exists migrations (name text primary key) strict, without rowid')
  const applied = new Set(
    database
      .prepare('select name from migrations')
      .all()
      .map(({ name }) => name),
  )
  const unknown = [...applied].find((name) => !migrations.some((migration) => migration.name === name))
  if (unknown) throw new StoreRefusal(`the ledger was written by a newer tollgate (migration ${unknown})`)
  for (const { name, sql } of migrations.filter((migration) => !applied.has(migration.name))) {
    database.exec(sql)
    database.prepare('insert into migrations (name) values (?)').run(name)
  }
}

function makeClaims(database: DatabaseSync, { path, mode, keyCheck }: Claims & { path: string }): void {
  claim(
    database,
    'mode',
    mode,
    (made) => `the ledger ${path} is a ${made} ledger: set TOLLGATE_MODE=${made} or another DATABASE_URL`,
  )
  claim(
    database,
    'keys',
    keyCheck,
    () => `the ledger ${path} was written with other data keys: set TOLLGATE_DATA_KEYS to those`,
  )
}

/** The first to open a new ledger says what it is; everybody later has to agree. */
function claim(database: DatabaseSync, key: string, value: string, refusal: (made: string) => string): void {
  database.prepare('insert into meta (key, value) values (?, ?) on conflict do nothing').run(key, value)
  const made = String(database.prepare('select value from meta where key = ?').get(key)?.value)
  if (made !== value) throw new StoreRefusal(refusal(made))
}
