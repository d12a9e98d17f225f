import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataKeys, Secret } from './privacy.ts'
import { ConfigError } from './settings.ts'

/** The keys that are set, or those in the data folder, made at the first start; never in the ledger itself. */
export function readDataKeys({ dataDir, dataKeys }: { dataDir: string; dataKeys: Secret | undefined }): DataKeys {
  const file = join(dataDir, 'data.keys')
  const origin = dataKeys ? 'TOLLGATE_DATA_KEYS' : file
  try {
    return new DataKeys(dataKeys ?? readOrMake(dataDir, file))
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError(`${origin}: ${error.message}`)
    if (error instanceof Error && 'syscall' in error)
      throw new ConfigError(`TOLLGATE_DATA_DIR cannot be used: ${error.message}`)
    throw error
  }
}

function readOrMake(dataDir: string, file: string): Secret {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) make(dataDir, file)
  return new Secret(readFileSync(file, 'utf8'))
}

/** On disk before the ledger is made: without its keys a ledger can't be used. */
function make(dataDir: string, file: string): void {
  writeFileSync(file, `${DataKeys.generate().reveal()}\n`, { mode: 0o600, flag: 'wx', flush: true })
  const folder = openSync(dataDir, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
