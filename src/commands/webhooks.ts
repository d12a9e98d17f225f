import { record } from '../audit.ts'
import type { Clock } from '../clock.ts'
import { readLedgerConfig } from '../config.ts'
import { openLedgerBeside } from '../ledger.ts'
import { createLog } from '../log.ts'
import type { DeliveryState, ListedDelivery, Store } from '../store/store.ts'
import { messageOf } from '../webhooks/message.ts'
import { type Command, type CommandCall, CommandFailure, print, UsageError } from './command.ts'
import { operator } from './operator.ts'

const states = ['pending', 'delivered', 'dead'] satisfies DeliveryState[]

export const webhooks: Command = {
  name: 'webhooks',
  usage: 'webhooks list | replay',
  summary: 'List webhooks with what became of them, and send again what was given up.',
  help: `  webhooks list [--state pending|delivered|dead]   one webhook at one address a line, as JSON, the oldest first
  webhooks replay <id>                             sends it again to every address where it is not pending
  webhooks replay --all-dead                       sends all again that were given up

A running gateway takes them up within a minute and tries for 24 hours again, under the same id.
May run beside a gateway that serves the same ledger.`,
  options: { state: { type: 'string' }, 'all-dead': { type: 'boolean' } },
  async run(call) {
    const act = read(call)
    const config = readLedgerConfig(call.env)
    const { store, clock } = await openLedgerBeside(config, createLog(config.logLevel))
    try {
      await act(store, clock)
    } finally {
      await store.close()
    }
  },
}

type Act = (store: Store, clock: Clock) => Promise<void>

/** What the words and options ask for. */
function read({ words, options: { state, 'all-dead': allDead } }: CommandCall): Act {
  const [action, id, ...more] = words
  if (action === 'list' && id === undefined && !allDead) {
    const wanted = states.find((each) => each === state)
    if (wanted === state) return (store) => list(store, wanted)
  }
  const names = Number(id !== undefined) + Number(allDead === true)
  if (action === 'replay' && names === 1 && more.length === 0 && state === undefined) {
    return (store, clock) => replay(store, clock, id)
  }
  throw new UsageError(
    `call it as webhooks list [--state ${states.join('|')}], webhooks replay <id> or webhooks replay --all-dead`,
  )
}

const page = 500

async function list(store: Store, state: DeliveryState | undefined): Promise<void> {
  let found = await store.deliveries({ state, limit: page })
  while (found.length > 0) {
    for (const delivery of found) print(JSON.stringify(shown(delivery)))
    found = await store.deliveries({ state, after: found.at(-1), limit: page })
  }
}

/** Without the data keys, so that a number that was ordered is not shown. */
function shown(delivery: ListedDelivery): object {
  const { eventId, target, state, attempts, nextAt, settledAt, lastError } = delivery
  return {
    id: eventId,
    target,
    state,
    attempts,
    ...(state === 'pending' && { next_attempt_at: iso(nextAt) }),
    ...(settledAt !== undefined && { settled_at: iso(settledAt) }),
    ...(lastError !== undefined && { last_error: lastError }),
    ...messageOf(delivery),
  }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

async function replay(store: Store, clock: Clock, eventId: string | undefined): Promise<void> {
  const which = eventId === undefined ? 'dead' : { eventId }
  const replayed = await store.transaction('webhooks', async (tx) => {
    const count = await tx.replayDeliveries(which)
    const deed = { actor: operator(), action: 'webhooks.replayed', subject: eventId ?? 'all dead' } as const
    if (count > 0) await record(tx, { at: clock.now(), ...deed, details: { count } })
    return count
  })
  if (replayed === 0 && eventId !== undefined)
    throw new CommandFailure(`the ledger has no webhook ${eventId} that was delivered or given up`)
  print(JSON.stringify({ replayed }))
}
