import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from './migrations.ts'
import { createReads } from './sqlite-reads.ts'
import { createTransaction } from './sqlite-writes.ts'
import { type Store, StoreRefusal, type Transaction } from './store.ts'

export interface SqliteOptions {
  path: string
  /** A ledger keeps the mode it was made in. */
  mode: 'sandbox' | 'live'
  /** A fingerprint of the data keys: other keys would find none of the numbers again. */
  keyCheck: string
}

/** Opens a ledger for serving. Throws a StoreRefusal when another program serves it or it is not ours to serve. */
export function openSqlite({ path, mode, keyCheck }: SqliteOptions): Store {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lock = lockForServing(path)
  const database = new DatabaseSync(path)
  try {
    database.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000',
    )
    migrate(database)
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
  } catch (error) {
    database.close()
    lock.close()
    throw error
  }
  const tx = createTransaction(database)
  // A connection of its own, so that no read sees half a transaction.
  const reader = new DatabaseSync(path, { readOnly: true })
  let turn: Promise<unknown> = Promise.resolve()
  return {
    ...createReads(reader),
    transaction(work) {
      const done = turn.then(() => runTransaction(database, tx, work))
      turn = done.catch(() => {})
      return done
    },
    async isReady() {
      if (!database.isOpen) return false
      const applied = reader.prepare('select count(*) as n from migrations').get()
      return applied?.n === migrations.length
    },
    async close() {
      await turn
      if (!database.isOpen) return
      reader.close()
      database.close()
      lock.close()
    },
  }
}

/** Opens a ledger beside a program that serves it, for looking only. */
export function readSqlite(path: string): ReturnType<typeof createReads> & { close(): void } {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(path, { readOnly: true })
  } catch (cause) {
    throw new StoreRefusal(`there is no ledger at ${path}`, { cause })
  }
  return { ...createReads(database), close: () => database.close() }
}

async function runTransaction<T>(
  database: DatabaseSync,
  tx: Transaction,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  database.exec('begin immediate')
  try {
    const result = await work(tx)
    database.exec('commit')
    return result
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/**
 * Holds an exclusive transaction on a small database beside the ledger for as long as the program lives. The operating
 * system lets go of it however the program dies, which a file with a process id in it can't promise.
 */
function lockForServing(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`)
  try {
    lock.exec('pragma journal_mode = delete; begin exclusive')
    return lock
  } catch (cause) {
    lock.close()
    const advice = 'stop it, or set DATABASE_URL or TOLLGATE_DATA_DIR to another place'
    throw new StoreRefusal(`another tollgate serves the ledger ${path}: ${advice}`, { cause })
  }
}

function migrate(database: DatabaseSync): void {
  database.exec('begin immediate')
  try {
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
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/** The first to open a new ledger says what it is; everybody later has to agree. */
function claim(database: DatabaseSync, key: string, value: string, refusal: (made: string) => string): void {
  database.prepare('insert into meta (key, value) values (?, ?) on conflict do nothing').run(key, value)
  const made = String(database.prepare('select value from meta where key = ?').get(key)?.value)
  if (made !== value) throw new StoreRefusal(refusal(made))
}
