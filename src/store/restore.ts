import { runColumns, toRuns } from './rows.ts'
import type { Row, Sql } from './sql.ts'
import type { Run } from './store.ts'

/** What is asked of a ledger that was restored from a backup. */
export interface RestoreReads {
  /** Until when no message may be sent; the time may have passed. */
  sendsHeldUntil(): Promise<number | undefined>
  /** When the newest thing in the ledger was intended. */
  newestIntentAt(): Promise<number | undefined>
  /** Runs whose time was over by `now` and that have no check, a hundred at most. */
  overdue(now: number): Promise<Run[]>
  /** How many runs have not ended, by state. */
  liveRuns(): Promise<Record<Exclude<Run['state'], 'ended'>, number>>
}

export interface RestoreWrites {
  /** Lets nobody send a message until then; undefined ends that. */
  holdSends(until: number | undefined): Promise<void>
}

export function restoreReads(sql: Sql): RestoreReads {
  const heldUntil = sql.prepare(`select value from meta where key = 'sends_held_until'`)
  const newestIntent = sql.prepare(
    `select max(at) as at from
       (select max(asked_at) as at from runs
        union all select max(created_at) from verifications
        union all select max(created_at) from number_orders) as intents`,
  )
  const overdue = sql.prepare(
    `select ${runColumns} from runs where state <> 'ended' and expires_at <= :now and check_look_at is null
     order by expires_at, id limit 100`,
  )
  const live = sql.prepare(`select state, count(*) as runs from runs where state <> 'ended' group by state`)
  const numberIn = (value: Row[string]) => (value === undefined || value === null ? undefined : Number(value))
  return {
    sendsHeldUntil: async () => numberIn((await heldUntil.get())?.value),
    newestIntentAt: async () => numberIn((await newestIntent.get())?.at),
    overdue: async (now) => toRuns(await overdue.all({ now })),
    async liveRuns() {
      const counts = new Map((await live.all()).map(({ state, runs }) => [state, Number(runs)]))
      const count = (state: Run['state']) => counts.get(state) ?? 0
      return { sending: count('sending'), running: count('running'), unknown: count('unknown') }
    },
  }
}

export function restoreWrites(sql: Sql): RestoreWrites {
  const hold = sql.prepare(
    `insert into meta (key, value) values ('sends_held_until', :until)
     on conflict (key) do update set value = excluded.value`,
  )
  const release = sql.prepare(`delete from meta where key = 'sends_held_until'`)
  return {
    async holdSends(until) {
      await (until === undefined ? release.run() : hold.run({ until: String(until) }))
    },
  }
}
