import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { GroupCommit } from './group-commit.ts'
import { migrations } from './migrations.ts'
import { createReads } from './reads.ts'
import { lockForServing, refusalOf } from './sqlite-file.ts'
import { type Claims, prepare } from './sqlite-setup.ts'
import { sqliteSql } from './sqlite-sql.ts'
import { type Reads, type Store, StoreRefusal, type Transaction } from './store.ts'
import { createTransaction } from './transaction.ts'

export interface SqliteOptions extends Claims {
  path: string
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

function serveLedger(options: SqliteOptions, lock: DatabaseSync): Store {
  const { path } = options
  const database = new DatabaseSync(path)
  let tx: Transaction
  try {
    prepare(database, options)
    tx = createTransaction(sqliteSql(database))
  } catch (error) {
    database.close()
    throw error
  }
  // A connection of its own, so that no read sees half a transaction.
  const reader = new DatabaseSync(path, { readOnly: true })
  const writer = new GroupCommit(database, tx)
  return {
    ...createReads(sqliteSql(reader)),
    transaction: (_about, work) => writer.transaction(work),
    async isReady() {
      if (!database.isOpen) return false
      const applied = reader.prepare('select count(*) as n from migrations').get()
      return applied?.n === migrations.length
    },
    async close() {
      await writer.idle()
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
    const reads = createReads(sqliteSql(database))
    return {
      verification: (id) => reads.verification(id).catch(refuse),
      run: (id) => reads.run(id).catch(refuse),
      close: () => database.close(),
    }
  } catch (error) {
    return refuse(error)
  }
}
