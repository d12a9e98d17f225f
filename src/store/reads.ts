import {
  orderColumns,
  runColumns,
  toOrder,
  toRun,
  toVerification,
  toVerifications,
  verificationColumns,
} from './rows.ts'
import { signingKeyReads } from './signing-keys.ts'
import type { Sql } from './sql.ts'
import type { Reads } from './store.ts'
import { webhookReads } from './webhooks.ts'

export const dueAt = 'coalesce(check_look_at, case when cancel_at < expires_at then cancel_at else expires_at end)'
export const isDue = `(state <> 'ended' or check_look_at is not null)`

export function createReads(sql: Sql): Reads {
  const verificationById = sql.prepare(`select ${verificationColumns} from verifications where id = :id`)
  const runById = sql.prepare(`select ${runColumns} from runs where id = :id`)
  const pending = sql.prepare(
    `select ${verificationColumns} from verifications where run_id = :runId and state = 'pending' order by created_at, id`,
  )
  const nextDue = sql.prepare(`select min(${dueAt}) as at from runs where ${isDue}`)
  const orderById = sql.prepare(`select ${orderColumns} from number_orders where id = :id`)
  const latestOrder = sql.prepare(
    `select ${orderColumns} from number_orders where country = :country and msisdn = :msisdn and state <> 'refused'
     order by created_at desc, id desc limit 1`,
  )
  const ofCaller = sql.prepare(
    `select ${verificationColumns} from verifications
     where caller = :caller and state = coalesce(:state, state) and (created_at, id) < (:createdAt, :id)
     order by created_at desc, id desc limit :limit`,
  )
  return {
    ...signingKeyReads(sql),
    ...webhookReads(sql),
    verification: async (id) => toVerification(await verificationById.get({ id })),
    run: async (id) => toRun(await runById.get({ id })),
    pendingOn: async (runId) => toVerifications(await pending.all({ runId })),
    async nextDueAt() {
      const at = (await nextDue.get())?.at
      return typeof at === 'number' ? at : undefined
    },
    order: async (id) => toOrder(await orderById.get({ id })),
    latestOrder: async (country, msisdn) => toOrder(await latestOrder.get({ country, msisdn })),
    async verificationsOf({ caller, state, before, limit }) {
      const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
      return toVerifications(await ofCaller.all({ caller, state, createdAt, id, limit }))
    },
  }
}
