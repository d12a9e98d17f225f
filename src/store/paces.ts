import type { Sql } from './sql.ts'
import type { PaceWrites } from './store.ts'

export function paceWrites(sql: Sql): PaceWrites {
  const read = sql.prepare('select state from paces where name = :name')
  const write = sql.prepare(
    'insert into paces (name, state) values (:name, :state) on conflict (name) do update set state = excluded.state',
  )
  return {
    async pace(name) {
      const state = (await read.get({ name }))?.state
      return typeof state === 'string' ? state : undefined
    },
    async keepPace(name, state) {
      await write.run({ name, state })
    },
  }
}
