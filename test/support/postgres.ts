import { after } from 'node:test'
import pg from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: Promise<PostgresServer> | undefined
let databases = 0

/** The address of a new, empty database on a PostgreSQL that stops with this file of tests. */
export async function newDatabase(): Promise<string> {
  server ??= startPostgres()
  const { url } = await server
  const name = `test${++databases}`
  await query(`${url}/postgres`, `create database ${name}`)
  return `${url}/${name}`
}

after(async () => (await server)?.stop())

/** Runs SQL on a database. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
