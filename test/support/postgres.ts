import { after } from 'node:test'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

export { query } from './postgres-server.ts'

let server: Promise<PostgresServer> | undefined
let databases = 0

/** The address of a new, empty database, on a PostgreSQL that stops with this file of tests unless another is given. */
export async function newDatabase(on?: PostgresServer): Promise<string> {
  const { url, createDatabase } = on ?? (await ours())
  const name = `test${++databases}`
  await createDatabase(name)
  return `${url}/${name}`
}

function ours(): Promise<PostgresServer> {
  server ??= startPostgres()
  return server
}

after(async () => (await server)?.stop())
