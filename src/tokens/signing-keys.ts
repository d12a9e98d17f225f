import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { importJWK } from 'jose/key/import'
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { DataKeys } from '../privacy.ts'
import { type SigningKey, type Store, StoreRefusal } from '../store/store.ts'

export interface SigningKeysParts {
  store: Store
  keys: DataKeys
  clock: Clock
  /** How long a key signs. */
  periodMs: number
}

export interface Signer {
  kid: string
  privateKey: CryptoKey
}

/** A key is published for so long before it signs, or for a quarter of its period: longer than anybody caches the keys. */
const longestLeadMs = 86_400_000
/** And for so long after it has signed: its last token lives five minutes, and clocks differ. */
const keptMs = 3_900_000
/** Other nodes make keys too. */
const rereadAfterMs = 60_000

/**
 * The keys that tokens are signed with. All nodes share them through the ledger, and whichever node comes first makes
 * the next one: the periods are those of the clock, so that all agree on when it begins.
 */
export class SigningKeys {
  readonly #parts: SigningKeysParts
  #known: { keys: SigningKey[]; readAt: number } | undefined
  #reading: Promise<SigningKey[]> | undefined
  #signer: Signer | undefined

  constructor(parts: SigningKeysParts) {
    this.#parts = parts
  }

  /** The key that signs now. Throws a StoreRefusal when the data keys do not open it. */
  async signer(): Promise<Signer> {
    const now = this.#parts.clock.now()
    const key = signingAt(await this.#keys(now), now)
    if (!key) throw new Error('there is no key to sign with')
    if (this.#signer?.kid === key.kid) return this.#signer
    const signer = await open(key, this.#parts.keys)
    this.#signer = signer
    return signer
  }

  /** The public keys, as a JSON Web Key Set. */
  async published(): Promise<{ keys: object[] }> {
    const keys = await this.#keys(this.#parts.clock.now())
    return { keys: keys.map(({ publicJwk }) => JSON.parse(publicJwk)) }
  }

  async #keys(now: number): Promise<SigningKey[]> {
    const known = this.#known
    const isFresh = known && Math.abs(now - known.readAt) < rereadAfterMs && signingAt(known.keys, now)
    if (isFresh) return known.keys
    this.#reading ??= this.#read(now).finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(now: number): Promise<SigningKey[]> {
    const keys = await readKeys(this.#parts, now)
    this.#known = { keys, readAt: now }
    return keys
  }
}

/** Of several, as after a change of the period, the one that ends first: the others have been published for less time. */
function signingAt(keys: readonly SigningKey[], at: number): SigningKey | undefined {
  const able = keys.filter(({ signsFrom, signsUntil }) => signsFrom <= at && at < signsUntil)
  return able.toSorted((one, other) => one.signsUntil - other.signsUntil)[0]
}

/** The keys in the ledger. What is missing for now and for what comes next is made, and what is long over is erased. */
async function readKeys({ store, keys, periodMs }: SigningKeysParts, now: number): Promise<SigningKey[]> {
  const found = await store.signingKeys()
  const leadMs = Math.min(longestLeadMs, periodMs / 4)
  const missing = [now, now + leadMs].filter((at) => !signingAt(found, at))
  const beginnings = new Set(missing.map((at) => at - (at % periodMs)))
  const until = now - keptMs
  if (beginnings.size === 0 && !found.some(({ signsUntil }) => signsUntil <= until)) return found
  const made = await Promise.all([...beginnings].map((signsFrom) => makeKey(keys, signsFrom, signsFrom + periodMs)))
  return store.transaction('signing keys', async (tx) => {
    for (const key of made) await tx.addSigningKey(key)
    await tx.eraseSigningKeys(until)
    return tx.signingKeys()
  })
}

async function makeKey(keys: DataKeys, signsFrom: number, signsUntil: number): Promise<SigningKey> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const publicJwk = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    kid,
    publicJwk: JSON.stringify({ ...publicJwk, kid, alg: 'ES256', use: 'sig' }),
    privateSealed: keys.seal(JSON.stringify(await exportJWK(pair.privateKey))),
    signsFrom,
    signsUntil,
  }
}

const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

async function open({ kid, privateSealed }: SigningKey, keys: DataKeys): Promise<Signer> {
  const jwk = privateJwk.parse(JSON.parse(unsealed(keys, privateSealed)))
  return { kid, privateKey: await importJWK(jwk, 'ES256') }
}

function unsealed(keys: DataKeys, sealed: Uint8Array): string {
  try {
    return keys.open(sealed)
  } catch (cause) {
    const advice = 'add the older encryption key to the data keys again, behind the newer one'
    throw new StoreRefusal(`the data keys do not open the signing key of the ledger: ${advice}`, { cause })
  }
}
