import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { DataKeys, Secret } from '../privacy.ts'
import type { Store } from '../store/store.ts'
import { Lane } from './lane.ts'
import { withOutbox } from './outbox.ts'
import { createPost } from './post.ts'

export interface WebhooksOptions {
  targets: readonly URL[]
  secrets: readonly Secret[]
  privateTargets: boolean
  store: Store
  keys: DataKeys
  clock: Clock
  random: () => number
  log: Log
}

export interface Webhooks {
  /** The ledger as the rules are to have it: what they change in it is told. */
  store: Store
  /** Begins with what an earlier process left. */
  start(): void
  /** Takes nothing new and resolves when what is under way is done. */
  stop(): Promise<void>
  /** Ends what is under way: it counts as not delivered. */
  breakOff(): Promise<void>
}

const timeoutMs = 10_000

/** Tells each target what becomes of verifications and orders, through the ledger. */
export function createWebhooks({ targets, privateTargets, store, ...parts }: WebhooksOptions): Webhooks {
  const post = createPost({ privateTargets, timeoutMs })
  const names = targets.map(({ href }) => href)
  const lanes = names.map((target) => new Lane(target, { store, post, ...parts }))
  const wake = () => {
    for (const lane of lanes) lane.wake()
  }
  return {
    store: withOutbox(store, { targets: names, clock: parts.clock, onEvents: wake }),
    start: wake,
    async stop() {
      await Promise.all(lanes.map((lane) => lane.stop()))
      await post.close()
    },
    breakOff: () => post.close(),
  }
}
