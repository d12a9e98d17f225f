import * as z from 'zod'
import { columnsOf } from './rows.ts'
import type { Row, Sql } from './sql.ts'

/** What callers show at the door. Scopes and bounds are as they were written; who manages keys knows their words. */
export interface ApiKey {
  name: string
  scopes: string[]
  /** JSON. */
  bounds: string
  createdAt: number
  expiresAt?: number | undefined
  revokedAt?: number | undefined
  lastUsedAt?: number | undefined
}

/** One of the secrets that open a key. */
export interface ApiKeySecret {
  /** SHA-256, 64 hex digits. */
  hash: string
  name: string
  createdAt: number
  validUntil?: number | undefined
}

export interface ApiKeyReads {
  /** Grows with every change of any key; 0 as long as there has never been one. */
  apiKeysVersion(): Promise<number>
  /** All of them, in the order in which they were last changed. */
  apiKeys(): Promise<ApiKey[]>
  apiKey(name: string): Promise<ApiKey | undefined>
  /** The secret with this hash, and its key. */
  apiKeyOfSecret(hash: string): Promise<{ key: ApiKey; secret: ApiKeySecret } | undefined>
}

export interface ApiKeyWrites {
  /** Adds a key; undefined when the name is taken, be it by one that is over. */
  addApiKey(key: ApiKey): Promise<ApiKey | undefined>
  addApiKeySecret(secret: ApiKeySecret): Promise<void>
  /** No secret of the key opens it longer than until then. */
  endApiKeySecrets(name: string, validUntil: number): Promise<void>
  /** Tells running gateways that a key or its secrets have changed. */
  touchApiKey(name: string): Promise<void>
  /** Revokes a key that is not; undefined when it is, or when there is none. */
  revokeApiKey(name: string, now: number): Promise<ApiKey | undefined>
  apiKeyUsed(name: string, at: number): Promise<void>
}

const row = z.object({
  name: z.string(),
  scopes: z.string(),
  bounds: z.string(),
  created_at: z.number(),
  expires_at: z.nullable(z.number()),
  revoked_at: z.nullable(z.number()),
  last_used_at: z.nullable(z.number()),
})

const key = row.transform(
  (columns): ApiKey => ({
    name: columns.name,
    scopes: columns.scopes.split(' '),
    bounds: columns.bounds,
    createdAt: columns.created_at,
    expiresAt: columns.expires_at ?? undefined,
    revokedAt: columns.revoked_at ?? undefined,
    lastUsedAt: columns.last_used_at ?? undefined,
  }),
)

const secretRow = z.object({
  hash: z.string(),
  secret_created_at: z.number(),
  valid_until: z.nullable(z.number()),
})

const columns = columnsOf(row)
const toKey = (found: Row | undefined) => found && key.parse(found)

export function apiKeyReads(sql: Sql): ApiKeyReads {
  const version = sql.prepare('select max(version) as version from api_keys')
  const all = sql.prepare(`select ${columns} from api_keys order by version`)
  const byName = sql.prepare(`select ${columns} from api_keys where name = :name`)
  const ofSecret = sql.prepare(
    `select api_keys.name, scopes, bounds, api_keys.created_at, expires_at, revoked_at, last_used_at,
       hash, api_key_secrets.created_at as secret_created_at, valid_until
     from api_key_secrets join api_keys on api_keys.name = api_key_secrets.name where hash = :hash`,
  )
  return {
    apiKeysVersion: async () => Number((await version.get())?.version ?? 0),
    apiKeys: async () => (await all.all()).map((found) => key.parse(found)),
    apiKey: async (name) => toKey(await byName.get({ name })),
    async apiKeyOfSecret(hash) {
      const found = await ofSecret.get({ hash })
      if (!found) return undefined
      const { secret_created_at: createdAt, valid_until } = secretRow.parse(found)
      const opened = key.parse(found)
      return { key: opened, secret: { hash, name: opened.name, createdAt, validUntil: valid_until ?? undefined } }
    },
  }
}

/** Each change has a number of its own; who changes keys is alone with them. */
const nextVersion = '(select coalesce(max(version), 0) + 1 from api_keys)'

export function apiKeyWrites(sql: Sql): ApiKeyWrites {
  const add = sql.prepare(
    `insert into api_keys (name, scopes, bounds, created_at, expires_at, version)
     values (:name, :scopes, :bounds, :createdAt, :expiresAt, ${nextVersion})
     on conflict (name) do nothing returning ${columns}`,
  )
  const addSecret = sql.prepare(
    `insert into api_key_secrets (hash, name, created_at, valid_until) values (:hash, :name, :createdAt, :validUntil)`,
  )
  const endSecrets = sql.prepare(
    `update api_key_secrets set valid_until = :validUntil
     where name = :name and (valid_until is null or valid_until > :validUntil)`,
  )
  const touch = sql.prepare(`update api_keys set version = ${nextVersion} where name = :name`)
  const revoke = sql.prepare(
    `update api_keys set revoked_at = :now, version = ${nextVersion} where name = :name and revoked_at is null
     returning ${columns}`,
  )
  const used = sql.prepare('update api_keys set last_used_at = :at where name = :name')
  return {
    addApiKey: async ({ name, scopes, bounds, createdAt, expiresAt }) =>
      toKey(await add.get({ name, scopes: scopes.join(' '), bounds, createdAt, expiresAt })),
    async addApiKeySecret({ hash, name, createdAt, validUntil }) {
      await addSecret.run({ hash, name, createdAt, validUntil })
    },
    async endApiKeySecrets(name, validUntil) {
      await endSecrets.run({ name, validUntil })
    },
    async touchApiKey(name) {
      await touch.run({ name })
    },
    revokeApiKey: async (name, now) => toKey(await revoke.get({ name, now })),
    async apiKeyUsed(name, at) {
      await used.run({ name, at })
    },
  }
}
