import type { Run, Transaction } from '../store/store.ts'
import { Sweep } from '../sweep.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import { endAll, endInVain } from './held.ts'
import { lookedUpAtOnce, type SettleParts, settleLost } from './settle-lost.ts'

const tryAgainAfterMs = 5000
/** Longer than any call takes, with its waiting for the pace: whoever has not come back by then never will. */
const leaseMs = 90_000
/** How soon it is noticed what other nodes have made due, or left behind. */
const pollMs = 1000
/** On a ledger of our own, while something is due later: how soon it is noticed what a command has made due earlier. */
const lookAgainMs = 10_000
/** How long cancelling is worth trying: later the run ends by itself soon enough. */
const giveUpAfterMs = 120_000

/**
 * Does what falls due: runs that nobody waits for any more are cancelled at Vonage, what is over becomes expired, and
 * what became of checks and next messages whose answers were lost is looked up.
 */
export class Sweeper {
  readonly #parts: SettleParts
  readonly #sweep: Sweep

  constructor(parts: SettleParts) {
    const { store, clock, log } = parts
    this.#parts = parts
    this.#sweep = new Sweep({
      clock,
      log,
      // Where others write too, a look each second finds what is theirs and what is ours.
      ...(store.isShared ? { longestWaitMs: pollMs } : { nextDueAt: () => this.#nextDueAt() }),
      settleDue: () => this.#settleDue(),
    })
  }

  /** Called after each change that makes something due, at `at` where that is known. */
  rearm(at?: number): Promise<void> {
    return this.#sweep.rearm(at && Math.min(at, this.#parts.clock.now() + lookAgainMs))
  }

  stop(): Promise<void> {
    return this.#sweep.stop()
  }

  async #nextDueAt(): Promise<number | undefined> {
    const { store, clock } = this.#parts
    const at = await store.nextDueAt()
    return at === undefined ? undefined : Math.min(at, clock.now() + lookAgainMs)
  }

  async #settleDue(): Promise<void> {
    const { store, clock } = this.#parts
    const now = clock.now()
    const { due, nexts } = await store.transaction('sweep', (tx) => claim(tx, now))
    const checked = due.filter(({ check, state }) => check && state !== 'ended')
    const lost = dueNow({ checked, nexts, now })
    await Promise.all([
      ...inGroups(lost, lookedUpAtOnce).map((runs) => settleLost(this.#parts, runs)),
      ...due.filter((run) => !checked.includes(run)).map((run) => this.#settle(run)),
    ])
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
      if (isOver) await endInVain(tx, run, now)
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

async function claim(tx: Transaction, now: number): Promise<{ due: Run[]; nexts: Run[] }> {
  await tx.markLostUnknown(now - leaseMs)
  const due = await tx.claimDue(now, now + leaseMs)
  return { due, nexts: await tx.claimNexts(now, now + leaseMs) }
}

/** What was claimed is for this look, whenever it would be due for another one; each run once. */
function dueNow({ checked, nexts, now }: { checked: Run[]; nexts: Run[]; now: number }): Run[] {
  const lost = new Map<string, Run>(
    checked.map((run) => [run.id, { ...run, check: run.check && { ...run.check, lookAt: now } }]),
  )
  for (const run of nexts) {
    lost.set(run.id, { ...(lost.get(run.id) ?? run), next: run.next && { ...run.next, lookAt: now } })
  }
  return [...lost.values()]
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
