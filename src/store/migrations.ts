import { readFileSync } from 'node:fs'

/**
 * In the order they run. A migration that has landed never changes; a new one is added at the end, for each engine. One
 * that adds to PostgreSQL's schema leaves the version before it working; one that takes away comes a version later and
 * says so (`contracts`).
 */
const sqliteNames = [
  '001-ledger',
  '002-checks',
  '004-idempotency',
  '005-days',
  '006-lost-effects',
  '007-webhooks',
  '008-tokens',
  '009-erasure',
  '010-nodes',
  '011-api-keys',
  '012-audit',
  '013-approvals',
  '014-decisions',
  '015-known-people',
  '016-alerts',
  '017-costs',
  '018-budgets',
]

const postgresNames: { name: string; contracts?: true }[] = [
  { name: '005-ledger' },
  { name: '006-lost-effects' },
  { name: '007-webhooks' },
  { name: '008-tokens' },
  { name: '009-erasure' },
  { name: '010-nodes' },
  { name: '011-api-keys' },
  { name: '012-audit' },
  { name: '013-approvals' },
  { name: '014-decisions' },
  { name: '015-known-people' },
  { name: '016-alerts' },
  { name: '017-costs' },
  { name: '018-budgets' },
]

export const sqliteMigrations = sqliteNames.map((name) => ({ name, sql: read(`sqlite/${name}.sql`) }))

export const postgresMigrations = postgresNames.map(({ name, contracts = false }) => ({
  name,
  contracts,
  sql: read(`postgres/${name}.sql`),
}))

function read(file: string): string {
  return readFileSync(new URL(`./migrations/${file}`, import.meta.url), 'utf8')
}
