import { apiKeyReads } from './api-keys.ts'
import { approvalReads } from './approvals.ts'
import { auditReads } from './audit.ts'
import { decidedReads } from './decided.ts'
import { decisionReads } from './decisions.ts'
import { knownPeopleReads } from './known-people.ts'
import { restoreReads } from './restore.ts'
import {
  onRunColumns,
  orderColumns,
  runColumns,
  toOrder,
  toRun,
  toVerification,
  toVerificationOnRun,
  toVerifications,
  verificationColumns,
} from './rows.ts'
import { sealedReads } from './sealed.ts'
import { signingKeyReads } from './signing-keys.ts'
import { spendReads } from './spends.ts'
import type { Row, Sql } from './sql.ts'
import type { Reads } from './store.ts'
import { toldPriceReads } from './told-prices.ts'
import { webhookReads } from './webhooks.ts'

export const dueAt = 'coalesce(check_look_at, case when cancel_at < expires_at then cancel_at else expires_at end)'
export const isDue = `(state <> 'ended' or check_look_at is not null)`

export function createReads(sql: Sql): Reads {
  const verificationById = sql.prepare(`select ${verificationColumns} from verifications where id = :id`)
  const runById = sql.prepare(`select ${runColumns} from runs where id = :id`)
  const onRun = sql.prepare(
    `select ${onRunColumns} from verifications join runs on runs.id = verifications.run_id where verifications.id = :id`,
  )
  const pending = sql.prepare(
    `select ${verificationColumns} from verifications where run_id = :runId and state = 'pending' order by created_at, id`,
  )
  const nextDue = sql.prepare(
    `select min(at) as at from
       (select min(${dueAt}) as at from runs where ${isDue}
        union all select min(next_look_at) from runs where next_look_at is not null) as due`,
  )
  const orderById = sql.prepare(`select ${orderColumns} from number_orders where id = :id`)
  const latestOrder = sql.prepare(
    `select ${orderColumns} from number_orders where number_hash = :numberHash and country = :country and state <> 'refused'
     order by created_at desc, id desc limit 1`,
  )
  const nextOrderLook = sql.prepare('select min(look_at) as at from number_orders where look_at is not null')
  const ofCaller = sql.prepare(
    `select ${verificationColumns} from verifications
     where caller = :caller and state = coalesce(:state, state) and (created_at, id) < (:createdAt, :id)
     order by created_at desc, id desc limit :limit`,
  )
  return {
    ...apiKeyReads(sql),
    ...approvalReads(sql),
    ...auditReads(sql),
    ...decisionReads(sql),
    ...decidedReads(sql),
    ...knownPeopleReads(sql),
    ...restoreReads(sql),
    ...sealedReads(sql),
    ...signingKeyReads(sql),
    ...spendReads(sql),
    ...toldPriceReads(sql),
    ...webhookReads(sql),
    verification: async (id) => toVerification(await verificationById.get({ id })),
    run: async (id) => toRun(await runById.get({ id })),
    verificationOnRun: async (id) => toVerificationOnRun(await onRun.get({ id })),
    pendingOn: async (runId) => toVerifications(await pending.all({ runId })),
    nextDueAt: async () => timeOf(await nextDue.get()),
    order: async (id) => toOrder(await orderById.get({ id })),
    latestOrder: async (country, numberHash) => toOrder(await latestOrder.get({ country, numberHash })),
    nextOrderLookAt: async () => timeOf(await nextOrderLook.get()),
    async verificationsOf({ caller, state, before, limit }) {
      const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
      return toVerifications(await ofCaller.all({ caller, state, createdAt, id, limit }))
    },
  }
}

function timeOf(row: Row | undefined): number | undefined {
  return typeof row?.at === 'number' ? row.at : undefined
}
