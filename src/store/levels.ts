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
  const byCount = (textOf: (places: string[]) => string) => {
    const prepared: Statement[] = []
    return ({ length }: readonly string[]) => {
      prepared[length] ??= sql.prepare(textOf(Array.from({ length }, (_, place) => String(place))))
      return prepared[length]
    }
  }
  const select = byCount(
    (places) =>
      `select scope, state from guard_levels where scope in (${places.map((place) => `:scope${place}`)})
       order by scope ${sql.forUpdate}`,
  )
  const insertNew = byCount(
    (places) =>
      `insert into guard_levels (scope, state, touched_at) values ${places.map((place) => `(:scope${place}, '', 0)`)}
       on conflict (scope) do nothing`,
  )
  const keep = byCount(
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
      const names = named('scope', scopes.toSorted())
      const [, rows] = await together(
        sql.forUpdate === '' ? Promise.resolve() : insertNew(scopes).run(names),
        select(scopes).all(names),
      )
      return new Map(
        rows.map(({ scope, state }) => [String(scope), String(state)] as const).filter(([, state]) => state !== ''),
      )
    },
    async keepLevels(levels, now) {
      const [scopes, states] = [[...levels.keys()], [...levels.values()]]
      await keep(scopes).run({ ...named('scope', scopes), ...named('state', states), now })
    },
    eraseLevels: (kind, until, limit) => erase.run({ kind: `${kind}:%`, until, limit }),
  }
}

function named(name: string, values: readonly string[]): Record<string, string> {
  const named: Record<string, string> = {}
  for (const [place, value] of values.entries()) named[`${name}${place}`] = value
  return named
}
