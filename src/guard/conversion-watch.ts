import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Alert, Conversion, Store } from '../store/store.ts'

interface Parts {
  store: Store
  clock: Clock
  log: Log
  newId: () => string
}

const minuteMs = 60_000
const everyMs = 5 * minuteMs
const windowMs = 60 * minuteMs
/** Codes of younger messages may still be given. */
const settledAfterMs = 10 * minuteMs
/** Fewer say nothing. */
const fewest = 20
const mostGroups = 1000

/**
 * Looks every five minutes at what the messages of an hour have come to, and says where that is too little. It sleeps while
 * none are sent.
 */
export class ConversionWatch {
  readonly #parts: Parts
  #disarm = () => {}
  #isAwake = false
  #stopped = false
  #looking: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Messages are sent, or may have been before the start. */
  wake(): void {
    const { clock } = this.#parts
    if (this.#stopped || this.#isAwake) return
    this.#isAwake = true
    this.#disarm = clock.at(clock.now() + everyMs, () => {
      this.#looking = this.#watch()
      return this.#looking
    })
  }

  /** Resolves when what runs is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#disarm()
    await this.#looking
  }

  async #watch(): Promise<void> {
    const { log } = this.#parts
    let goesOn = true
    try {
      goesOn = await this.#look()
    } catch (err) {
      log.error({ err }, 'what messages have come to could not be looked at')
    }
    this.#isAwake = false
    if (goesOn) this.wake()
  }

  /** Answers whether there are messages that are to be looked at later, or again. */
  async #look(): Promise<boolean> {
    const { store, clock } = this.#parts
    const now = clock.now()
    const until = now - settledAfterMs
    const span = { since: until - windowMs, until }
    const recent = await store.conversion({ by: 'country', since: span.since, until: now + 1, limit: 1 })
    if (recent.length === 0) return false
    for (const by of ['country', 'prefix', 'caller'] as const) {
      for (const group of await store.conversion({ by, ...span, limit: mostGroups })) {
        const level = levelOf(group)
        if (level) await this.#raise({ ...group, ...span, by, level })
      }
    }
    return true
  }

  /** Several nodes look; one of them has news. */
  async #raise(found: Omit<Alert, 'id' | 'at'>): Promise<void> {
    const { store, clock, log, newId } = this.#parts
    const alert: Alert = { ...found, id: newId(), at: clock.now() }
    const { level, by, name, requested, verified } = alert
    if (!(await store.transaction('guard alerts', (tx) => tx.raiseAlert(alert)))) return
    log.warn({ alert: alert.id, level, by, name, requested, verified }, 'too few messages lead to a right code')
  }
}

function levelOf({ requested, verified, pending }: Conversion): Alert['level'] | undefined {
  const over = requested - pending
  if (over < fewest) return undefined
  const share = verified / over
  if (share < 0.2) return 'act'
  if (share <= 0.35) return 'alert'
  return share < 0.6 ? 'warn' : undefined
}
