import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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
    throw error
  }
}

function readOrMake(dataDir: string, file: string): Secret {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) writeFileSync(file, `${DataKeys.generate().reveal()}\n`, { mode: 0o600, flag: 'wx' })
  return new Secret(readFileSync(file, 'utf8'))
}
