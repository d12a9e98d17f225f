import { orderColumns, toOrder } from './rows.ts'
import type { Sql } from './sql.ts'
import type { OrderWrites } from './store.ts'

const settled = 'state = :state, settled_at = :now, look_at = null, settings_sealed = null'

export function orderWrites(sql: Sql): OrderWrites {
  const insert = sql.prepare(
    `insert into number_orders (id, caller, action, country, msisdn, number_hash, number_sealed, state, created_at,
       settled_at, look_at, settings_sealed)
     values (:id, :caller, :action, :country, '', :numberHash, :numberSealed, :state, :createdAt, :settledAt, :lookAt,
       :settingsSealed)`,
  )
  const settle = sql.prepare(`update number_orders set ${settled}, untold = 0 where id = :id`)
  const lookFor = sql.prepare(
    `update number_orders set state = 'unknown', look_at = :at where id = :id and state in ('intended', 'unknown')`,
  )
  const claim = sql.prepare(
    `update number_orders set state = 'unknown', look_at = :until
     where id = (select id from number_orders where look_at <= :now order by look_at, id limit 1 ${sql.skipLocked})
     returning ${orderColumns}`,
  )
  const settleUnknown = sql.prepare(
    `update number_orders set ${settled}, untold = 1 where id = :id and state = 'unknown'`,
  )
  return {
    async insertOrder(order) {
      await insert.run({ ...order })
    },
    async settleOrder(id, state, now) {
      await settle.run({ id, state, now })
    },
    async lookForOrder(id, at) {
      await lookFor.run({ id, at })
    },
    claimOrder: async (now, until) => toOrder(await claim.get({ now, until })),
    settleUnknownOrder: async (id, state, now) => (await settleUnknown.run({ id, state, now })) > 0,
  }
}
