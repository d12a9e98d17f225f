import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Run, Store } from '../store/store.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { CodeHash, VerifyApi } from '../vonage/vonage.ts'
import { endAll } from './held.ts'
import type { RunTurns } from './run-turns.ts'
import { lookedUpAtOnce, settleChecks } from './settle-checks.ts'

const tryAgainAfterMs = 5000
/** How long cancelling is worth trying: later the run ends by itself soon enough. */
const giveUpAfterMs = 120_000

export interface SweeperParts {
  store: Store
  verify: VerifyApi
  clock: Clock
  turns: RunTurns
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

  /** Looks into the ledger for what falls due next. Called after each change that makes something due. */
  async rearm(): Promise<void> {
    // A running sweep does so at its end.
    if (!this.#sweeping) await this.#arm()
  }

  async #arm(): Promise<void> {
    const at = await this.#parts.store.nextDueAt()
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
      const due = await store.due(clock.now())
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

  /** A check that runs is waited for: its code may be right. Requests for the number wait while its run is cancelled. */
  #settle(run: Run): Promise<unknown> {
    const { store, clock, turns } = this.#parts
    if (run.check) return store.transaction(run.numberHash, (tx) => tx.forgetCheck(run.id))
    if (run.expiresAt <= clock.now()) return turns.afterCheck(run.id, () => this.#expire(run))
    return turns.forNumber(run.numberHash, () => this.#cancel(run))
  }

  #expire(run: Run): Promise<void> {
    const { store, clock } = this.#parts
    const now = clock.now()
    return store.transaction(run.numberHash, (tx) => endAll(tx, run, 'expired', now))
  }

  /** Cancels a run at Vonage. Asking twice does no harm, so a lost answer is asked for again. */
  async #cancel({ id }: Run): Promise<void> {
    const { store, clock } = this.#parts
    const run = await store.run(id)
    // Somebody may have joined the run while this waited for its turn: then nothing is to be cancelled any more.
    if (run?.cancelAt === undefined || run.cancelAt > clock.now()) return
    const isOver = await this.#cancelUpstream(run)
    const now = clock.now()
    const retryAt = now + tryAgainAfterMs
    await store.transaction(run.numberHash, async (tx) => {
      if (isOver) await tx.endRun(id, now)
      else await tx.updateRun(id, { cancelAt: retryAt < run.askedAt + giveUpAfterMs ? retryAt : undefined })
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
