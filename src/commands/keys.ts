import { boundsOf } from '../access/door.ts'
import { createKey, isOver, KeyRefusal, type KeysParts, revokeKey, rotateKey, type WantedKey } from '../access/keys.ts'
import { type Scope, scopes } from '../access/scopes.ts'
import { readLedgerConfig } from '../config.ts'
import { openOrMakeLedger } from '../ledger.ts'
import { createLog } from '../log.ts'
import { readMode } from '../mode.ts'
import type { Env } from '../settings.ts'
import type { ApiKey } from '../store/store.ts'
import { type Command, type CommandCall, CommandFailure, print, say, UsageError } from './command.ts'
import { boundOptions, listOf, type Options, readBounds, shownBounds, text } from './key-bounds.ts'
import { operator } from './operator.ts'
import { readSpan } from './span.ts'

export const keys: Command = {
  name: 'keys',
  usage: 'keys create | list | rotate | revoke',
  summary: 'Make, list, exchange and end the keys that callers show.',
  help: `  keys create --name checkout --scopes verify,numbers:read
      [--brands Acme] [--countries GB,US] [--channels sms,tts] [--context ip,account_id]
      [--daily-sends 5000] [--expires 90d]
      [--spend-per-purchase 5] [--spend-per-day 10] [--spend-per-month 50]   in euros, on numbers
  keys list                            one key a line, as JSON; never a secret
  keys rotate <name> [--overlap 24h]   a new secret; the earlier ones open the key for so long, 0 for not at all
  keys revoke <name>                   for ever, at once

Scopes: ${scopes.join(', ')}.

A secret is shown once: it stands alone on the last line of standard output. As soon as there is a key, every
caller needs one; a running gateway closes within half a second, and revoking the last key doesn't open it.
Makes the ledger where there is none yet. May run beside gateways that serve it.`,
  options: {
    name: { type: 'string' },
    scopes: { type: 'string' },
    brands: { type: 'string' },
    countries: { type: 'string' },
    channels: { type: 'string' },
    context: { type: 'string' },
    'daily-sends': { type: 'string' },
    expires: { type: 'string' },
    'spend-per-purchase': { type: 'string' },
    'spend-per-day': { type: 'string' },
    'spend-per-month': { type: 'string' },
    overlap: { type: 'string' },
  },
  async run(call) {
    const act = read(call)
    try {
      await withKeys(call.env, act)
    } catch (error) {
      throw error instanceof KeyRefusal ? new CommandFailure(error.message) : error
    }
  },
}

type Act = (parts: KeysParts) => Promise<void>

async function withKeys(env: Env, act: Act): Promise<void> {
  const { mode } = readMode(env)
  const config = readLedgerConfig(env)
  const { store, clock } = await openOrMakeLedger(config, mode, createLog(config.logLevel))
  try {
    await act({ store, clock, mode, actor: operator() })
  } finally {
    await store.close()
  }
}

const taken: Record<string, readonly string[]> = {
  create: ['name', 'scopes', 'expires', ...boundOptions],
  list: [],
  rotate: ['overlap'],
  revoke: [],
}

/** What the words and options ask for. */
function read({ words, options }: CommandCall): Act {
  const [action = '', name, ...more] = words
  const isNamed = action === 'rotate' || action === 'revoke'
  const misplaced = Object.keys(options).find((option) => !taken[action]?.includes(option))
  if (!taken[action] || isNamed !== (name !== undefined) || more.length > 0 || misplaced !== undefined) {
    const why = taken[action] && misplaced !== undefined ? `keys ${action} takes no --${misplaced}; ` : ''
    throw new UsageError(`${why}call it as keys create, keys list, keys rotate <name> or keys revoke <name>`)
  }
  if (action === 'create') {
    const wanted = readWanted(options)
    return (parts) => create(parts, wanted)
  }
  if (name === undefined) return list
  if (action === 'revoke') return (parts) => revoke(parts, name)
  const overlapMs = readSpan('--overlap', text(options.overlap) ?? '24h')
  return (parts) => rotate(parts, name, overlapMs)
}

async function create(parts: KeysParts, wanted: WantedKey): Promise<void> {
  const isFirst = (await parts.store.apiKeysVersion()) === 0
  const secret = await createKey(parts, wanted)
  if (isFirst) say('this is the first key: from now on every caller needs one, beside health and documentation')
  say(`the key ${wanted.name} is made; it is shown this once:`)
  print(secret.reveal())
}

async function list({ store, clock }: KeysParts): Promise<void> {
  const now = clock.now()
  for (const key of await store.apiKeys()) print(JSON.stringify(shown(key, now)))
}

function shown(key: ApiKey, now: number): object {
  const { name, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = key
  return {
    name,
    state: revokedAt !== undefined ? 'revoked' : isOver(key, now) ? 'expired' : 'active',
    scopes,
    ...shownBounds(boundsOf(key)),
    created_at: iso(createdAt),
    expires_at: iso(expiresAt),
    revoked_at: iso(revokedAt),
    last_used_at: iso(lastUsedAt),
  }
}

async function rotate(parts: KeysParts, name: string, overlapMs: number): Promise<void> {
  const { secret, earlierUntil } = await rotateKey(parts, name, overlapMs)
  const until = overlapMs > 0 ? `until ${iso(earlierUntil)}` : 'no longer'
  say(`the key ${name} has a new secret; the earlier one opens it ${until}. It is shown this once:`)
  print(secret.reveal())
}

async function revoke(parts: KeysParts, name: string): Promise<void> {
  const { revokedAt } = await revokeKey(parts, name)
  say(`the key ${name} is revoked`)
  print(JSON.stringify({ name, revoked_at: iso(revokedAt) }))
}

function iso(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString()
}

function readWanted(options: Options): WantedKey {
  const expires = text(options.expires)
  const livesMs = expires === undefined ? undefined : readSpan('--expires', expires)
  if (livesMs === 0) throw new UsageError('--expires is 0: a key lives some time')
  return {
    name: readName(text(options.name)),
    scopes: readScopes(text(options.scopes)),
    bounds: readBounds(options),
    livesMs,
  }
}

/** `local` is who asks before there is a key, and its verifications are of no key. */
function readName(name: string | undefined): string {
  if (name !== undefined && /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) && name !== 'local') return name
  throw new UsageError('--name is what the key is called for ever: up to 64 of a-z 0-9 . _ -, and not local')
}

function readScopes(given: string | undefined): Scope[] {
  const wanted = listOf(given)
  const unknown = wanted.find((scope) => !scopes.some((known) => known === scope))
  if (wanted.length > 0 && unknown === undefined) return scopes.filter((scope) => wanted.includes(scope))
  throw new UsageError(`--scopes is one or more of ${scopes.join(',')}`)
}
