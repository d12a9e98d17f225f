import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { createReads } from './sqlite-reads.ts'
import { toRun, toVerification } from './sqlite-rows.ts'
import type { RunChanges, Transaction } from './store.ts'

const columns = {
  upstreamId: 'upstream_id',
  state: 'state',
  askedAt: 'asked_at',
  sentAt: 'sent_at',
  eventIndex: 'event_index',
  codeMadeAt: 'code_made_at',
  expiresAt: 'expires_at',
  cancelAt: 'cancel_at',
  checkingUntil: 'checking_until',
} as const satisfies Record<keyof RunChanges, string>

/** A change to `undefined` clears the column; a member that is not there leaves it alone. */
function assignments(changes: RunChanges): { set: string; values: SQLInputValue[] } {
  const entries = Object.entries(columns).filter(([member]) => member in changes)
  const given: Record<string, SQLInputValue | undefined> = { ...changes }
  return {
    set: entries.map(([, column]) => `${column} = ?`).join(', '),
    values: entries.map(([member]) => given[member] ?? null),
  }
}

/** The writes of one SQLite connection; they count only between its begin and commit. */
export function createTransaction(database: DatabaseSync): Transaction {
  const liveRun = database.prepare(`select * from runs where number_hash = ? and state <> 'ended'`)
  const insertRun = database.prepare(
    `insert into runs values (:id, :caller, :brand, :numberHash, :numberMask, :numberSealed, :parameters, :upstreamId,
       :state, :tries, :askedAt, :sentAt, :eventIndex, :codeMadeAt, :expiresAt, :cancelAt, :checkingUntil)`,
  )
  const endRun = database.prepare(
    `update runs set state = 'ended', number_sealed = null, cancel_at = null, checking_until = null
     where id = ? and state <> 'ended' returning *`,
  )
  const forgetRun = ['sends', 'verifications'].map((table) => database.prepare(`delete from ${table} where run_id = ?`))
  forgetRun.push(database.prepare('delete from runs where id = ?'))
  const forgetVerification = database.prepare('delete from verifications where id = ?')
  const byUpstreamId = database.prepare('select 1 from runs where upstream_id = ?')
  const markCutOffUnknown = [
    database.prepare(`update runs set state = 'unknown' where state = 'sending'`),
    database.prepare(`update number_orders set state = 'unknown' where state = 'intended'`),
  ]
  const takeTry = database.prepare(
    `update runs set tries = tries + 1, checking_until = :until
     where id = :id and state = 'running' and tries < :tries and coalesce(checking_until, 0) <= :now returning *`,
  )
  const insertVerification = database.prepare(
    'insert into verifications values (:id, :runId, :caller, :state, :tries, :createdAt, :endedAt)',
  )
  const countTry = database.prepare(
    `update verifications set tries = tries + 1 where id = ? and state = 'pending' and tries < ? returning *`,
  )
  const returnTry = database.prepare(
    'update verifications set tries = tries - 1 where id = ? and tries > 0 returning run_id',
  )
  const returnRunTry = database.prepare('update runs set tries = tries - 1 where id = ? and tries > 0')
  const endVerification = database.prepare(
    `update verifications set state = ?, ended_at = ? where id = ? and state = 'pending' returning *`,
  )
  const move = database.prepare(`update verifications set run_id = ?, tries = 0 where run_id = ? and state = 'pending'`)
  const insertSend = database.prepare('insert into sends values (?, ?, ?, ?)')
  const nextOrdinal = database.prepare('select coalesce(max(ordinal), -1) + 1 as ordinal from sends where run_id = ?')
  const removeSends = database.prepare('delete from sends where run_id = ? and at >= ? and at <= ?')
  const sendsTo = database.prepare('select at from sends where number_hash = ? and at >= ? order by at')
  const countSends = database.prepare('select count(*) as n from sends where at >= ? and at < ?')
  const insertOrder = database.prepare(
    'insert into number_orders values (:id, :caller, :action, :country, :msisdn, :state, :createdAt, :settledAt)',
  )
  const settleOrder = database.prepare('update number_orders set state = ?, settled_at = ? where id = ?')

  return {
    ...createReads(database),
    liveRun: async (numberHash) => toRun(liveRun.get(numberHash)),
    async insertRun(run) {
      insertRun.run({
        ...run,
        parameters: JSON.stringify(run.parameters),
        numberSealed: run.numberSealed ?? null,
        upstreamId: run.upstreamId ?? null,
        cancelAt: run.cancelAt ?? null,
        checkingUntil: run.checkingUntil ?? null,
      })
    },
    async updateRun(id, changes) {
      const { set, values } = assignments(changes)
      return toRun(
        database.prepare(`update runs set ${set} where id = ? and state <> 'ended' returning *`).get(...values, id),
      )
    },
    async forgetRun(id) {
      for (const statement of forgetRun) statement.run(id)
    },
    async forgetVerification(id) {
      forgetVerification.run(id)
    },
    holdsUpstreamId: async (upstreamId) => byUpstreamId.get(upstreamId) !== undefined,
    async markCutOffUnknown() {
      for (const statement of markCutOffUnknown) statement.run()
    },
    async endRun(id, now) {
      const ended = toRun(endRun.get(id))
      if (ended) removeSends.run(id, now + 1, Number.MAX_SAFE_INTEGER)
      return ended
    },
    takeTry: async (id, { tries, now, until }) => toRun(takeTry.get({ id, tries, now, until })),
    async insertVerification(verification) {
      insertVerification.run({ ...verification, endedAt: verification.endedAt ?? null })
    },
    countTry: async (id, limit) => toVerification(countTry.get(id, limit)),
    async returnTry(verificationId) {
      const runId = returnTry.get(verificationId)?.run_id
      if (typeof runId === 'string') returnRunTry.run(runId)
    },
    endVerification: async (id, state, now) => toVerification(endVerification.get(state, now, id)),
    async moveVerifications(fromRunId, toRunId) {
      move.run(toRunId, fromRunId)
    },
    async insertSends(numberHash, runId, atMs) {
      const first = Number(nextOrdinal.get(runId)?.ordinal)
      for (const [index, at] of atMs.entries()) insertSend.run(numberHash, at, runId, first + index)
    },
    async removeSends(runId, since, until = Number.MAX_SAFE_INTEGER) {
      removeSends.run(runId, since, until)
    },
    sendsTo: async (numberHash, since) => sendsTo.all(numberHash, since).map(({ at }) => Number(at)),
    countSends: async (since, until) => Number(countSends.get(since, until)?.n),
    async insertOrder(order) {
      insertOrder.run({ ...order, settledAt: order.settledAt ?? null })
    },
    async settleOrder(id, state, now) {
      settleOrder.run(state, now, id)
    },
  }
}
