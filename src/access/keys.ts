import { record } from '../audit.ts'
import type { Clock } from '../clock.ts'
import type { Secret } from '../privacy.ts'
import type { ApiKey, Store } from '../store/store.ts'
import type { CallerBounds } from './caller.ts'
import { hashOfSecret, type Mode, mintSecret } from './key-secrets.ts'
import type { Scope } from './scopes.ts'

export interface KeysParts {
  store: Store
  clock: Clock
  mode: Mode
  /** Who does it, for the audit. */
  actor: string
}

export interface WantedKey {
  name: string
  scopes: readonly Scope[]
  bounds: CallerBounds
  /** Never, where it is absent. */
  livesMs?: number | undefined
}

/** A key can't be made or changed in this way. The message says why and what to do. */
export class KeyRefusal extends Error {
  override readonly name = 'KeyRefusal'
}

/** All that changes keys takes turns. */
const aboutKeys = 'api keys'

/** Makes a key. Its secret is known to nobody but who gets it here. Throws a KeyRefusal where the name is taken. */
export async function createKey({ store, clock, mode, actor }: KeysParts, wanted: WantedKey): Promise<Secret> {
  const secret = mintSecret(mode)
  await store.transaction(aboutKeys, async (tx) => {
    const now = clock.now()
    const { name, scopes, bounds, livesMs } = wanted
    const expiresAt = livesMs === undefined ? undefined : now + livesMs
    const made = { name, scopes: [...scopes], bounds: JSON.stringify(bounds), createdAt: now, expiresAt }
    if (!(await tx.addApiKey(made))) {
      throw new KeyRefusal(
        `the name ${name} is taken, and stays so when its key is over: choose another, or rotate the key`,
      )
    }
    await tx.addApiKeySecret({ hash: hashOfSecret(secret).toString('hex'), name, createdAt: now })
    const details = { scopes, bounds, expires_at: isoOf(expiresAt) }
    await record(tx, { at: now, actor, action: 'key.created', subject: name, details })
  })
  return secret
}

/** Gives a key another secret; the earlier ones open it for `overlapMs` more. Throws a KeyRefusal for a key that is over. */
export async function rotateKey(
  { store, clock, mode, actor }: KeysParts,
  name: string,
  overlapMs: number,
): Promise<{ secret: Secret; earlierUntil: number }> {
  const secret = mintSecret(mode)
  const earlierUntil = await store.transaction(aboutKeys, async (tx) => {
    const now = clock.now()
    const key = await tx.apiKey(name)
    if (!key) throw noSuchKey(name)
    if (isOver(key, now)) throw new KeyRefusal(`the key ${name} is over: create another under another name`)
    await tx.endApiKeySecrets(name, now + overlapMs)
    await tx.addApiKeySecret({ hash: hashOfSecret(secret).toString('hex'), name, createdAt: now })
    await tx.touchApiKey(name)
    const details = { earlier_until: isoOf(now + overlapMs) }
    await record(tx, { at: now, actor, action: 'key.rotated', subject: name, details })
    return now + overlapMs
  })
  return { secret, earlierUntil }
}

/** Ends a key for ever. Throws a KeyRefusal where there is none to end. */
export async function revokeKey({ store, clock, actor }: KeysParts, name: string): Promise<ApiKey> {
  return store.transaction(aboutKeys, async (tx) => {
    const now = clock.now()
    const revoked = await tx.revokeApiKey(name, now)
    if (revoked) {
      await record(tx, { at: now, actor, action: 'key.revoked', subject: name })
      return revoked
    }
    throw (await tx.apiKey(name)) ? new KeyRefusal(`the key ${name} is revoked already`) : noSuchKey(name)
  })
}

function isoOf(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString()
}

function noSuchKey(name: string): KeyRefusal {
  return new KeyRefusal(`there is no key ${name}: tollgate keys list shows all`)
}

export function isOver({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt !== undefined || (expiresAt !== undefined && expiresAt <= now)
}
