import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { keyWrites } from './sqlite-keys.ts'
import { createReads } from './sqlite-reads.ts'
import { toRun, toVerification } from './sqlite-rows.ts'
import type { Reads, RunChanges, Transaction } from './store.ts'

/** The writes of one SQLite connection; they count only between its begin and commit. */
export function createTransaction(database: DatabaseSync): Transaction {
  return {
    ...createReads(database),
    ...runWrites(database),
    ...checkWrites(database),
    ...endings(database),
    ...verificationWrites(database),
    ...sendWrites(database),
    ...orderWrites(database),
    ...keyWrites(database),
  }
}

type Writes = Omit<Transaction, keyof Reads>

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
function assignments(changes: RunChanges): { set: string; values: SQLInputValue[] } {
  const entries = Object.entries(columns).filter(([member]) => member in changes)
  const given: Record<string, SQLInputValue | undefined> = { ...changes }
  return {
    set: entries.map(([, column]) => `${column} = ?`).join(', '),
    values: entries.map(([member]) => given[member] ?? null),
  }
}

function runWrites(database: DatabaseSync): Pick<Writes, 'liveRun' | 'insertRun' | 'updateRun' | 'holdsUpstreamId'> {
  const liveRun = database.prepare(`select * from runs where number_hash = ? and state <> 'ended'`)
  const insertRun = database.prepare(
    `insert into runs values (:id, :caller, :brand, :numberHash, :numberMask, :numberSealed, :parameters, :upstreamId,
       :state, :tries, :askedAt, :sentAt, :eventIndex, :codeMadeAt, :expiresAt, :cancelAt, :checksSeen,
       null, null, null, null)`,
  )
  const byUpstreamId = database.prepare('select 1 from runs where upstream_id = ?')
  const updates = new Map<string, StatementSync>()
  const updateOf = (set: string) => {
    const known = updates.get(set)
    const update = known ?? database.prepare(`update runs set ${set} where id = ? and state <> 'ended' returning *`)
    if (!known) updates.set(set, update)
    return update
  }
  return {
    liveRun: async (numberHash) => toRun(liveRun.get(numberHash)),
    async insertRun({ check: _, ...run }) {
      insertRun.run({
        ...run,
        parameters: JSON.stringify(run.parameters),
        numberSealed: run.numberSealed ?? null,
        upstreamId: run.upstreamId ?? null,
        cancelAt: run.cancelAt ?? null,
      })
    },
    async updateRun(id, changes) {
      const { set, values } = assignments(changes)
      return toRun(updateOf(set).get(...values, id))
    },
    holdsUpstreamId: async (upstreamId) => byUpstreamId.get(upstreamId) !== undefined,
  }
}

/** The one check that a run may have at a time. */
function checkWrites(
  database: DatabaseSync,
): Pick<Writes, 'takeTry' | 'closeCheck' | 'lookAt' | 'keepCheck' | 'forgetCheck'> {
  const takeTry = database.prepare(
    `update runs set tries = tries + 1, check_verification = :verificationId, check_code = :codeHash,
       check_asked_at = :askedAt, check_look_at = :lookAt
     where id = :id and state = 'running' and tries < :tries and check_look_at is null returning *`,
  )
  const close = database.prepare(
    `update runs set check_verification = null, check_code = null, check_asked_at = null, check_look_at = null
     where id = :id and state <> 'ended' and check_code = :codeHash and check_asked_at = :askedAt returning *`,
  )
  const lookAt = database.prepare('update runs set check_look_at = ? where id = ? and check_look_at is not null')
  const forget = database.prepare(
    `update runs set check_verification = null, check_code = null, check_asked_at = null, check_look_at = null
     where id = ? and state = 'ended'`,
  )
  const keep = database.prepare(
    `update runs set check_verification = :verificationId, check_code = :codeHash, check_asked_at = :askedAt,
       check_look_at = :lookAt
     where id = :id and state = 'ended'`,
  )
  return {
    takeTry: async (id, { tries, check }) => toRun(takeTry.get({ id, tries, ...check })),
    closeCheck: async (id, { codeHash, askedAt }) => toRun(close.get({ id, codeHash, askedAt })),
    lookAt: async (id, at) => lookAt.run(at, id).changes > 0,
    async keepCheck(id, check) {
      keep.run({ id, ...check })
    },
    async forgetCheck(id) {
      forget.run(id)
    },
  }
}

