import { toVerification, verificationColumns } from './rows.ts'
import type { Sql } from './sql.ts'
import type { VerificationWrites } from './store.ts'

export function verificationWrites(sql: Sql): VerificationWrites {
  const insert = sql.prepare(
    `insert into verifications (id, run_id, caller, state, tries, created_at, ended_at, nonce, purpose)
     values (:id, :runId, :caller, :state, :tries, :createdAt, :endedAt, :nonce, :purpose)`,
  )
  const forget = sql.prepare('delete from verifications where id = :id')
  const countTry = sql.prepare(
    `update verifications set tries = tries + 1
     where id = :id and state = 'pending' and tries < :limit returning ${verificationColumns}`,
  )
  const returnTry = sql.prepare(
    'update verifications set tries = tries - 1 where id = :id and tries > 0 returning run_id',
  )
  const returnRunTry = sql.prepare('update runs set tries = tries - 1 where id = :id and tries > 0')
  const end = sql.prepare(
    `update verifications set state = :state, ended_at = :now where id = :id and state = 'pending' returning ${verificationColumns}`,
  )
  const move = sql.prepare(
    `update verifications set run_id = :toRunId, tries = 0 where run_id = :fromRunId and state = 'pending'`,
  )
  return {
    async insertVerification(verification) {
      await insert.run({ ...verification })
    },
    async forgetVerification(id) {
      await forget.run({ id })
    },
    countTry: async (id, limit) => toVerification(await countTry.get({ id, limit })),
    async returnTry(verificationId) {
      const runId = (await returnTry.get({ id: verificationId }))?.run_id
      if (typeof runId === 'string') await returnRunTry.run({ id: runId })
    },
    endVerification: async (id, state, now) => toVerification(await end.get({ id, state, now })),
    async moveVerifications(fromRunId, toRunId) {
      await move.run({ fromRunId, toRunId })
    },
  }
}
