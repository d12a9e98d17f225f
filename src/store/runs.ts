import { toRun } from './rows.ts'
import { sendWrites } from './sends.ts'
import type { Sql, Values } from './sql.ts'
import type { RunChanges, RunWrites } from './store.ts'

const columns = {
  upstreamId: 'upstream_id',
  state: 'state',
  askedAt: 'asked_at',
  sentAt: 'sent_at',
  eventIndex: 'event_index',
  codeMadeAt: 'code_made_at',
  expiresAt: 'expires_at',
  cancelAt: 'cancel_at',
  checksSeen: 'checks_seen',
} as const satisfies Record<keyof RunChanges, string>

/** A change to `undefined` clears the column; a member that is not there leaves it alone. */
function assignments(changes: RunChanges): string {
  const entries = Object.entries(columns).filter(([member]) => member in changes)
  return entries.map(([member, column]) => `${column} = :${member}`).join(', ')
}

export function runWrites(sql: Sql): RunWrites {
  const liveRun = sql.prepare(`select * from runs where number_hash = :numberHash and state <> 'ended'`)
  const insertRun = sql.prepare(
    `insert into runs (id, caller, brand, number_hash, number_mask, number_sealed, parameters, upstream_id, state, tries,
       asked_at, sent_at, event_index, code_made_at, expires_at, cancel_at, checks_seen, nexts_done)
     values (:id, :caller, :brand, :numberHash, :numberMask, :numberSealed, :parameters, :upstreamId, :state, :tries,
       :askedAt, :sentAt, :eventIndex, :codeMadeAt, :expiresAt, :cancelAt, :checksSeen, :nextsDone)`,
  )
  const byUpstreamId = sql.prepare('select 1 as found from runs where upstream_id = :upstreamId')
  const endRun = sql.prepare(
    `update runs set state = 'ended', number_sealed = null, cancel_at = null, check_verification = null,
       check_code = null, check_asked_at = null, check_look_at = null
     where id = :id and state <> 'ended' returning *`,
  )
  const { removeSends } = sendWrites(sql)
  const forgetRun = [
    sql.prepare('delete from verifications where run_id = :id'),
    sql.prepare('delete from runs where id = :id'),
  ]
  const markCutOffUnknown = [
    sql.prepare(`update runs set state = 'unknown' where state = 'sending'`),
    sql.prepare(`update runs set check_look_at = 0 where state <> 'ended' and check_look_at is not null`),
    sql.prepare('update runs set next_look_at = 0 where next_look_at is not null'),
    sql.prepare(`update number_orders set state = 'unknown', look_at = 0 where state = 'intended'`),
    sql.prepare(`update idempotency_keys set state = 'unknown' where state = 'running'`),
  ]
  return {
    liveRun: async (numberHash) => toRun(await liveRun.get({ numberHash })),
    async insertRun({ check: _, next: __, parameters, nextsDone, ...run }) {
      await insertRun.run({ ...run, parameters: JSON.stringify(parameters), nextsDone: nextsDone.join(' ') })
    },
    async updateRun(id, changes) {
      const update = sql.prepare(
        `update runs set ${assignments(changes)} where id = :id and state <> 'ended' returning *`,
      )
      const values: Values = { ...changes, id }
      return toRun(await update.get(values))
    },
    holdsUpstreamId: async (upstreamId) => (await byUpstreamId.get({ upstreamId })) !== undefined,
    async endRun(id, now) {
      const ended = toRun(await endRun.get({ id }))
      if (ended) await removeSends(id, now + 1)
      return ended
    },
    async forgetRun(id) {
      await removeSends(id, 0)
      for (const statement of forgetRun) await statement.run({ id })
    },
    async markCutOffUnknown() {
      for (const statement of markCutOffUnknown) await statement.run()
    },
  }
}
