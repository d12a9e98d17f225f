import { closeSync, fdatasync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

const syncData = promisify(fdatasync)

/** The log that SQLite writes commits to before they reach the database file (its write-ahead log). */
export interface DiskLog {
  /** Resolves when all that is committed is on disk. Rejects once the disk has failed: then nobody knows what is on it. */
  synced(): Promise<void>
  close(): void
}

/**
 * SQLite waits for the disk itself only where its own order of writing needs it (`synchronous = normal`). What a commit
 * waits for is waited for here, beside the thread that everything else runs on.
 */
export function openDiskLog(database: DatabaseSync): DiskLog {
  const log = openSync(`${database.location()}-wal`, 'r+')
  const rowsChanged = database.prepare('select total_changes() as rows')
  const changes = () => Number(rowsChanged.get()?.rows)
  let syncedChanges = changes()
  let failure: unknown
  return {
    async synced() {
      if (failure !== undefined) throw failure
      const now = changes()
      if (now === syncedChanges) return
      try {
        await syncData(log)
        syncedChanges = now
      } catch (error) {
        failure = error
        throw error
      }
    },
    close: () => closeSync(log),
  }
}
