import pg from 'pg'
import { Unavailable } from '../errors.ts'
import { StoreRefusal } from './store.ts'

/** Connection lost, transaction rolled back for others, resources used up, server stopping, statement taking too long. */
const passing = /^(08|40|53|57)/

/** For `catch`: what is no fault of a statement, such as a lost connection, may be over at the next attempt. */
export function unavailable(error: unknown): never {
  if (error instanceof pg.DatabaseError && !passing.test(error.code ?? '')) throw error
  throw new Unavailable('the database does not answer', { cause: error })
}

/** What the server or the way to it says against opening, in one line without the address; a refusal stays as it is. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof StoreRefusal || !(error instanceof Error)) return error
  const reason = error.message || ('code' in error ? error.code : error.name)
  const advice = 'set DATABASE_URL to a PostgreSQL that answers'
  return new StoreRefusal(`the ledger cannot be opened (${reason}): ${advice}`, { cause: error })
}
