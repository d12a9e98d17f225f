import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unavailable } from '../src/errors.ts'
import { testStore } from './store.suite.ts'
import { startFreezingProxy } from './support/freezing-proxy.ts'
import { newDatabase, query } from './support/postgres.ts'
import { openedPostgres } from './support/stores.ts'

testStore('PostgreSQL', async () => {
  const store = await openedPostgres(await newDatabase())
  return { store, [Symbol.asyncDispose]: () => store.close() }
})

test('PostgreSQL: a connection that breaks in the middle of a transaction fails that one alone', async () => {
  const url = await newDatabase()
  const store = await openedPostgres(url)
  const broken = store.transaction('test', async (tx) => {
    await tx.sentOnDay(0)
    await query(url, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tollgate'`)
    await tx.sentOnDay(0)
  })
  await assert.rejects(broken, Unavailable)
  assert.equal((await store.transaction('test', (tx) => tx.sentOnDay(0))).sends, 0)
  await store.close()
})

test('PostgreSQL: of two transactions that wait for each other one is undone, and may be tried again', async () => {
  const store = await openedPostgres(await newDatabase())
  const both = Promise.withResolvers<void>()
  let waiting = 2
  const inOrder = (...scopes: string[]) =>
    store.transaction(scopes.join(), async (tx) => {
      await tx.takeLevels(scopes.slice(0, 1))
      waiting -= 1
      if (waiting === 0) both.resolve()
      await both.promise
      await tx.takeLevels(scopes.slice(1))
    })
  const ends = await Promise.allSettled([inOrder('one', 'other'), inOrder('other', 'one')])
  const reasons = ends.map((end) => (end.status === 'rejected' ? end.reason : undefined))
  assert.deepEqual(
    reasons.map((reason) => reason instanceof Unavailable).sort(),
    [false, true],
    `one is undone: ${reasons}`,
  )
  await inOrder('one', 'other')
  await store.close()
})

test('PostgreSQL: a database that hangs is given up, and used again when it answers', async () => {
  const url = await newDatabase()
  await using way = await startFreezingProxy(new URL(url))
  const store = await openedPostgres(way.url.href, { answerWithinMs: 300 })
  const count = () => store.transaction('test', (tx) => tx.sentOnDay(0))
  const connected = Array.from({ length: 3 }, (_, about) => store.transaction(String(about), (tx) => tx.sentOnDay(0)))
  await Promise.all(connected)
  way.freeze()
  await Promise.all([
    assert.rejects(count(), Unavailable),
    assert.rejects(store.verification('0'), Unavailable),
    assert.rejects(store.isReady()),
  ])
  way.thaw()
  assert.equal((await count()).sends, 0)
  await store.close()
})
