import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqlite } from '../src/store/sqlite.ts'
import { StoreRefusal } from '../src/store/store.ts'
import { testStore } from './store.suite.ts'
import { someFolder } from './support/folder.ts'

const open = (folder: string) => openSqlite({ path: join(folder, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })

testStore('SQLite', async () => {
  const folder = someFolder()
  const store = open(folder.path)
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      folder[Symbol.dispose]()
    },
  }
})

test('SQLite: a closed store is not ready, may be closed again, and is there at the next opening', async () => {
  using folder = someFolder()
  const store = open(folder.path)
  await store.close()
  await store.close()
  assert.equal(await store.isReady(), false)
  const again = open(folder.path)
  assert.equal(await again.isReady(), true)
  await again.close()
})

test('SQLite: a ledger of a newer program is refused', async () => {
  using folder = someFolder()
  await open(folder.path).close()
  const database = new DatabaseSync(join(folder.path, 'ledger.db'))
  database.exec(`insert into migrations values ('999-later')`)
  database.close()
  assert.throws(
    () => open(folder.path),
    new StoreRefusal('the ledger was written by a newer tollgate (migration 999-later)'),
  )
})

/** UPDATE_SCHEMA=1 writes it anew; what changed in it is reviewed like code. */
test('SQLite: the migrations lead to the schema in src/store/schema.sql', async () => {
  using folder = someFolder()
  await open(folder.path).close()
  const database = new DatabaseSync(join(folder.path, 'ledger.db'), { readOnly: true })
  const objects = database.prepare(
    'select sql from sqlite_master where sql is not null order by tbl_name, type desc, name',
  )
  const schema = objects.all().map(({ sql }) => `${sql};\n`)
  database.close()
  const file = join(import.meta.dirname, '../src/store/schema.sql')
  if (process.env.UPDATE_SCHEMA === '1') writeFileSync(file, schema.join('\n'))
  assert.ok(existsSync(file), 'src/store/schema.sql is missing: run this test with UPDATE_SCHEMA=1')
  assert.equal(readFileSync(file, 'utf8'), schema.join('\n'))
})
