import { runColumns, toRun } from './rows.ts'
import type { Sql } from './sql.ts'
import type { CheckWrites } from './store.ts'

const cleared = 'check_verification = null, check_code = null, check_asked_at = null, check_look_at = null'
const given = `check_verification = :verificationId, check_code = :codeHash, check_asked_at = :askedAt,
  check_look_at = :lookAt`

/** The one check that a run may have at a time. */
export function checkWrites(sql: Sql): CheckWrites {
  const takeTry = sql.prepare(
    `update runs set tries = tries + 1, ${given}
     where id = :id and state = 'running' and tries < :tries and check_look_at is null
       and (next_look_at is null or next_asks = 'event') returning ${runColumns}`,
  )
  const close = sql.prepare(
    `update runs set ${cleared}
     where id = :id and state <> 'ended' and check_code = :codeHash and check_asked_at = :askedAt returning ${runColumns}`,
  )
  const lookAt = sql.prepare('update runs set check_look_at = :at where id = :id and check_look_at is not null')
  const forget = sql.prepare(`update runs set ${cleared} where id = :id and state = 'ended'`)
  const keep = sql.prepare(`update runs set ${given} where id = :id and state = 'ended'`)
  return {
    takeTry: async (id, { tries, check }) => toRun(await takeTry.get({ id, tries, ...check })),
    closeCheck: async (id, { codeHash, askedAt }) => toRun(await close.get({ id, codeHash, askedAt })),
    lookAt: async (id, at) => (await lookAt.run({ at, id })) > 0,
    async keepCheck(id, check) {
      await keep.run({ id, ...check })
    },
    async forgetCheck(id) {
      await forget.run({ id })
    },
  }
}
