import { readFileSync } from 'node:fs'

/** In the order they run. A migration that has landed never changes; a new one is added at the end. */
const names = ['001-ledger', '002-checks', '004-idempotency', '005-days', '006-lost-effects']

export const migrations = names.map((name) => ({
  name,
  sql: readFileSync(new URL(`./migrations/sqlite/${name}.sql`, import.meta.url), 'utf8'),
}))
