import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Run, Store, Transaction } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { CodeHash, VerifyApi } from '../vonage/vonage.ts'
import { endAll } from './held.ts'
import { lookedUpAtOnce, settleChecks } from './settle-checks.ts'

const tryAgainAfterMs = 5000
/** Longer than any call takes, with its waiting for the pace: whoever has not come back by then never will. */
const leaseMs = 90_000
/** How soon it is noticed what other nodes have made due, or left behind. */
const pollMs = 1000
/** How long cancelling is worth trying: later the run ends by itself soon enough. */
const giveUpAfterMs = 120_000

export interface SweeperParts {
  store: Store
  verify: VerifyApi
  clock: Clock
  codeHash: CodeHash
  log: Log
}

/**
 * Does what falls due: runs that nobody waits for any more are cancelled at Vonage, what is over becomes expired, and
 * what became of checks whose answers were lost is looked up.
 */
export class Sweeper {
  readonly #parts: SweeperParts
  #armedFor = Number.POSITIVE_INFINITY
  #disarm = () => {}
  #stopped = false
  /** The sweep that runs; there is one at a time. */
  #sweeping: Promise<void> | undefined

  constructor(parts: SweeperParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    await this.#arm()
  }

  /** Looks into the ledger for what falls due next. Called after each change that makes something due, at `at` where that is known. */
  async rearm(at?: number): Promise<void> {
    if (at !== undefined && at >= this.#armedFor) return
    // A running sweep does so at its end, and where others write too it is done all the time.
    if (!this.#sweeping && !this.#parts.store.isShared) await this.#arm()
  }

  async #arm(): Promise<void> {
    const { store, clock } = this.#parts
    const at = store.isShared ? clock.now() + pollMs : await store.nextDueAt()
    if (at !== undefined) this.#wakeAt(at)
  }

  #wakeAt(atMs: number): void {
    if (this.#stopped || atMs >= this.#armedFor) return
    this.#disarm()
    this.#armedFor = atMs
    this.#disarm = this.#parts.clock.at(atMs, () => {
      this.#armedFor = Number.POSITIVE_INFINITY
      this.#sweeping ??= this.#sweep()
      return this.#sweeping
    })
  }

  /** Takes no new work and resolves when what runs is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#disarm()
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    const { store, clock, log } = this.#parts
    try {
      const due = await store.transaction('sweep', (tx) => this.#claim(tx))
      const checked = due.filter(({ check, state }) => check && state !== 'ended')
      await Promise.all([
        ...inGroups(checked, lookedUpAtOnce).map((runs) => settleChecks(this.#parts, runs)),
        ...due.filter((run) => !checked.includes(run)).map((run) => this.#settle(run)),
      ])
    } catch (error) {
      log.error({ err: error }, 'sweep failed')
      this.#sweeping = undefined
      return this.#wakeAt(clock.now() + tryAgainAfterMs)
    }
    this.#sweeping = undefined
    await this.#arm()
  }

  async #claim(tx: Transaction): Promise<Run[]> {
    const now = this.#parts.clock.now()
    await tx.markLostUnknown(now - leaseMs)
    return tx.claimDue(now, now + leaseMs)
  }

  #settle(run: Run): Promise<unknown> {
    const { store } = this.#parts
    if (run.isCancelling) return this.#cancel(run)
    return store.transaction(run.numberHash, (tx) =>
      run.state === 'ended' ? tx.forgetCheck(run.id) : this.#expire(tx, run),
    )
  }

  /** A check that runs is waited for: its code may be right. */
  async #expire(tx: Transaction, { id }: Run): Promise<void> {
    const now = this.#parts.clock.now()
    const run = await tx.run(id)
    if (run && !run.check && run.expiresAt <= now) await endAll(tx, run, 'expired', now)
  }

  /** Cancels a run at Vonage. Asking twice does no harm, so a lost answer is asked for again. */
  async #cancel(run: Run): Promise<void> {
    const { store, clock } = this.#parts
    const isOver = await this.#cancelUpstream(run)
    const now = clock.now()
    const retryAt = now + tryAgainAfterMs
    const cancelAt = retryAt < run.askedAt + giveUpAfterMs ? retryAt : undefined
    await store.transaction(run.numberHash, async (tx) => {
      if (isOver) await tx.endRun(run.id, now)
      else await tx.updateRun(run.id, { cancelAt, isCancelling: false })
    })
  }

  async #cancelUpstream(run: Run): Promise<boolean> {
    const { verify, log } = this.#parts
    if (run.upstreamId === undefined) return true
    try {
      const { outcome } = await verify.cancel(run.upstreamId)
      if (outcome === 'refused') log.warn({ run: run.id }, 'Vonage refuses to cancel the run now')
      return outcome !== 'refused'
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error
      log.warn({ run: run.id, code: error.code }, 'the run could not be cancelled')
      return false
    }
  }
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
