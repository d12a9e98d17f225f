import { timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Secret } from '../privacy.ts'
import type { ApiKey, ApiKeySecret, Store } from '../store/store.ts'
import { type Caller, type CallerBounds, localCaller } from './caller.ts'
import { hashOfSecret, type Mode, modeOfSecret } from './key-secrets.ts'
import { type End, type KnownKey, KnownKeys, never, type Seconds } from './known-keys.ts'
import type { OAuth } from './oauth.ts'
import { scopes } from './scopes.ts'

/** Tells who asks. It is closed as soon as there has ever been a key, and stays so. */
export interface Door {
  /** The caller with this Authorization header. Throws unauthenticated. */
  admit(authorization: string | undefined): Promise<Caller>
  isClosed(): Promise<boolean>
  /** Where access tokens are taken too. */
  oauth?: Pick<OAuth, 'metadata' | 'metadataUrl'> | undefined
}

export interface DoorParts {
  store: Store
  clock: Clock
  mode: Mode
  log: Log
  /** Takes access tokens beside keys; then the door is closed without any key. */
  oauth?: OAuth | undefined
}

/** Keys are changed beside a running gateway, which notices after that long at most. */
const rereadAfterMs = 250
/** Uses of a key are written down so far apart. */
const usesApart: Seconds = 60

export function createDoor(parts: DoorParts): Door {
  const { store, clock, mode, oauth } = parts
  /** Of this version of the keys. */
  const known = new KnownKeys()
  let version = 0
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  async function reread(): Promise<void> {
    const startedAt = performance.now()
    const found = await store.apiKeysVersion()
    if (found !== version) known.clear()
    // A ledger from before the first key, restored beneath a running gateway, does not open it.
    version = Math.max(found, Math.min(version, 1))
    readAt = startedAt
  }

  /** Time that passes also where a clock stands. */
  async function isClosed(): Promise<boolean> {
    if (performance.now() - readAt > rereadAfterMs) {
      reading ??= reread().finally(() => {
        reading = undefined
      })
      await reading
    }
    return version > 0 || oauth !== undefined
  }

  async function lookUp(hash: Buffer): Promise<KnownKey | undefined> {
    const asked = version
    const found = await store.apiKeyOfSecret(hash.toString('hex'))
    if (!found || !timingSafeEqual(Buffer.from(found.secret.hash, 'hex'), hash)) return undefined
    const usedAt = secondsOf(found.key.lastUsedAt ?? 0)
    const entry = { caller: callerOf(found.key), ...endOf(found.key, found.secret), usedAt }
    if (asked === version) known.set(hash, entry)
    return entry
  }

  return {
    isClosed,
    oauth,
    async admit(authorization) {
      if (!(await isClosed())) return localCaller
      const secret = secretOf(authorization)
      const madeFor = modeOfSecret(secret)
      if (madeFor && madeFor !== mode) throw ofOtherMode(madeFor, mode)
      if (!madeFor && oauth) return oauth.admit(secret)
      const hash = hashOfSecret(secret)
      const found = madeFor && (known.find(hash) ?? (await lookUp(hash)))
      if (!found) throw refused('The gateway does not know this key.')
      const now = clock.now()
      if (found.endsAt <= secondsOf(now)) throw refused(whyOver[found.end])
      if (secondsOf(now) - found.usedAt >= usesApart) {
        if (known.find(hash)) known.set(hash, { ...found, usedAt: secondsOf(now) })
        writeUse(parts, found.caller.id, now)
      }
      return found.caller
    },
  }
}

/** Beside the request, which need not wait for it. */
function writeUse({ store, log }: DoorParts, name: string, now: number): void {
  store
    .transaction(`api key ${name}`, (tx) => tx.apiKeyUsed(name, now))
    .catch((err) => log.error({ err, caller: name }, 'the use of a key could not be written down'))
}

const bounds = z.strictObject({
  brands: z.array(z.string()).optional(),
  countries: z.array(z.string()).optional(),
  channels: z.array(z.enum(['sms', 'tts'])).optional(),
  context: z.array(z.enum(['ip', 'session_id', 'account_id', 'device_id'])).optional(),
  dailySends: z.int().optional(),
  spend: z
    .strictObject({ perPurchase: z.int().optional(), perDay: z.int().optional(), perMonth: z.int().optional() })
    .optional(),
}) satisfies z.ZodType<CallerBounds>

/** Throws where a later version has written what this one does not know: what confines a key is never passed over. */
export function boundsOf(key: ApiKey): CallerBounds {
  return bounds.parse(JSON.parse(key.bounds))
}

function callerOf(key: ApiKey): Caller {
  return { id: key.name, scopes: scopes.filter((scope) => key.scopes.includes(scope)), bounds: boundsOf(key) }
}

const whyOver: Record<End, string> = {
  revoked: 'This key was revoked.',
  replaced: 'This key was replaced by another.',
  expired: 'This key has expired.',
}

function endOf({ revokedAt, expiresAt }: ApiKey, { validUntil }: ApiKeySecret): Pick<KnownKey, 'endsAt' | 'end'> {
  if (revokedAt !== undefined) return { endsAt: 0, end: 'revoked' }
  if (validUntil !== undefined && validUntil < (expiresAt ?? Number.POSITIVE_INFINITY)) {
    return { endsAt: secondsOf(validUntil), end: 'replaced' }
  }
  return { endsAt: expiresAt === undefined ? never : Math.min(secondsOf(expiresAt), never), end: 'expired' }
}

function secondsOf(time: number): Seconds {
  return Math.floor(time / 1000)
}

const how = 'send one as Authorization: Bearer tg_…'

function secretOf(authorization: string | undefined): Secret {
  if (authorization === undefined) throw refused(`The gateway asks for a key: ${how}.`)
  const [, token] = /^Bearer +([\x21-\x7e]{1,4096}) *$/i.exec(authorization) ?? []
  if (token === undefined) throw refused(`The Authorization header holds no key: ${how}.`)
  return new Secret(token)
}

function ofOtherMode(madeFor: Mode, mode: Mode): GatewayError {
  const names = { sandbox: 'a sandbox', live: 'a live gateway' }
  return refused(`This is a key of ${names[madeFor]}, and here is ${names[mode]}.`)
}

function refused(detail: string): GatewayError {
  return new GatewayError('unauthenticated', detail)
}
