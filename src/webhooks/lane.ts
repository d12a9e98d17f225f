import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { DataKeys, Secret } from '../privacy.ts'
import type { AttemptOutcome, ClaimedDelivery, Store } from '../store/store.ts'
import { messageOf } from './message.ts'
import type { Post, Posted } from './post.ts'
import { retryAt, triesForMs } from './retry.ts'
import { signedHeaders } from './signing.ts'

/** How many a target gets at a time. */
const mostAtOnce = 8
/** Longer than an attempt takes: whoever has not settled it by then, by a crash perhaps, has lost it. */
const heldForMs = 30_000
/** So often the ledger is looked into for what another process has left, or a command replayed. */
const lookEveryMs = 60_000
const tryAgainAfterMs = 5000
/** How long the other timers of a simulated clock wait for a target that does not answer, in real time. */
const clockWaitsMs = 1000

export interface LaneParts {
  store: Store
  clock: Clock
  post: Post
  keys: DataKeys
  secrets: readonly Secret[]
  /** From 0 to 1. */
  random: () => number
  log: Log
}

/** Brings one target what is due for it, a few at a time. Each target has a lane of its own, so that none waits for another. */
export class Lane {
  readonly #target: string
  readonly #parts: LaneParts
  readonly #sending = new Set<Promise<void>>()
  #armedFor = Number.POSITIVE_INFINITY
  #disarm = () => {}
  #stopped = false
  #taking: Promise<unknown> = Promise.resolve()

  constructor(target: string, parts: LaneParts) {
    this.#target = target
    this.#parts = parts
  }

  /** Something may be due now. */
  wake(): void {
    this.#wakeAt(this.#parts.clock.now())
  }

  /** Takes nothing new and resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#disarm()
    await this.#taking
    await Promise.all(this.#sending)
  }

  #wakeAt(atMs: number): void {
    if (this.#stopped || atMs >= this.#armedFor) return
    this.#disarm()
    this.#armedFor = atMs
    this.#disarm = this.#parts.clock.at(atMs, () => {
      this.#armedFor = Number.POSITIVE_INFINITY
      const started = this.#taking.then(() => this.#takeDue())
      this.#taking = started
      return withinPatience(started.then((sending) => Promise.all(sending)))
    })
  }

  /** Answers what it has begun to send. */
  async #takeDue(): Promise<Promise<void>[]> {
    const limit = mostAtOnce - this.#sending.size
    if (this.#stopped || limit === 0) return []
    const { store, clock } = this.#parts
    const now = clock.now()
    const wanted = { target: this.#target, now, until: now + heldForMs, giveUpAt: now + triesForMs, limit }
    const sending: Promise<void>[] = []
    await this.#orLater(async () => {
      const nextAt = await store.nextDeliveryAt(this.#target)
      if (nextAt !== undefined && nextAt <= now) {
        const claimed = await store.transaction(`webhooks ${this.#target}`, (tx) => tx.claimDeliveries(wanted))
        for (const delivery of claimed) sending.push(this.#send(delivery))
      }
      await this.#arm()
    })
    return sending
  }

  #send(delivery: ClaimedDelivery): Promise<void> {
    const sending = this.#orLater(() => this.#attempt(delivery)).then(() => {
      this.#sending.delete(sending)
      return this.#orLater(() => this.#arm())
    })
    this.#sending.add(sending)
    return sending
  }

  /** Who is full is woken by what comes to an end. */
  async #arm(): Promise<void> {
    if (this.#stopped || this.#sending.size >= mostAtOnce) return
    const { store, clock } = this.#parts
    const at = await store.nextDeliveryAt(this.#target)
    this.#wakeAt(Math.min(at ?? Number.POSITIVE_INFINITY, clock.now() + lookEveryMs))
  }

  async #attempt(delivery: ClaimedDelivery): Promise<void> {
    const { store, keys, secrets, post, log } = this.#parts
    const { eventId: id, attempts } = delivery
    const body = JSON.stringify(messageOf(delivery, keys))
    const headers = signedHeaders({ id, body, sentAtMs: systemClock.now() }, secrets)
    const posted = await post(this.#target, headers, body)
    const outcome = this.#outcomeOf(posted, delivery)
    await store.transaction(`webhook ${id}`, (tx) => tx.settleDelivery(delivery, outcome))
    if (outcome.state === 'delivered') return
    const failed = { event: id, target: new URL(this.#target).origin, attempts, reason: outcome.lastError }
    if (outcome.state === 'dead') return log.warn(failed, 'webhook given up')
    log[isRefused(posted) ? 'warn' : 'info'](failed, 'webhook not delivered')
  }

  #outcomeOf(posted: Posted, { attempts, giveUpAt }: ClaimedDelivery): AttemptOutcome {
    const now = this.#parts.clock.now()
    if ('status' in posted && posted.status >= 200 && posted.status < 300) return { state: 'delivered', settledAt: now }
    const lastError = 'status' in posted ? `HTTP ${posted.status}` : posted.error
    const isGone = 'status' in posted && posted.status === 410
    const nextAt = isGone ? undefined : retryAt({ attempts, now, giveUpAt, random: this.#parts.random() })
    return nextAt === undefined ? { state: 'dead', settledAt: now, lastError } : { state: 'pending', nextAt, lastError }
  }

  /** What the ledger does not take now is tried again: an attempt that is not written down counts as lost. */
  async #orLater(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (err) {
      const { log, clock } = this.#parts
      log.error({ err }, 'webhooks are held up')
      this.#wakeAt(clock.now() + tryAgainAfterMs)
    }
  }
}

/** A clock that is moved waits for what its timers begin, but not for long. */
async function withinPatience(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, clockWaitsMs)
  await Promise.race([work, late.promise])
  clearTimeout(timer)
}

function isRefused(posted: Posted): boolean {
  return 'isRefused' in posted && posted.isRefused
}
