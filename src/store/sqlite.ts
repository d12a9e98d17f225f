import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type DiskLog, openDiskLog } from './disk-log.ts'
import { GroupCommit } from './group-commit.ts'
import { groupLevels, type Shared } from './group-levels.ts'
import { levelWrites } from './levels.ts'
import { createReads } from './reads.ts'
import { lockForServing, refusalOf } from './sqlite-file.ts'
import { demandPrepared, isMigrated, prepare } from './sqlite-setup.ts'
import { sqliteSql } from './sqlite-sql.ts'
import { type Claims, NoLedger, type Store, type Transaction } from './store.ts'
import { createTransaction } from './transaction.ts'

export interface SqliteOptions extends Claims {
  path: string
}

/** Opens a ledger for serving. Throws a StoreRefusal when another program serves it or it is not ours to serve. */
export function openSqlite(options: SqliteOptions): Store {
  const { path } = options
  const lock = lockForServing(path)
  try {
    return openFile(path, { prepare: (database) => prepare(database, options), onClose: () => lock.close() })
  } catch (error) {
    lock.close()
    throw refusalOf(path, error)
  }
}

/** Opens a ledger beside a program that may serve it. Throws a StoreRefusal where there is none of this version. */
export function openSqliteBeside(options: { path: string } & Partial<Claims>): Store {
  const { path } = options
  if (!existsSync(path)) throw new NoLedger(`there is no ledger at ${path}`)
  try {
    return openFile(path, { prepare: (database) => demandPrepared(database, options) })
  } catch (error) {
    throw refusalOf(path, error)
  }
}

interface Opening {
  prepare: (database: DatabaseSync) => void
  onClose?: () => void
}

function openFile(path: string, { prepare, onClose }: Opening): Store {
  const database = new DatabaseSync(path)
  let writing: { tx: Transaction; shared: Shared }
  let log: DiskLog
  try {
    prepare(database)
    log = openDiskLog(database)
    const sql = sqliteSql(database)
    const { writes, shared } = groupLevels(levelWrites(sql))
    writing = { tx: { ...createTransaction(sql), ...writes }, shared }
  } catch (error) {
    database.close()
    throw error
  }
  // A connection of its own, so that no read sees half a transaction.
  const reader = new DatabaseSync(path, { readOnly: true })
  const writer = new GroupCommit(database, log, writing)
  return {
    ...createReads(sqliteSql(reader)),
    isShared: false,
    transaction: (_about, work) => writer.transaction(work),
    async isReady() {
      if (!database.isOpen) return false
      await log.synced()
      return isMigrated(reader)
    },
    async close() {
      await writer.idle()
      if (!database.isOpen) return
      reader.close()
      database.close()
      log.close()
      onClose?.()
    },
  }
}
