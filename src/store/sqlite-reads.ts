import type { DatabaseSync } from 'node:sqlite'
import { toOrder, toRun, toRuns, toVerification, toVerifications } from './sqlite-rows.ts'
import type { Reads } from './store.ts'

const dueAt = 'coalesce(check_look_at, min(expires_at, coalesce(cancel_at, expires_at)))'
const isDue = `(state <> 'ended' or check_look_at is not null)`

export function createReads(database: DatabaseSync): Reads {
  const verificationById = database.prepare('select * from verifications where id = ?')
  const runById = database.prepare('select * from runs where id = ?')
  const pending = database.prepare(
    `select * from verifications where run_id = ? and state = 'pending' order by created_at, id`,
  )
  const nextDue = database.prepare(`select min(${dueAt}) as at from runs where ${isDue}`)
  const dueRuns = database.prepare(
    `select * from runs where ${isDue} and ${dueAt} <= ? order by ${dueAt}, id limit 100`,
  )
  const orderById = database.prepare('select * from number_orders where id = ?')
  const latestOrder = database.prepare(
    `select * from number_orders where country = ? and msisdn = ? and state <> 'refused'
     order by created_at desc, id desc limit 1`,
  )
  const ofCaller = database.prepare(
    `select * from verifications
     where caller = :caller and (:state is null or state = :state) and (created_at, id) < (:createdAt, :id)
     order by created_at desc, id desc limit :limit`,
  )
  return {
    verification: async (id) => toVerification(verificationById.get(id)),
    run: async (id) => toRun(runById.get(id)),
    pendingOn: async (runId) => toVerifications(pending.all(runId)),
    async nextDueAt() {
      const at = nextDue.get()?.at
      return typeof at === 'number' ? at : undefined
    },
    due: async (now) => toRuns(dueRuns.all(now)),
    order: async (id) => toOrder(orderById.get(id)),
    latestOrder: async (country, msisdn) => toOrder(latestOrder.get(country, msisdn)),
    async verificationsOf({ caller, state, before, limit }) {
      const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
      return toVerifications(ofCaller.all({ caller, state: state ?? null, createdAt, id, limit }))
    },
  }
}
