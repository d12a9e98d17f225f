import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreRefusal } from './store.ts'

/**
 * Holds an exclusive transaction on a small database beside the ledger for as long as the program lives. The operating
 * system lets go of it however the program dies, which a file with a process id in it can't promise.
 */
export function lockForServing(path: string): DatabaseSync {
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

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY and SQLITE_LOCKED; what stands above the lowest byte tells them apart further.
  return error instanceof Error && 'errcode' in error && [5, 6].includes(Number(error.errcode) & 0xff)
}

/** What the file system or SQLite says against a file, in one line; anything else is a fault of ours and stays as it is. */
export function refusalOf(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error || 'syscall' in error)) return error
  const advice = 'put it right, or set DATABASE_URL or TOLLGATE_DATA_DIR to another place'
  return new StoreRefusal(`the ledger cannot be kept in ${path} (${error.message}): ${advice}`, { cause: error })
}
