import { runColumns, toRun, toRuns } from './rows.ts'
import type { Sql } from './sql.ts'
import type { NextWrites } from './store.ts'

const isThis = 'id = :id and next_asked_at = :askedAt and next_look_at is not null'

/** The one next message that a run may have open at a time. */
export function nextWrites(sql: Sql): NextWrites {
  const take = sql.prepare(
    `update runs set next_asks = :asks, next_intent = :intentId, next_asked_at = :askedAt, next_look_at = :lookAt
     where id = :id and state = 'running' and check_look_at is null and next_look_at is null returning ${runColumns}`,
  )
  const close = sql.prepare(
    `update runs set next_asks = null, next_intent = null, next_asked_at = null, next_look_at = null,
       nexts_done = case when :isDone = 1 then trim(nexts_done || ' ' || coalesce(next_intent, '')) else nexts_done end
     where ${isThis} returning ${runColumns}`,
  )
  const lookFor = sql.prepare(`update runs set next_look_at = :at where ${isThis}`)
  const claim = sql.prepare(
    `update runs set next_look_at = :until
     where id in (select id from runs where next_look_at <= :now order by next_look_at, id limit 100 ${sql.skipLocked})
     returning ${runColumns}`,
  )
  return {
    takeNext: async (id, next) => toRun(await take.get({ id, ...next })),
    closeNext: async (id, { askedAt }, { isDone }) => toRun(await close.get({ id, askedAt, isDone: isDone ? 1 : 0 })),
    async lookForNext(id, { askedAt }, at) {
      await lookFor.run({ id, askedAt, at })
    },
    claimNexts: async (now, until) => toRuns(await claim.all({ now, until })),
  }
}