/** How runs end, and what goes with them. */
function endings(database: DatabaseSync): Pick<Writes, 'endRun' | 'forgetRun' | 'markCutOffUnknown'> {
  const endRun = database.prepare(
    `update runs set state = 'ended', number_sealed = null, cancel_at = null, check_verification = null,
       check_code = null, check_asked_at = null, check_look_at = null
     where id = ? and state <> 'ended' returning *`,
  )
  const removeComing = database.prepare('delete from sends where run_id = ? and at > ?')
  const forgetRun = ['sends', 'verifications'].map((table) => database.prepare(`delete from ${table} where run_id = ?`))
  forgetRun.push(database.prepare('delete from runs where id = ?'))
  const markCutOffUnknown = [
    database.prepare(`update runs set state = 'unknown' where state = 'sending'`),
    database.prepare(`update runs set check_look_at = 0 where state <> 'ended' and check_look_at is not null`),
    database.prepare(`update number_orders set state = 'unknown' where state = 'intended'`),
    database.prepare(`update idempotency_keys set state = 'unknown' where state = 'running'`),
  ]
  return {
    async endRun(id, now) {
      const ended = toRun(endRun.get(id))
      if (ended) removeComing.run(id, now)
      return ended
    },
    async forgetRun(id) {
      for (const statement of forgetRun) statement.run(id)
    },
    async markCutOffUnknown() {
      for (const statement of markCutOffUnknown) statement.run()
    },
  }
}

function verificationWrites(
  database: DatabaseSync,
): Pick<
  Writes,
  'insertVerification' | 'forgetVerification' | 'countTry' | 'returnTry' | 'endVerification' | 'moveVerifications'
> {
  const insert = database.prepare(
    'insert into verifications values (:id, :runId, :caller, :state, :tries, :createdAt, :endedAt)',
  )
  const forget = database.prepare('delete from verifications where id = ?')
  const countTry = database.prepare(
    `update verifications set tries = tries + 1 where id = ? and state = 'pending' and tries < ? returning *`,
  )
  const returnTry = database.prepare(
    'update verifications set tries = tries - 1 where id = ? and tries > 0 returning run_id',
  )
  const returnRunTry = database.prepare('update runs set tries = tries - 1 where id = ? and tries > 0')
  const end = database.prepare(
    `update verifications set state = ?, ended_at = ? where id = ? and state = 'pending' returning *`,
  )
  const move = database.prepare(`update verifications set run_id = ?, tries = 0 where run_id = ? and state = 'pending'`)
  return {
    async insertVerification(verification) {
      insert.run({ ...verification, endedAt: verification.endedAt ?? null })
    },
    async forgetVerification(id) {
      forget.run(id)
    },
    countTry: async (id, limit) => toVerification(countTry.get(id, limit)),
    async returnTry(verificationId) {
      const runId = returnTry.get(verificationId)?.run_id
      if (typeof runId === 'string') returnRunTry.run(runId)
    },
    endVerification: async (id, state, now) => toVerification(end.get(state, now, id)),
    async moveVerifications(fromRunId, toRunId) {
      move.run(toRunId, fromRunId)
    },
  }
}

function sendWrites(database: DatabaseSync): Pick<Writes, 'insertSends' | 'removeSends' | 'sendsTo' | 'countSends'> {
  const insert = database.prepare('insert into sends values (?, ?, ?, ?)')
  const nextOrdinal = database.prepare('select coalesce(max(ordinal), -1) + 1 as ordinal from sends where run_id = ?')
  const remove = database.prepare('delete from sends where run_id = ? and at >= ? and at <= ?')
  const sendsTo = database.prepare('select at from sends where number_hash = ? and at >= ? order by at')
  const count = database.prepare('select count(*) as n from sends where at >= ? and at < ?')
  return {
    async insertSends(numberHash, runId, atMs) {
      const first = Number(nextOrdinal.get(runId)?.ordinal)
      for (const [index, at] of atMs.entries()) insert.run(numberHash, at, runId, first + index)
    },
    async removeSends(runId, since, until = Number.MAX_SAFE_INTEGER) {
      remove.run(runId, since, until)
    },
    sendsTo: async (numberHash, since) => sendsTo.all(numberHash, since).map(({ at }) => Number(at)),
    countSends: async (since, until) => Number(count.get(since, until)?.n),
  }
}

function orderWrites(database: DatabaseSync): Pick<Writes, 'insertOrder' | 'settleOrder'> {
  const insert = database.prepare(
    'insert into number_orders values (:id, :caller, :action, :country, :msisdn, :state, :createdAt, :settledAt)',
  )
  const settle = database.prepare('update number_orders set state = ?, settled_at = ? where id = ?')
  return {
    async insertOrder(order) {
      insert.run({ ...order, settledAt: order.settledAt ?? null })
    },
    async settleOrder(id, state, now) {
      settle.run(state, now, id)
    },
  }
}
