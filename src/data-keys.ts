import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DataKeys, Secret } from './privacy.ts'
import { ConfigError } from './settings.ts'

/** Where data keys come from: what is set, else a file in the data folder. */
interface Origin {
  dataDir: string
  dataKeys: Secret | undefined
}

/** The keys that are set, or those in the data folder, made at the first start; never in the ledger itself. */
export function readDataKeys(origin: Origin): DataKeys {
  return reading(origin, () => {
    if (!origin.dataKeys) makeFirst(origin.dataDir)
    return new DataKeys(asWritten(origin))
  })
}

/** The keys for a command. Throws a ConfigError where there are none yet. */
export function existingDataKeys(origin: Origin): DataKeys {
  return reading(origin, () => new DataKeys(asWritten(origin)))
}

/** Puts other keys in the place of those in the data folder, by `change`; at any time one or the other are there whole. */
export function changeDataKeys(origin: Origin, change: (keys: Secret) => Secret): void {
  reading(origin, () => {
    existingDataKeys(origin)
    const file = fileIn(origin.dataDir)
    const next = `${file}.new`
    const { uid, gid } = statSync(file)
    rmSync(next, { force: true })
    writeNew(next, change(asWritten(origin)))
    // Whoever serves may be somebody else than who runs this command.
    chownSync(next, uid, gid)
    renameSync(next, file)
    syncFolder(origin.dataDir)
  })
}

const fileIn = (dataDir: string) => join(dataDir, 'data.keys')

function asWritten({ dataDir, dataKeys }: Origin): Secret {
  if (dataKeys) return dataKeys
  const file = fileIn(dataDir)
  if (existsSync(file)) return new Secret(readFileSync(file, 'utf8'))
  throw new ConfigError(`there are no data keys in ${file}: set TOLLGATE_DATA_KEYS or TOLLGATE_DATA_DIR`)
}

function reading<T>({ dataDir, dataKeys }: Origin, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError)
      throw new ConfigError(`${dataKeys ? 'TOLLGATE_DATA_KEYS' : fileIn(dataDir)}: ${error.message}`)
    if (error instanceof Error && 'syscall' in error)
      throw new ConfigError(`TOLLGATE_DATA_DIR cannot be used: ${error.message}`)
    throw error
  }
}

/** On disk before the ledger is made: without its keys a ledger can't be used. */
function makeFirst(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = fileIn(dataDir)
  if (existsSync(file)) return
  writeNew(file, DataKeys.generate())
  syncFolder(dataDir)
}

function writeNew(file: string, keys: Secret): void {
  writeFileSync(file, `${keys.reveal()}\n`, { mode: 0o600, flag: 'wx', flush: true })
}

function syncFolder(dataDir: string): void {
  const folder = openSync(dataDir, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
