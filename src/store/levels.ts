import { together } from '../together.ts'
import type { Sql, Statement } from './sql.ts'

/** What the guard knows of scopes, by their names; how it is written is the guard's own. */
export interface LevelWrites {
  /** What is known of these scopes; nobody else has them until the transaction ends. */
  takeLevels(scopes: readonly string[]): Promise<Map<string, string>>
  keepLevels(levels: ReadonlyMap<string, string>, now: number): Promise<void>
  /** Erases what was touched by `until` the last time, `limit` at most, of scopes of one kind; answers how many. */
  eraseLevels(kind: string, until: number, limit: number): Promise<number>
}

export function levelWrites(sql: Sql): LevelWrites {
  const select = byCount(
    sql,
    (places) =>
      `select scope, state from guard_levels where scope in (${places.map((place) => `:scope${place}`)})
       order by scope ${sql.forUpdate}`,
  )
  const insertNew = byCount(
    sql,
    (places) =>
      `insert into guard_levels (scope, state, touched_at) values ${places.map((place) => `(:scope${place}, '', 0)`)}
       on conflict (scope) do nothing`,
  )
  const keep = byCount(
    sql,
    (places) =>
      `insert into guard_levels (scope, state, touched_at)
       values ${places.map((place) => `(:scope${place}, :state${place}, :now)`)}
       on conflict (scope) do update set state = excluded.state, touched_at = excluded.touched_at`,
  )
  const erase = sql.prepare(
    `delete from guard_levels where scope in
       (select scope from guard_levels where touched_at <= :until and scope like :kind
        order by touched_at limit :limit ${sql.skipLocked})`,
  )

  return {
    async takeLevels(scopes) {
      // In one order, new ones before any is held, so that no two transactions wait for each other.
      const ordered = scopes.toSorted()
      const values: Record<string, string> = {}
      for (const [place, scope] of ordered.entries()) values[nameAt('scope', place)] = scope
      const [, rows] = await together(
        sql.forUpdate === '' ? Promise.resolve() : insertNew(scopes.length).run(values),
        select(scopes.length).all(values),
      )
      const found = new Map<string, string>()
      for (const { scope, state } of rows) if (state !== '') found.set(String(scope), String(state))
      return found
    },
    async keepLevels(levels, now) {
      const values: Record<string, string | number> = { now }
      let place = 0
      for (const [scope, state] of levels) {
        values[nameAt('scope', place)] = scope
        values[nameAt('state', place)] = state
        place++
      }
      await keep(levels.size).run(values)
    },
    eraseLevels: (kind, until, limit) => erase.run({ kind: `${kind}:%`, until, limit }),
  }
}

/** One statement for each count of rows. */
function byCount(sql: Sql, textOf: (places: number[]) => string): (count: number) => Statement {
  const prepared: Statement[] = []
  return (count) => {
    prepared[count] ??= sql.prepare(textOf(Array.from({ length: count }, (_, place) => place)))
    return prepared[count]
  }
}

const names = { scope: [] as string[], state: [] as string[] }

/** Made once: a name that is made anew is slow to look up. */
function nameAt(kind: keyof typeof names, place: number): string {
  const ofKind = names[kind]
  ofKind[place] ??= `${kind}${place}`
  return ofKind[place]
}
