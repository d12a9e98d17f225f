import type { DatabaseSync } from 'node:sqlite'
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

/** Parameters go by their places: an object with their names costs as much again as the statement itself. */
function prepare(database: DatabaseSync, text: string): Statement {
  const names = [...text.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const statement = database.prepare(text.replaceAll(/:\w+/g, '?'))
  const inPlaces = (values: Values) => names.map((name) => bound(values[name]))
  return {
    get: async (values = {}) => statement.get(...inPlaces(values)),
    all: async (values = {}) => statement.all(...inPlaces(values)),
    run: async (values = {}) => Number(statement.run(...inPlaces(values)).changes),
  }
}
