import type { Clock } from '../clock.ts'
import { readLedgerConfig, readWebhooks } from '../config.ts'
import { existingDataKeys } from '../data-keys.ts'
import { openLedgerBeside } from '../ledger.ts'
import { createLog, type Log } from '../log.ts'
import type { DataKeys } from '../privacy.ts'
import type { Env } from '../settings.ts'
import type { Store } from '../store/store.ts'
import { withOutbox } from '../webhooks/outbox.ts'

export interface Beside {
  store: Store
  clock: Clock
  keys: DataKeys
  log: Log
}

/**
 * Opens the ledger with its data keys, beside the gateways that may serve it, and closes it at the end. What is changed in
 * it the gateways tell by webhooks.
 */
export async function beside<T>(env: Env, work: (ledger: Beside) => Promise<T>): Promise<T> {
  const config = readLedgerConfig(env)
  const webhooks = readWebhooks(env)
  const log = createLog(config.logLevel)
  const keys = existingDataKeys(config)
  const { store: ledger, clock } = await openLedgerBeside(config, log, keys)
  const targets = webhooks?.targets.map(({ href }) => href) ?? []
  const store = webhooks ? withOutbox(ledger, { targets, clock, onEvents: () => {} }) : ledger
  try {
    return await work({ store, clock, keys, log })
  } finally {
    await ledger.close()
  }
}
