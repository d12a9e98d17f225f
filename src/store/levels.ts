import type { Sql, Statement } from './sql.ts'

/** What the guard knows of scopes, by their names; how it is written is the guard's own. */
export interface LevelWrites {
  /** What is known of these scopes; nobody else has them until the transaction ends. */
  takeLevels(scopes: readonly string[]): Promise<Map<string, string>>
  keepLevels(levels: ReadonlyMap<string, string>, now: number): Promise<void>
  /** Erases what was touched by `until` the last time, `limit` at most, of scopes of one kind; answers how many. */
  eraseLevels(kind: string, until: number, limit: number): Promise<number>
}

/** A message has five scopes at most. */
const mostScopes = 5

export function levelWrites(sql: Sql): LevelWrites {
  const byCount = (textOf: (names: string[]) => string) =>
    Array.from({ length: mostScopes + 1 }, (_, count) => {
      const places = Array.from({ length: count }, (_, place) => String(place))
      return count === 0 ? undefined : sql.prepare(textOf(places))
    })
  // In one order, so that no two transactions wait for each other.
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

  async function found(scopes: readonly string[]): Promise<Map<string, string>> {
    const rows = await of(select, scopes).all(named('scope', scopes))
    return new Map(rows.map(({ scope, state }) => [String(scope), String(state)] as const).filter(([, state]) => state))
  }

  return {
    async takeLevels(scopes) {
      const held = await found(scopes)
      const missing = scopes.filter((scope) => !held.has(scope)).toSorted()
      if (missing.length === 0 || sql.forUpdate === '') return held
      // Of two who meet a new scope one waits for the other.
      await of(insertNew, missing).run(named('scope', missing))
      return new Map([...held, ...(await found(missing))])
    },
    async keepLevels(levels, now) {
      const [scopes, states] = [[...levels.keys()], [...levels.values()]]
      await of(keep, scopes).run({ ...named('scope', scopes), ...named('state', states), now })
    },
    eraseLevels: (kind, until, limit) => erase.run({ kind: `${kind}:%`, until, limit }),
  }
}

function of(statements: (Statement | undefined)[], scopes: readonly string[]): Statement {
  const statement = statements[scopes.length]
  if (!statement) throw new RangeError(`a message has 1 to ${mostScopes} scopes, and not ${scopes.length}`)
  return statement
}

function named(name: string, values: readonly string[]): Record<string, string> {
  const named: Record<string, string> = {}
  for (const [place, value] of values.entries()) named[`${name}${place}`] = value
  return named
}
