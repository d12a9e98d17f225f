import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Sql, Statement, Values } from './sql.ts'

/** The statements of one SQLite connection. */
export function sqliteSql(database: DatabaseSync): Sql {
  const prepared = new Map<string, Statement>()
  return {
    skipLocked: '',
    prepare(text) {
      const known = prepared.get(text)
      const statement = known ?? prepare(database, text)
      if (!known) prepared.set(text, statement)
      return statement
    },
  }
}

function prepare(database: DatabaseSync, text: string): Statement {
  const statement = database.prepare(text)
  const names = [...text.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const bound = (values: Values): Record<string, SQLInputValue> =>
    Object.fromEntries(names.map((name) => [name, values[name] ?? null]))
  return {
    get: async (values = {}) => statement.get(bound(values)),
    all: async (values = {}) => statement.all(bound(values)),
    run: async (values = {}) => Number(statement.run(bound(values)).changes),
  }
}
