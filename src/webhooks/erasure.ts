import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'

const dayMs = 86_400_000
const deliveredForMs = 7 * dayMs
const keptForMs = 30 * dayMs
/** So few at a time that nobody waits for it. */
const limit = 500

interface Parts {
  store: Store
  clock: Clock
  log: Log
}

/** Erases old events now and once a day. Returns how to end it. */
export function startErasing(parts: Parts): () => Promise<void> {
  const { clock, log } = parts
  let erasing: Promise<void> | undefined
  let disarm = () => {}
  const run = () => {
    disarm = clock.at(clock.now() + dayMs, run)
    erasing = eraseOld(parts).catch((err) => log.error({ err }, 'old webhooks could not be erased'))
    return erasing
  }
  disarm = clock.at(clock.now(), run)
  return async () => {
    disarm()
    await erasing
  }
}

async function eraseOld({ store, clock }: Parts): Promise<void> {
  const now = clock.now()
  const age = { deliveredBefore: now - deliveredForMs, allBefore: now - keptForMs, limit }
  let erased: number
  do erased = await store.transaction('webhooks', (tx) => tx.eraseDeliveries(age))
  while (erased === limit)
}
