import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from './migrations.ts'
import { createReads } from './sqlite-reads.ts'
import { createTransaction } from './sqlite-writes.ts'
import { type Reads, type Store, StoreRefusal, type Transaction } from './store.ts'

export interface SqliteOptions {
  path: string
  /** A ledger keeps the mode it was made in. */
  mode: 'sandbox' | 'live'
  /** A fingerprint of the data keys: other keys would find none of the numbers again. */
  keyCheck: string
}

/** Opens a ledger for serving. Throws a StoreRefusal when another program serves it or it is not ours to serve. */
export function openSqlite(options: SqliteOptions): Store {
  const { path } = options
  const lock = lockForServing(path)
  try {
    return serveLedger(options, lock)
  } catch (error) {
    lock.close()
    throw refusalOf(path, error)
  }
}

function serveLedger({ path, mode, keyCheck }: SqliteOptions, lock: DatabaseSync): Store {
  const database = new DatabaseSync(path)
  let tx: Transaction
  try {
    prepare(database, () => {
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
    })
    tx = createTransaction(database)
  } catch (error) {
    database.close()
    throw error
  }
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

export type Ledger = Pick<Reads, 'verification' | 'run'> & { close(): void }

/** Opens a ledger beside a program that serves it, for looking only. Throws a StoreRefusal where none can be read. */
export function readSqlite(path: string): Ledger {
  if (!existsSync(path)) throw new StoreRefusal(`there is no ledger at ${path}`)
  const refuse = (error: unknown): never => {
    throw refusalOf(path, error)
  }
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    const reads = createReads(database)
    return {
      verification: (id) => reads.verification(id).catch(refuse),
      run: (id) => reads.run(id).catch(refuse),
      close: () => database.close(),
    }
  } catch (error) {
    return refuse(error)
  }
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
    rollBack(database)
    throw error
  }
}

/** A write that fails badly, on a full disk for one, has ended the transaction already. */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec('rollback')
}

/**
 * Holds an exclusive transaction on a small database beside the ledger for as long as the program lives. The operating
 * system lets go of it however the program dies, which a file with a process id in it can't promise.
 */
function lockForServing(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(`${path}.lock`)
    lock.exec('pragma journal_mode = delete; begin exclusive')
    return lock
  } catch (cause) {
    lock?.close()
    if (!isBusy(cause)) throw refusalOf(`${path}.lock`, cause)
    const advice = 'stop it, or set DATABASE_URL or TOLLGATE_DATA_DIR to another place'
    throw new StoreRefusal(`another tollgate serves the ledger ${path}: ${advice}`, { cause })
  }
}

/** Brings the tables up to date and makes the claims; where one of them is refused, nothing has changed. */
function prepare(database: DatabaseSync, makeClaims: () => void): void {
  database.exec(
    'pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on',
  )
  database.exec('begin immediate')
  try {
    migrate(database)
    makeClaims()
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

/** The first to open a new ledger says what it is; everybody later has to agree. */
function claim(database: DatabaseSync, key: string, value: string, refusal: (made: string) => string): void {
  database.prepare('insert into meta (key, value) values (?, ?) on conflict do nothing').run(key, value)
  const made = String(database.prepare('select value from meta where key = ?').get(key)?.value)
  if (made !== value) throw new StoreRefusal(refusal(made))
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY and SQLITE_LOCKED; what stands above the lowest byte tells them apart further.
  return error instanceof Error && 'errcode' in error && [5, 6].includes(Number(error.errcode) & 0xff)
}

/** What the file system or SQLite says against a file, in one line; anything else is a fault of ours and stays as it is. */
function refusalOf(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error || 'syscall' in error)) return error
  const advice = 'put it right, or set DATABASE_URL or TOLLGATE_DATA_DIR to another place'
  return new StoreRefusal(`the ledger cannot be kept in ${path} (${error.message}): ${advice}`, { cause: error })
}
