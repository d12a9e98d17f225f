import { type Clock, FollowingClock, systemClock } from './clock.ts'
import { type Config, demandSharedDataKeys, type LedgerConfig } from './config.ts'
import { readDataKeys } from './data-keys.ts'
import type { Log } from './log.ts'
import type { DataKeys } from './privacy.ts'
import { openPostgres, openPostgresBeside, type PostgresOptions } from './store/postgres.ts'
import { openSqlite, openSqliteBeside } from './store/sqlite.ts'
import { type Claims, NoLedger, type Store } from './store/store.ts'

export interface Ledger {
  store: Store
  /** The database's time, where it is the one that counts. */
  clock?: Clock
}

/** Opens the ledger for serving. Throws a StoreRefusal that says what to do. */
export async function openLedger(
  config: LedgerConfig & Pick<Config, 'mode'>,
  keys: DataKeys,
  log: Log,
): Promise<Ledger> {
  const { ledger, mode, databaseConnections: connections } = config
  const claims = { mode, keyCheck: keys.hash('tollgate') }
  if (ledger.engine === 'sqlite') return { store: openSqlite({ path: ledger.path, ...claims }) }
  const clock = new FollowingClock()
  const options = postgresOptions({ url: ledger.url.reveal(), connections, clock, log })
  return { store: await openPostgres({ ...options, ...claims }), clock }
}

/** Opens the ledger for a command that may come before the first start: where there is none, it is made. */
export async function openOrMakeLedger(
  config: LedgerConfig,
  mode: Config['mode'],
  log: Log,
): Promise<Required<Ledger>> {
  const open = () => openBeside(config, log, { mode })
  return open().catch(async (refusal) => {
    if (!(refusal instanceof NoLedger)) throw refusal
    demandSharedDataKeys(config)
    const { store } = await openLedger({ ...config, mode }, readDataKeys(config), log)
    await store.close()
    return open()
  })
}

/** Opens the ledger for a command, beside the gateways that may serve it; with `keys` only one that was written with them. */
export function openLedgerBeside(config: LedgerConfig, log: Log, keys?: DataKeys): Promise<Required<Ledger>> {
  return openBeside(config, log, keys ? { keyCheck: keys.hash('tollgate') } : {})
}

async function openBeside({ ledger }: LedgerConfig, log: Log, claims: Partial<Claims>): Promise<Required<Ledger>> {
  if (ledger.engine === 'sqlite')
    return { store: openSqliteBeside({ path: ledger.path, ...claims }), clock: systemClock }
  const clock = new FollowingClock()
  const options = postgresOptions({ url: ledger.url.reveal(), connections: 2, clock, log })
  return { store: await openPostgresBeside({ ...options, ...claims }), clock }
}

interface Connecting {
  url: string
  connections: number
  clock: FollowingClock
  log: Log
}

function postgresOptions({ url, connections, clock, log }: Connecting): PostgresOptions {
  return {
    url,
    connections,
    onTime: (now) => clock.follow(now),
    onBroken: (err) => log.warn({ err }, 'a connection to the database has broken'),
  }
}
