import * as z from 'zod'
import { columnsOf } from './rows.ts'
import type { Row, Sql } from './sql.ts'
import type { IdempotencyKey, KeyWrites } from './store.ts'

const row = z.object({
  caller: z.string(),
  key_hash: z.string(),
  payload_hash: z.string(),
  intent_id: z.string(),
  state: z.enum(['running', 'done', 'unknown']),
  answer_sealed: z.nullable(z.instanceof(Uint8Array)),
  running_until: z.number(),
  expires_at: z.number(),
})

const columns = columnsOf(row)

const key = row.transform(
  (columns): IdempotencyKey => ({
    caller: columns.caller,
    keyHash: columns.key_hash,
    payloadHash: columns.payload_hash,
    intentId: columns.intent_id,
    state: columns.state,
    answerSealed: columns.answer_sealed ?? undefined,
    runningUntil: columns.running_until,
    expiresAt: columns.expires_at,
  }),
)

const toKey = (columns: Row | undefined) => (columns ? key.parse(columns) : undefined)

const isThis = 'caller = :caller and key_hash = :keyHash'
const isHeld = `${isThis} and state = 'running' and running_until = :runningUntil`

export function keyWrites(sql: Sql): KeyWrites {
  const find = sql.prepare(`select ${columns} from idempotency_keys where ${isThis}`)
  const claim = sql.prepare(
    `insert into idempotency_keys
       (caller, key_hash, payload_hash, intent_id, state, answer_sealed, running_until, expires_at)
     values (:caller, :keyHash, :payloadHash, :intentId, 'running', null, :runningUntil, :expiresAt)
     on conflict (caller, key_hash) do update set payload_hash = excluded.payload_hash, intent_id = excluded.intent_id,
       state = 'running', answer_sealed = null, running_until = excluded.running_until, expires_at = excluded.expires_at
     where idempotency_keys.expires_at <= :now
       and (idempotency_keys.state <> 'running' or idempotency_keys.running_until <= :now)
     returning ${columns}`,
  )
  const resume = sql.prepare(
    `update idempotency_keys set state = 'running', running_until = :runningUntil
     where ${isThis} and payload_hash = :payloadHash
       and (state = 'unknown' or (state = 'running' and running_until <= :now))
     returning ${columns}`,
  )
  const settle = sql.prepare(
    `update idempotency_keys set state = :state, answer_sealed = :answer where ${isHeld} returning ${columns}`,
  )
  const release = sql.prepare(`delete from idempotency_keys where ${isHeld} returning ${columns}`)
  const erase = sql.prepare(
    `delete from idempotency_keys where (caller, key_hash) in
       (select caller, key_hash from idempotency_keys
        where expires_at <= :now and (state <> 'running' or running_until <= :now) order by expires_at limit :limit)`,
  )
  return {
    idempotencyKey: async ({ caller, keyHash }) => toKey(await find.get({ caller, keyHash })),
    claimKey: async ({ caller, keyHash, payloadHash, intentId, runningUntil, expiresAt }, now) =>
      toKey(await claim.get({ caller, keyHash, payloadHash, intentId, runningUntil, expiresAt, now })),
    resumeKey: async ({ caller, keyHash, payloadHash, runningUntil }, now) =>
      toKey(await resume.get({ caller, keyHash, payloadHash, runningUntil, now })),
    settleKey: async ({ caller, keyHash, runningUntil }, state, answer) =>
      toKey(await settle.get({ caller, keyHash, runningUntil, state, answer })),
    releaseKey: async ({ caller, keyHash, runningUntil }) =>
      toKey(await release.get({ caller, keyHash, runningUntil })),
    eraseKeys: (now, limit) => erase.run({ now, limit }),
  }
}
