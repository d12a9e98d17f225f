import type { ClientBase, Pool } from 'pg'
import { unavailable } from './postgres-errors.ts'
import { bound, type Sql, type Statement, type Values } from './sql.ts'

interface Prepared {
  name: string
  text: string
  parameters: string[]
}

const prepared = new Map<string, Prepared>()

/** PostgreSQL numbers its parameters; the name makes it parse and plan the text once a connection. */
function prepare(text: string): Prepared {
  const known = prepared.get(text)
  if (known) return known
  const parameters = [...new Set([...text.matchAll(/:(\w+)/g)].map(([, name = '']) => name))]
  const numbered = text.replaceAll(/:(\w+)/g, (_, name) => `$${parameters.indexOf(name) + 1}`)
  const made = { name: `s${prepared.size}`, text: numbered, parameters }
  prepared.set(text, made)
  return made
}

/** The statements of one connection, or of whichever is free. */
export function postgresSql(connection: ClientBase | Pool): Sql {
  return {
    skipLocked: 'for update skip locked',
    forUpdate: 'for update',
    prepare(sql): Statement {
      const { name, text, parameters } = prepare(sql)
      const query = (values: Values) =>
        connection
          .query({ name, text, values: parameters.map((parameter) => bound(values[parameter])) })
          .catch(unavailable)
      return {
        get: async (values = {}) => (await query(values)).rows[0],
        all: async (values = {}) => (await query(values)).rows,
        run: async (values = {}) => (await query(values)).rowCount ?? 0,
      }
    },
  }
}
