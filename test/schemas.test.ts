import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqlite } from '../src/store/sqlite.ts'
import { someFolder } from './support/folder.ts'
import { newDatabase, query } from './support/postgres.ts'
import { openedPostgres } from './support/stores.ts'

/** `table.column`, with `?` where it may be null. */
const shown = ({ table, column, nullable }: Record<string, unknown>) => `${table}.${column}${nullable ? '?' : ''}`

async function sqliteColumns(): Promise<string[]> {
  using folder = someFolder()
  const path = join(folder.path, 'ledger.db')
  await openSqlite({ path, mode: 'sandbox', keyCheck: 'keys' }).close()
  const database = new DatabaseSync(path, { readOnly: true })
  const columns = database.prepare(
    `select t.name as "table", c.name as "column", c."notnull" = 0 and c.pk = 0 as nullable
     from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table'`,
  )
  const found = columns.all().map(shown).sort()
  database.close()
  return found
}

async function postgresColumns(): Promise<string[]> {
  const url = await newDatabase()
  await (await openedPostgres(url)).close()
  const columns = await query(
    url,
    `select table_name as "table", column_name as "column", is_nullable = 'YES' as nullable
     from information_schema.columns where table_schema = 'public'`,
  )
  return columns.map(shown).sort()
}

test('everything that is sealed is known to those who seal it anew', async () => {
  using folder = someFolder()
  const store = openSqlite({ path: join(folder.path, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })
  const places = store.sealedPlaces.map(({ table, column }) => `${table}.${column}`)
  await store.close()
  const sealed = (await sqliteColumns())
    .map((column) => column.replace('?', ''))
    .filter((name) => /_sealed$/.test(name))
  assert.deepEqual(places.sort(), sealed)
})

test('both engines have the same tables and columns', async () => {
  const own = new Set(['migrations.contracts'])
  const postgres = (await postgresColumns()).filter((column) => !own.has(column))
  assert.deepEqual(postgres, await sqliteColumns())
})
