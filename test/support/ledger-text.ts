import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { query } from './postgres.ts'

/** All that a ledger holds: each table's rows as text, bytes as what they would be as characters. */
export async function ledgerText(env: Record<string, string>): Promise<Record<string, string[]>> {
  const { DATABASE_URL: url, TOLLGATE_DATA_DIR: folder = '' } = env
  if (url !== undefined)
    return textOf((sql) => query(url, sql), "select tablename as name from pg_tables where schemaname = 'public'")
  using database = new DatabaseSync(join(folder, 'ledger.db'), { readOnly: true })
  return await textOf(async (sql) => database.prepare(sql).all(), "select name from sqlite_master where type = 'table'")
}

type Query = (sql: string) => Promise<Record<string, unknown>[]>

async function textOf(query: Query, tables: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const { name } of await query(tables)) {
    const rows = await query(`select * from ${name}`)
    found[String(name)] = rows.map((row) => Object.values(row).map(shown).join(' | '))
  }
  return found
}

function shown(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
}
