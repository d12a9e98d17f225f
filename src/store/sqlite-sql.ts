import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { bound, type Sql, type Statement, type Values } from './sql.ts'

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
  const named = (values: Values): Record<string, SQLInputValue> =>
    Object.fromEntries(names.map((name) => [name, bound(values[name])]))
  return {
    get: async (values = {}) => statement.get(named(values)),
    all: async (values = {}) => statement.all(named(values)),
    run: async (values = {}) => Number(statement.run(named(values)).changes),
  }
}
