import { keptMs } from '../guard/past.ts'
import { Replay, type TimesOf } from '../guard/replay.ts'
import { namesIn } from '../guard/replay-names.ts'
import { loadPolicy } from '../policy-file.ts'
import { given } from '../settings.ts'
import type { Store } from '../store/store.ts'
import { schedule } from '../verifications/workflows.ts'
import { beside } from './beside.ts'
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
it would have done on those is not told; caps of a month count from its first day.

What it can't tell: numbers and addresses are known as long as their hashes are kept (TOLLGATE_ERASE_AFTER_DAYS), an IPv6
address as its /64, and networks and prefixes that reach into the last four digits not at all. Settings (TOLLGATE_*), the
bounds of keys, the hook and the hold-out are not asked. A message is taken to go out when its workflow has it and to cost
what was expected; of a request that was refused in its time, one message is counted.
Prints JSON; progress goes to standard error.`,
  options: { policy: { type: 'string' }, since: { type: 'string' } },
  async run({ words: [action, ...more], options, env }) {
    if (action !== 'replay' || more.length > 0) throw new UsageError('call it as guard replay')
    const spanMs = readSpan('--since', String(options.since ?? '30d'))
    const file = options.policy === undefined ? given(env, 'TOLLGATE_POLICY') : String(options.policy)
    const { policy, version, file: source } = await loadPolicy(file)
    await beside(env, async ({ store, clock, keys }) => {
      const until = clock.now()
      const since = until - spanMs
      const names = namesIn(policy, (text) => keys.hash(text))
      const timesOf: TimesOf = (parameters, at) => schedule(parameters, at).at
      const replay = new Replay(policy, { span: { since, until }, names, timesOf })
      const date = new Date(since)
      const month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
      await playAll(store, { since: Math.min(since - keptMs, month), until }, replay)
      const iso = (time: number) => new Date(time).toISOString()
      const told = {
        policy: { file: source ?? null, version },
        since: iso(since),
        until: iso(until),
        ...replay.report(),
      }
      print(JSON.stringify(told, undefined, 2))
    })
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
    for (const message of messages) await replay.take(message)
    progress.add(messages.length)
    const last = messages.at(-1)
    if (!last || messages.length < atOnce) break
    after = { at: last.at, id: last.id }
  }
  progress.end()
}
