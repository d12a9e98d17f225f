import type { Sql } from './sql.ts'
import type { OrderWrites } from './store.ts'

export function orderWrites(sql: Sql): OrderWrites {
  const insert = sql.prepare(
    `insert into number_orders (id, caller, action, country, msisdn, state, created_at, settled_at)
     values (:id, :caller, :action, :country, :msisdn, :state, :createdAt, :settledAt)`,
  )
  const settle = sql.prepare('update number_orders set state = :state, settled_at = :now where id = :id')
  return {
    async insertOrder(order) {
      await insert.run({ ...order })
    },
    async settleOrder(id, state, now) {
      await settle.run({ id, state, now })
    },
  }
}
