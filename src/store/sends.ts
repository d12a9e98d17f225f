import type { Sql } from './sql.ts'
import type { SendWrites } from './store.ts'

export function sendWrites(sql: Sql): SendWrites {
  const insert = sql.prepare(
    'insert into sends (number_hash, at, run_id, ordinal) values (:numberHash, :at, :runId, :ordinal)',
  )
  const nextOrdinal = sql.prepare('select coalesce(max(ordinal), -1) + 1 as ordinal from sends where run_id = :runId')
  const remove = sql.prepare('delete from sends where run_id = :runId and at >= :since and at <= :until')
  const sendsTo = sql.prepare('select at from sends where number_hash = :numberHash and at >= :since order by at')
  const count = sql.prepare('select count(*) as n from sends where at >= :since and at < :until')
  return {
    async insertSends(numberHash, runId, atMs) {
      const first = Number((await nextOrdinal.get({ runId }))?.ordinal)
      for (const [index, at] of atMs.entries()) await insert.run({ numberHash, at, runId, ordinal: first + index })
    },
    async removeSends(runId, since, until = Number.MAX_SAFE_INTEGER) {
      await remove.run({ runId, since, until })
    },
    sendsTo: async (numberHash, since) => (await sendsTo.all({ numberHash, since })).map(({ at }) => Number(at)),
    countSends: async (since, until) => Number((await count.get({ since, until }))?.n),
  }
}
