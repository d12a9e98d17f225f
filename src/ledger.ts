import { type Clock, FollowingClock, systemClock } from './clock.ts'
import type { Config, LedgerConfig } from './config.ts'
import type { Log } from './log.ts'
import type { DataKeys } from './privacy.ts'
import { openPostgres, openPostgresBeside, type PostgresOptions } from './store/postgres.ts'
import { openSqlite, openSqliteBeside } from './store/sqlite.ts'
import type { Store } from './store/store.ts'

export interface Ledger {
  store: Store
  /** The database's time, where it is the one that counts. */
  clock?: Clock
}

/** Opens the ledger for serving. Throws a StoreRefusal that says what to do. */
export async function openLedger(config: Config, keys: DataKeys, log: Log): Promise<Ledger> {
  const { ledger, mode, databaseConnections: connections } = config
  const claims = { mode, keyCheck: keys.hash('tollgate') }
  if (ledger.engine === 'sqlite') return { store: openSqlite({ path: ledger.path, ...claims }) }
  const clock = new FollowingClock()
  const options = postgresOptions({ url: ledger.url.reveal(), connections, clock, log })
  return { store: await openPostgres({ ...options, ...claims }), clock }
}

/** Opens the ledger for a command, beside the gateways that may serve it; with `keys` only one that was written with them. */
export async function openLedgerBeside({ ledger }: LedgerConfig, log: Log, keys?: DataKeys): Promise<Required<Ledger>> {
  const claims = keys ? { keyCheck: keys.hash('tollgate') } : {}
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
