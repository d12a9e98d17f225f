import * as z from 'zod'
import { columnsOf } from './rows.ts'
import type { Sql } from './sql.ts'
import type { SigningKey, SigningKeyReads, SigningKeyWrites } from './store.ts'

const row = z.object({
  kid: z.string(),
  public_jwk: z.string(),
  private_sealed: z.instanceof(Uint8Array),
  signs_from: z.number(),
  signs_until: z.number(),
})

const columns = columnsOf(row)

const signingKey = row.transform(
  (columns): SigningKey => ({
    kid: columns.kid,
    publicJwk: columns.public_jwk,
    privateSealed: columns.private_sealed,
    signsFrom: columns.signs_from,
    signsUntil: columns.signs_until,
  }),
)

export function signingKeyReads(sql: Sql): SigningKeyReads {
  const all = sql.prepare(`select ${columns} from signing_keys order by signs_from, signs_until`)
  return { signingKeys: async () => (await all.all()).map((columns) => signingKey.parse(columns)) }
}

export function signingKeyWrites(sql: Sql): SigningKeyWrites {
  const add = sql.prepare(
    `insert into signing_keys (kid, public_jwk, private_sealed, signs_from, signs_until)
     values (:kid, :publicJwk, :privateSealed, :signsFrom, :signsUntil)
     on conflict (signs_from, signs_until) do nothing returning ${columns}`,
  )
  const erase = sql.prepare('delete from signing_keys where signs_until <= :until')
  return {
    async addSigningKey(key) {
      const added = await add.get({ ...key })
      return added && signingKey.parse(added)
    },
    async eraseSigningKeys(until) {
      await erase.run({ until })
    },
  }
}
