import type { Run } from '../store/store.ts'
import { Sweep } from '../sweep.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import { endAll } from './held.ts'
import type { RunTurns } from './run-turns.ts'
import { lookedUpAtOnce, type SettleParts, settleLost } from './settle-lost.ts'

const tryAgainAfterMs = 5000
/** What was claimed for a look is looked at again after so long, by whoever lives then: two looks do no harm. */
const looksForMs = 20_000
/** How long cancelling is worth trying: later the run ends by itself soon enough. */
const giveUpAfterMs = 120_000

export interface SweeperParts extends SettleParts {
  turns: RunTurns
}

/**
 * Does what falls due: runs that nobody waits for any more are cancelled at Vonage, what is over becomes expired, and
 * what became of checks and next messages whose answers were lost is looked up.
 */
export class Sweeper {
  readonly #parts: SweeperParts
  readonly #sweep: Sweep

  constructor(parts: SweeperParts) {
    const { store, clock, log } = parts
    this.#parts = parts
    this.#sweep = new Sweep({ clock, log, nextDueAt: () => store.nextDueAt(), settleDue: () => this.#settleDue() })
  }

  /** Called after each change that makes something due. */
  rearm(): Promise<void> {
    return this.#sweep.rearm()
  }

  stop(): Promise<void> {
    return this.#sweep.stop()
  }

  async #settleDue(): Promise<void> {
    const { store, clock } = this.#parts
    const now = clock.now()
    const due = await store.due(now)
    const checked = due.filter(({ check, state }) => check && state !== 'ended')
    const nexts = await store.transaction('nexts', (tx) => tx.claimNexts(now, now + looksForMs))
    const lost = new Map([...checked, ...nexts.map((run) => dueAt(run, now))].map((run) => [run.id, run]))
    await Promise.all([
      ...inGroups([...lost.values()], lookedUpAtOnce).map((runs) => settleLost(this.#parts, runs)),
      ...due.filter((run) => !checked.includes(run)).map((run) => this.#settle(run)),
    ])
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

/** A run whose next message was claimed for this look. */
function dueAt(run: Run, now: number): Run {
  return { ...run, next: run.next && { ...run.next, lookAt: now } }
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
