import type { DatabaseSync } from 'node:sqlite'
import { bound, type Row, type Sql, type Statement, type Values } from './sql.ts'

/** The statements of one SQLite connection. */
export function sqliteSql(database: DatabaseSync): Sql {
  const prepared = new Map<string, Statement>()
  return {
    skipLocked: '',
    forUpdate: '',
    prepare(text) {
      const known = prepared.get(text)
      const statement = known ?? prepare(database, text)
      if (!known) prepared.set(text, statement)
      return statement
    },
  }
}

/**
 * Parameters go by their places: an object with their names costs as much again as the statement itself. Rows come as
 * arrays: the objects that SQLite makes of them are slow to read, which costs more than the statement does.
 */
function prepare(database: DatabaseSync, text: string): Statement {
  const names = [...text.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const statement = database.prepare(text.replaceAll(/:\w+/g, '?'))
  statement.setReturnArrays(true)
  const columns = statement.columns().map(({ name }) => name)
  const inPlaces = (values: Values) => names.map((name) => bound(values[name]))
  return {
    async get(values = {}) {
      const found = statement.get(...inPlaces(values))
      return found && toRow(columns, found)
    },
    all: async (values = {}) => statement.all(...inPlaces(values)).map((found) => toRow(columns, found)),
    run: async (values = {}) => Number(statement.run(...inPlaces(values)).changes),
  }
}

function toRow(columns: readonly string[], values: Readonly<Record<number, unknown>>): Row {
  const row: Row = {}
  for (const [index, column] of columns.entries()) row[column] = values[index]
  return row
}
