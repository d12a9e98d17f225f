import { openPostgres, type PostgresOptions } from '../../src/store/postgres.ts'
import type { Store } from '../../src/store/store.ts'

/** A ledger in a PostgreSQL database. */
export function openedPostgres(url: string, more: Partial<PostgresOptions> = {}): Promise<Store> {
  const nothing = () => {}
  const claims = { mode: 'sandbox', keyCheck: 'keys' } as const
  return openPostgres({ url, ...claims, connections: 4, onTime: nothing, onBroken: nothing, ...more })
}
