import type { Sql } from './sql.ts'

/** What the guard knows of scopes, by their names; how it is written is the guard's own. */
export interface LevelWrites {
  /** What is known of these scopes; nobody else has them until the transaction ends. */
  takeLevels(scopes: readonly string[]): Promise<Map<string, string>>
  keepLevels(levels: ReadonlyMap<string, string>, now: number): Promise<void>
  /** Erases what was touched by `until` the last time, `limit` at most, of scopes that begin so; answers how many. */
  eraseLevels(kinds: readonly string[], until: number, limit: number): Promise<number>
}

export function levelWrites(sql: Sql): LevelWrites {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `:scope${index}`)
  const valuesOf = (scopes: readonly string[]) =>
    Object.fromEntries(scopes.map((scope, index) => [`scope${index}`, scope]))

  async function found(scopes: readonly string[]): Promise<Map<string, string>> {
    // In one order, so that no two transactions wait for each other.
    const select = sql.prepare(
      `select scope, state from guard_levels where scope in (${names(scopes.length)}) order by scope ${sql.forUpdate}`,
    )
    const rows = await select.all(valuesOf(scopes))
    return new Map(rows.map(({ scope, state }) => [String(scope), String(state)] as const).filter(([, state]) => state))
  }

  return {
    async takeLevels(scopes) {
      const held = await found(scopes)
      const missing = scopes.filter((scope) => !held.has(scope)).toSorted()
      if (missing.length === 0 || sql.forUpdate === '') return held
      // Of two who meet a new scope one waits for the other.
      const rows = names(missing.length).map((name) => `(${name}, '', 0)`)
      const insert = sql.prepare(
        `insert into guard_levels (scope, state, touched_at) values ${rows} on conflict (scope) do nothing`,
      )
      await insert.run(valuesOf(missing))
      return new Map([...held, ...(await found(missing))])
    },
    async keepLevels(levels, now) {
      const rows = [...levels.keys()].map((_, index) => `(:scope${index}, :state${index}, :now)`)
      const keep = sql.prepare(
        `insert into guard_levels (scope, state, touched_at) values ${rows}
         on conflict (scope) do update set state = excluded.state, touched_at = excluded.touched_at`,
      )
      const entries = [...levels].flatMap(([scope, state], index) => [
        [`scope${index}`, scope],
        [`state${index}`, state],
      ])
      await keep.run({ ...Object.fromEntries(entries), now })
    },
    async eraseLevels(kinds, until, limit) {
      const begins = kinds.map((_, index) => `scope like :scope${index}`).join(' or ')
      const erase = sql.prepare(
        `delete from guard_levels where scope in
           (select scope from guard_levels where touched_at <= :until and (${begins})
            order by touched_at limit :limit ${sql.skipLocked})`,
      )
      return erase.run({ ...valuesOf(kinds.map((kind) => `${kind}:%`)), until, limit })
    },
  }
}
