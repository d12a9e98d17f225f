import { after } from 'node:test'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

export { query } from './postgres-server.ts'

let server: Promise<PostgresServer> | undefined
let databases = 0

/** The address of a new, empty database on a PostgreSQL that stops with this file of tests. */
export async function newDatabase(): Promise<string> {
  server ??= startPostgres()
  const { url, createDatabase } = await server
  const name = `test${++databases}`
  await createDatabase(name)
  return `${url}/${name}`
}

after(async () => (await server)?.stop())
