import { readLedgerConfig } from '../config.ts'
import { keptMs } from '../guard/past.ts'
import { Replay } from '../guard/replay.ts'
import { openLedgerBeside } from '../ledger.ts'
import { createLog } from '../log.ts'
import { loadPolicy } from '../policy-file.ts'
import { given } from '../settings.ts'
import type { Store } from '../store/store.ts'
import { type Command, print, UsageError } from './command.ts'
import { createProgress } from './progress.ts'
import { readSpan } from './span.ts'

export const guard: Command = {
  name: 'guard',
  usage: 'guard replay [--policy file] [--since 30d]',
  summary: 'Run another policy over the requests of the past.',
  help: `Tells what a policy would have challenged or blocked of what was asked for: how many requests, by rule and by country;
how many of them were verified later, which is the harm; of how many nobody knows, because they were refused in their time;
and what those cost that led to nothing, in euros. harm is a range: with all that is unknown honest, or none of it.

  --policy file   instead of tollgate.policy.yaml, or the file that TOLLGATE_POLICY names
  --since 30d     from how long ago; decisions are kept for 90 days

Nothing is written. The policy is taken as in enforce mode. It learns from the nine days before, where there are any: what
it would have done on those is not told. Decisions hold neither numbers nor addresses: rules that name one do not speak,
nor do the caps of spend and budgets.number.
Prints JSON; progress goes to standard error.`,
  options: { policy: { type: 'string' }, since: { type: 'string' } },
  async run({ words: [action, ...more], options, env }) {
    if (action !== 'replay' || more.length > 0) throw new UsageError('call it as guard replay')
    const spanMs = readSpan('--since', String(options.since ?? '30d'))
    const file = options.policy === undefined ? given(env, 'TOLLGATE_POLICY') : String(options.policy)
    const { policy, version, file: source } = await loadPolicy(file)
    const config = readLedgerConfig(env)
    const { store, clock } = await openLedgerBeside(config, createLog(config.logLevel))
    try {
      const until = clock.now()
      const since = until - spanMs
      const replay = new Replay(policy, { since, until })
      await playAll(store, { since: since - keptMs, until }, replay)
      const iso = (time: number) => new Date(time).toISOString()
      const told = {
        policy: { file: source ?? null, version },
        since: iso(since),
        until: iso(until),
        ...replay.report(),
      }
      print(JSON.stringify(told, undefined, 2))
    } finally {
      await store.close()
    }
  },
}

const atOnce = 2000

async function playAll(
  store: Store,
  { since, until }: { since: number; until: number },
  replay: Replay,
): Promise<void> {
  const progress = createProgress('requests', await store.countDecided({ since, until }))
  let after = { at: since, id: '' }
  for (;;) {
    const messages = await store.decided({ after, until, limit: atOnce })
    for (const message of messages) replay.take(message)
    progress.add(messages.length)
    const last = messages.at(-1)
    if (!last || messages.length < atOnce) break
    after = { at: last.at, id: last.id }
  }
  progress.end()
}
