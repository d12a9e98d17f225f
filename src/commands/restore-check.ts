import { record } from '../audit.ts'
import { value } from '../settings.ts'
import { expireOverdue } from '../verifications/expire-overdue.ts'
import { longestRunMs } from '../verifications/workflows.ts'
import { type Beside, beside } from './beside.ts'
import { type Command, print, say, UsageError } from './command.ts'
import { operator } from './operator.ts'

export const restoreCheck: Command = {
  name: 'restore-check',
  usage: 'restore-check [--release]',
  summary: 'Hold all messages after a restore, until the runs that the ledger has lost are over.',
  help: `A ledger restored from a backup has lost its newest intents: Vonage may be verifying numbers that it knows
nothing of, and messages went out that no cap counts. This command lets no gateway send a message for as long
as a run can last (by TOLLGATE_PIN_EXPIRY_MAX), while codes are checked as ever, and expires what is over.
Run it before the gateways start; it may run beside them. Prints JSON.

  --release   ends the hold`,
  options: { release: { type: 'boolean' } },
  async run({ words, options, env }) {
    if (words.length > 0) throw new UsageError('call it as restore-check or restore-check --release')
    const act = options.release ? release : hold(longestRunMs(value(env, 'TOLLGATE_PIN_EXPIRY_MAX')))
    await beside(env, act)
  },
}

const hold =
  (forMs: number) =>
  async ({ store, clock, log }: Beside): Promise<void> => {
    const until = clock.now() + forMs
    await store.transaction('hold', async (tx) => {
      await tx.holdSends(until)
      await record(tx, {
        at: clock.now(),
        actor: operator(),
        action: 'sends.held',
        subject: 'all',
        details: { until: iso(until) },
      })
    })
    const newestAt = await store.newestIntentAt()
    const expired = await expireOverdue(store, clock.now())
    const found = {
      sends_held_until: iso(until),
      newest_intent_at: newestAt === undefined ? null : iso(newestAt),
      expired,
      live_runs: await store.liveRuns(),
    }
    log.warn({ until: iso(until) }, 'messages are held')
    print(JSON.stringify(found, null, 2))
    say(`no message is sent until ${iso(until)}; tollgate restore-check --release ends that`)
  }

async function release({ store, clock, log }: Beside): Promise<void> {
  await store.transaction('hold', async (tx) => {
    await tx.holdSends(undefined)
    await record(tx, { at: clock.now(), actor: operator(), action: 'sends.released', subject: 'all' })
  })
  log.warn('messages are held no longer')
  print(JSON.stringify({ sends_held_until: null }, null, 2))
  say('messages are sent again')
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
