import { testStore } from './store.suite.ts'
import { newDatabase } from './support/postgres.ts'
import { openedPostgres } from './support/stores.ts'

testStore('PostgreSQL', async () => {
  const store = await openedPostgres(await newDatabase())
  return { store, [Symbol.asyncDispose]: () => store.close() }
})
