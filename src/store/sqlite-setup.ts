import type { DatabaseSync } from 'node:sqlite'
import { sqliteMigrations as migrations } from './migrations.ts'
import { type Claims, foreignLedger, StoreRefusal } from './store.ts'

/** A write that fails badly, on a full disk for one, has ended the transaction already; a closed database has none. */
export function rollBack(database: DatabaseSync): void {
  if (database.isOpen && database.isTransaction) database.exec('rollback')
}

/**
 * Commits wait for the disk elsewhere (disk-log.ts). What a savepoint needs for its undoing is kept in memory. What is
 * erased is overwritten too, where that costs no further writing.
 */
const pragmas =
  'pragma temp_store = memory; pragma busy_timeout = 5000; pragma synchronous = normal; pragma foreign_keys = on; pragma secure_delete = fast'

/** Brings the tables up to date and makes the claims; where one of them is refused, nothing has changed. */
export function prepare(database: DatabaseSync, claims: Claims & { path: string }): void {
  database.exec(`${pragmas}; pragma journal_mode = wal`)
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

/** For a program beside the one that serves: nothing is migrated and nothing claimed. */
export function demandPrepared(
  database: DatabaseSync,
  { path, mode, keyCheck }: { path: string } & Partial<Claims>,
): void {
  database.exec(pragmas)
  if (!isMigrated(database))
    throw new StoreRefusal(`the ledger ${path} is of another version: start tollgate on it once`)
  for (const [key, value] of Object.entries({ mode, keys: keyCheck })) {
    if (value !== undefined) demandClaim(database, { path, key, value })
  }
}

/** Whether all tables are there. */
export function isMigrated(database: DatabaseSync): boolean {
  const applied = database.prepare('select name from migrations').all()
  return migrations.every(({ name }) => applied.some((row) => row.name === name))
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

/** The first to open a new ledger says what it is; everybody later has to agree. */
function makeClaims(database: DatabaseSync, { path, mode, keyCheck }: Claims & { path: string }): void {
  for (const [key, value] of Object.entries({ mode, keys: keyCheck })) {
    database.prepare('insert into meta (key, value) values (?, ?) on conflict do nothing').run(key, value)
    demandClaim(database, { path, key, value })
  }
}

function demandClaim(database: DatabaseSync, { path, key, value }: { path: string; key: string; value: string }): void {
  const made = String(database.prepare('select value from meta where key = ?').get(key)?.value)
  if (made !== value) throw foreignLedger(`the ledger ${path}`, key, made)
}
