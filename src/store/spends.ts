import * as z from 'zod'
import type { Sql } from './sql.ts'

/** What an order costs at once, in millionths of a euro. */
export interface Spend {
  orderId: string
  caller: string
  at: number
  micros: number
}

/** What was spent with it in its UTC day and month, by its caller and in all, in millionths of a euro. */
export interface SpendTotals {
  caller: { day: number; month: number }
  all: { day: number; month: number }
}

export interface SpendReads {
  spendTotals(caller: string, at: number): Promise<SpendTotals>
}

export interface SpendWrites {
  /** Counts a cost and answers the totals with it; nobody else counts until the transaction ends. */
  addSpend(spend: Spend): Promise<SpendTotals>
  /** Has the cost of an order, if it has one, stand under another that takes its place. */
  moveSpend(orderId: string, to: string): Promise<void>
  /** Takes back the cost of an order, if it has one. */
  removeSpend(orderId: string): Promise<void>
}

const removed = z.object({ caller: z.string(), at: z.number(), micros: z.number() })

/** In this order, so that no two transactions wait for each other. */
function totalsOf({ caller, at }: Pick<Spend, 'caller' | 'at'>): { caller: string; period: string }[] {
  const day = new Date(at).toISOString().slice(0, 10)
  const month = day.slice(0, 7)
  return ['', caller].flatMap((whose) => [
    { caller: whose, period: month },
    { caller: whose, period: day },
  ])
}

function inOrder([allMonth = 0, allDay = 0, month = 0, day = 0]: number[]): SpendTotals {
  return { caller: { day, month }, all: { day: allDay, month: allMonth } }
}

export function spendReads(sql: Sql): SpendReads {
  const total = sql.prepare('select micros from spend_totals where caller = :caller and period = :period')
  return {
    async spendTotals(caller, at) {
      const found = await Promise.all(totalsOf({ caller, at }).map((which) => total.get(which)))
      return inOrder(found.map((row) => Number(row?.micros ?? 0)))
    },
  }
}

export function spendWrites(sql: Sql): SpendWrites {
  const insert = sql.prepare(
    `insert into spends (order_id, caller, at, micros) values (:orderId, :caller, :at, :micros)`,
  )
  const move = sql.prepare('update spends set order_id = :to where order_id = :orderId')
  const remove = sql.prepare('delete from spends where order_id = :orderId returning caller, at, micros')
  const add = sql.prepare(
    `insert into spend_totals (caller, period, micros) values (:caller, :period, :micros)
     on conflict (caller, period) do update set micros = spend_totals.micros + excluded.micros returning micros`,
  )

  async function count(spend: Omit<Spend, 'orderId'>): Promise<number[]> {
    const totals: number[] = []
    for (const total of totalsOf(spend)) {
      totals.push(Number((await add.get({ ...total, micros: spend.micros }))?.micros))
    }
    return totals
  }

  return {
    async addSpend(spend) {
      await insert.run({ ...spend })
      return inOrder(await count(spend))
    },
    async moveSpend(orderId, to) {
      await move.run({ orderId, to })
    },
    async removeSpend(orderId) {
      const found = await remove.get({ orderId })
      if (!found) return
      const { micros, ...spend } = removed.parse(found)
      await count({ ...spend, micros: -micros })
    },
  }
}
