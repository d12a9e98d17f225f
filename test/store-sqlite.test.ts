import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqlite } from '../src/store/sqlite.ts'
import { StoreRefusal } from '../src/store/store.ts'
import { testStore } from './store.suite.ts'
import { someFolder } from './support/folder.ts'
import { insert, someRun } from './support/ledger-samples.ts'

const open = (folder: string) => openSqlite({ path: join(folder, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })

async function serving(folder: string) {
  const store = open(folder)
  return { store, [Symbol.asyncDispose]: () => store.close() }
}

testStore('SQLite', async () => {
  const folder = someFolder()
  const opened = await serving(folder.path)
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened.store.close()
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
  await assert.rejects(store.transaction('late', async () => {}))
  const again = open(folder.path)
  assert.equal(await again.isReady(), true)
  await again.close()
})

/** How often something was committed: pages of the write-ahead log that end a commit say how many pages there are then. */
function commits(folder: string): number {
  const log = readFileSync(join(folder, 'ledger.db-wal'))
  const frameBytes = 24 + log.readUInt32BE(8)
  let found = 0
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) if (log.readUInt32BE(at + 4) > 0) found += 1
  return found
}

test('SQLite: transactions that wait at the same time share one commit, and one that fails is undone alone', async () => {
  using folder = someFolder()
  await using opened = await serving(folder.path)
  const { store } = opened
  await insert(store)
  const before = commits(folder.path)
  const runs = Array.from({ length: 20 }, () => someRun())
  const [failed, ...done] = await Promise.allSettled([
    store.transaction('broken', async (tx) => {
      await tx.insertRun(someRun({ id: 'half' }))
      throw new Error('broken')
    }),
    ...runs.map((run) => store.transaction(run.numberHash, (tx) => tx.insertRun(run))),
  ])
  assert.equal(failed.status, 'rejected')
  assert.ok(done.every(({ status }) => status === 'fulfilled'))
  assert.equal(commits(folder.path), before + 1)
  assert.equal(await store.run('half'), undefined)
  for (const { id } of runs) assert.equal((await store.run(id))?.id, id)
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
test('SQLite: the migrations lead to the schema in src/store/sqlite-schema.sql', async () => {
  using folder = someFolder()
  await open(folder.path).close()
  const database = new DatabaseSync(join(folder.path, 'ledger.db'), { readOnly: true })
  const objects = database.prepare(
    'select sql from sqlite_master where sql is not null order by tbl_name, type desc, name',
  )
  const schema = objects.all().map(({ sql }) => `${sql};\n`)
  database.close()
  const file = join(import.meta.dirname, '../src/store/sqlite-schema.sql')
  if (process.env.UPDATE_SCHEMA === '1') writeFileSync(file, schema.join('\n'))
  assert.ok(existsSync(file), 'src/store/sqlite-schema.sql is missing: run this test with UPDATE_SCHEMA=1')
  assert.equal(readFileSync(file, 'utf8'), schema.join('\n'))
})
