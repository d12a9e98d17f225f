import { together } from '../together.ts'
import { dueAt, isDue } from './reads.ts'
import { runColumns, toRun, toRuns } from './rows.ts'
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
  isCancelling: 'is_cancelling',
  inLane: 'in_lane',
  checksSeen: 'checks_seen',
} as const satisfies Record<keyof RunChanges, string>

/** A change to `undefined` clears the column; a member that is not there leaves it alone. */
function assignments(changes: RunChanges): string {
  const entries = Object.entries(columns).filter(([member]) => member in changes)
  return entries.map(([member, column]) => `${column} = :${member}`).join(', ')
}

/** Of a run that is due: it is for its cancel, and not for its check or its end. */
const isCancelDue = `state <> 'ended' and check_look_at is null and expires_at > :now`

export function runWrites(sql: Sql): RunWrites {
  const liveRun = sql.prepare(`select ${runColumns} from runs where number_hash = :numberHash and state <> 'ended'`)
  const insertRun = sql.prepare(
    `insert into runs (id, caller, brand, number_hash, number_mask, number_sealed, parameters, upstream_id, state, tries,
       asked_at, sent_at, event_index, code_made_at, expires_at, cancel_at, is_cancelling, country, event_costs, in_lane, checks_seen,
       nexts_done, ended_at)
     values (:id, :caller, :brand, :numberHash, :numberMask, :numberSealed, :parameters, :upstreamId, :state, :tries,
       :askedAt, :sentAt, :eventIndex, :codeMadeAt, :expiresAt, :cancelAt, :isCancelling, :country, :eventCosts, :inLane, :checksSeen,
       :nextsDone, :endedAt)`,
  )
  const triesOfEnded = sql.prepare(
    `select tries, ended_at from runs
     where number_hash = :numberHash and state = 'ended' and number_hash <> id and ended_at > :since
     order by ended_at desc, id`,
  )
  const byUpstreamId = sql.prepare('select 1 as found from runs where upstream_id = :upstreamId')
  const endRun = sql.prepare(
    `update runs set state = 'ended', ended_at = :now, cancel_at = null, is_cancelling = 0,
       check_verification = null, check_code = null, check_asked_at = null, check_look_at = null
     where id = :id and state <> 'ended' returning ${runColumns}`,
  )
  const { removeSends } = sendWrites(sql)
  const forgetRun = [
    sql.prepare('delete from verifications where run_id = :id'),
    sql.prepare('delete from runs where id = :id'),
  ]
  const claimDue = sql.prepare(
    `update runs set
       check_look_at = case when check_look_at is not null and state <> 'ended' then :until else check_look_at end,
       cancel_at = case when ${isCancelDue} then :until else cancel_at end,
       is_cancelling = case when ${isCancelDue} then 1 else is_cancelling end
     where id in (select id from runs where ${isDue} and ${dueAt} <= :now order by ${dueAt}, id limit 100 ${sql.skipLocked})
     returning ${runColumns}`,
  )
  const withdrawCancel = sql.prepare(
    `update runs set cancel_at = null where id = :id and state <> 'ended' and is_cancelling = 0 returning ${runColumns}`,
  )
  const markLostUnknown = sql.prepare(`update runs set state = 'unknown' where state = 'sending' and sent_at <= :since`)
  const markCutOffUnknown = [
    sql.prepare(`update runs set state = 'unknown' where state = 'sending'`),
    sql.prepare('update runs set is_cancelling = 0 where is_cancelling = 1'),
    sql.prepare(`update runs set check_look_at = 0 where state <> 'ended' and check_look_at is not null`),
    sql.prepare('update runs set next_look_at = 0 where next_look_at is not null'),
    sql.prepare(`update number_orders set state = 'unknown', look_at = 0 where state = 'intended'`),
    sql.prepare(`update idempotency_keys set state = 'unknown' where state = 'running'`),
  ]
  return {
    liveRun: async (numberHash) => toRun(await liveRun.get({ numberHash })),
    async insertRun({ check: _, next: __, parameters, eventCosts, nextsDone, ...run }) {
      await insertRun.run({
        ...run,
        parameters: JSON.stringify(parameters),
        eventCosts: eventCosts.join(','),
        nextsDone: nextsDone.join(' '),
      })
    },
    async updateRun(id, changes) {
      const update = sql.prepare(
        `update runs set ${assignments(changes)} where id = :id and state <> 'ended' returning ${runColumns}`,
      )
      const values: Values = { ...changes, id }
      return toRun(await update.get(values))
    },
    async triesOfEnded(numberHash, since) {
      const rows = await triesOfEnded.all({ numberHash, since })
      return rows.map(({ tries, ended_at }) => ({ tries: Number(tries), endedAt: Number(ended_at) }))
    },
    holdsUpstreamId: async (upstreamId) => (await byUpstreamId.get({ upstreamId })) !== undefined,
    async endRun(id, now) {
      const [ended] = await together(endRun.get({ id, now }), removeSends(id, now + 1))
      return toRun(ended)
    },
    async forgetRun(id) {
      await removeSends(id, 0)
      for (const statement of forgetRun) await statement.run({ id })
    },
    claimDue: async (now, until) => toRuns(await claimDue.all({ now, until })),
    withdrawCancel: async (id) => toRun(await withdrawCancel.get({ id })),
    async markLostUnknown(since) {
      await markLostUnknown.run({ since })
    },
    async markCutOffUnknown() {
      for (const statement of markCutOffUnknown) await statement.run()
    },
  }
}
