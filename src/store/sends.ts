import { together } from '../together.ts'
import type { Row, Sql } from './sql.ts'
import type { SendWrites } from './store.ts'

const dayMs = 86_400_000
const dayOf = (at: number) => Math.floor(at / dayMs)

export function sendWrites(sql: Sql): SendWrites {
  const insert = sql.prepare(
    `insert into sends (number_hash, at, run_id, ordinal, in_lane)
     select :numberHash, :at, :runId, coalesce(max(ordinal), -1) + 1,
       coalesce((select in_lane from runs where id = :runId), 0)
     from sends where run_id = :runId`,
  )
  const addToDay = sql.prepare(
    `insert into send_days (day, sends) values (:day, :count)
     on conflict (day) do update set sends = send_days.sends + excluded.sends`,
  )
  const addToCaller = sql.prepare(
    `insert into caller_days (caller, day, sends) select caller, :day, :count from runs where id = :runId
     on conflict (caller, day) do update set sends = caller_days.sends + excluded.sends`,
  )
  const remove = sql.prepare('delete from sends where run_id = :runId and at >= :since and at <= :until returning at')
  const sendsTo = sql.prepare(
    `select at from sends where number_hash = :numberHash and in_lane = 0 and at >= :since order by at`,
  )
  const ofDay = sql.prepare('select sends from send_days where day = :day')
  const ofCaller = sql.prepare('select sends from caller_days where caller = :caller and day = :day')

  async function countDays(runId: string, times: number[], sign: 1 | -1): Promise<void> {
    const counts = [...Map.groupBy(times, dayOf)].map(([day, { length }]) => ({ day, count: sign * length }))
    await together(
      ...counts.map(({ day, count }) => addToCaller.run({ runId, day, count })),
      ...counts.map(({ day, count }) => addToDay.run({ day, count })),
    )
  }

  return {
    async insertSends(numberHash, runId, atMs) {
      await together(...atMs.map((at) => insert.run({ numberHash, at, runId })), countDays(runId, atMs, 1))
    },
    async removeSends(runId, since, until = Number.MAX_SAFE_INTEGER) {
      await countDays(runId, (await remove.all({ runId, since, until })).map(atOf), -1)
    },
    sendsTo: async (numberHash, since) => (await sendsTo.all({ numberHash, since })).map(atOf),
    sendsOfDay: async (at) => Number((await ofDay.get({ day: dayOf(at) }))?.sends ?? 0),
    sendsOfCaller: async (caller, at) => Number((await ofCaller.get({ caller, day: dayOf(at) }))?.sends ?? 0),
  }
}

function atOf({ at }: Row): number {
  return Number(at)
}
