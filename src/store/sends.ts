import * as z from 'zod'
import { together } from '../together.ts'
import type { Sql } from './sql.ts'
import type { Message, MessagesOf, MessageTotal, SendWrites } from './store.ts'

const dayMs = 86_400_000
const dayOf = (at: number) => Math.floor(at / dayMs)

const messages = z.array(z.object({ at: z.number(), micros: z.number() }))
const total = z.object({ sends: z.number(), micros: z.number() })

/** Counted up in this order, so that no two transactions wait for each other. */
const totals = [
  { of: 'caller', table: 'caller_days', key: 'caller, ' },
  { of: 'country', table: 'country_days', key: 'country, ' },
  { of: 'all', table: 'send_days', key: '' },
] as const

export function sendWrites(sql: Sql): SendWrites {
  const insert = sql.prepare(
    `insert into sends (number_hash, at, run_id, ordinal, in_lane, micros)
     select :numberHash, :at, :runId, coalesce(max(ordinal), -1) + 1,
       coalesce((select in_lane from runs where id = :runId), 0), :micros
     from sends where run_id = :runId`,
  )
  const remove = sql.prepare(
    'delete from sends where run_id = :runId and at >= :since and at <= :until returning at, micros',
  )
  const sendsTo = sql.prepare(
    `select at from sends where number_hash = :numberHash and in_lane = 0 and at >= :since order by at`,
  )
  const count = totals.map(({ table, key }) =>
    sql.prepare(
      `insert into ${table} (${key}day, sends, micros) select ${key}:day, :sends, :micros from runs where id = :runId
       on conflict (${key}day) do update set
         sends = ${table}.sends + excluded.sends, micros = ${table}.micros + excluded.micros`,
    ),
  )
  const totalOf = (of: MessagesOf['of']) => {
    const { table, key } = totals.find((each) => each.of === of) ?? totals[2]
    return sql.prepare(
      `select cast(coalesce(sum(sends), 0) as bigint) as sends, cast(coalesce(sum(micros), 0) as bigint) as micros
       from ${table} where ${key ? `${of} = :name and ` : ''}day >= :first and day <= :last`,
    )
  }

  async function countDays(runId: string, changed: Message[], sign: 1 | -1): Promise<void> {
    const sums = [...Map.groupBy(changed, ({ at }) => dayOf(at))].map(([day, ofDay]) => ({
      runId,
      day,
      sends: sign * ofDay.length,
      micros: sign * ofDay.reduce((sum, { micros }) => sum + micros, 0),
    }))
    await together(...count.flatMap((statement) => sums.map((sum) => statement.run(sum))))
  }

  async function sum(first: number, last: number, which: MessagesOf = { of: 'all' }): Promise<MessageTotal> {
    return total.parse(await totalOf(which.of).get({ ...which, first, last }))
  }

  return {
    async insertSends(numberHash, runId, sent) {
      await together(
        ...sent.map(({ at, micros }) => insert.run({ numberHash, at, runId, micros })),
        countDays(runId, sent, 1),
      )
    },
    async removeSends(runId, since, until = Number.MAX_SAFE_INTEGER) {
      await countDays(runId, messages.parse(await remove.all({ runId, since, until })), -1)
    },
    sendsTo: async (numberHash, since) => (await sendsTo.all({ numberHash, since })).map(({ at }) => Number(at)),
    sentOnDay: (at, which) => sum(dayOf(at), dayOf(at), which),
    sentInMonth(at, which) {
      const date = new Date(at)
      const firstOf = (month: number) => dayOf(Date.UTC(date.getUTCFullYear(), month))
      return sum(firstOf(date.getUTCMonth()), firstOf(date.getUTCMonth() + 1) - 1, which)
    },
  }
}
