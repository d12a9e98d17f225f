import type { Sql, Statement } from './sql.ts'

/** A column that holds what is encrypted with the data keys, and the columns by which a row is found. */
export interface SealedPlace {
  table: string
  key: readonly string[]
  column: string
}

/** What is encrypted, in one row. */
export interface SealedValue {
  key: readonly (string | number)[]
  sealed: Uint8Array
}

export interface SealedReads {
  /** Every place where something encrypted is kept. */
  readonly sealedPlaces: readonly SealedPlace[]
  /** What is in a place, in the order of its keys from just after `after`, `limit` rows at most. */
  sealedValues(place: SealedPlace, after: SealedValue | undefined, limit: number): Promise<SealedValue[]>
}

export interface SealedWrites {
  /** Puts `sealed` in place of a value that has not changed since it was read; answers whether it did. */
  replaceSealed(place: SealedPlace, value: SealedValue, sealed: Uint8Array): Promise<boolean>
}

/** A column whose name ends in `_sealed` stands here: a test holds the schema to it. */
const sealedPlaces: readonly SealedPlace[] = [
  { table: 'runs', key: ['id'], column: 'number_sealed' },
  { table: 'number_orders', key: ['id'], column: 'number_sealed' },
  { table: 'number_orders', key: ['id'], column: 'settings_sealed' },
  { table: 'signing_keys', key: ['signs_from', 'signs_until'], column: 'private_sealed' },
  { table: 'approvals', key: ['id'], column: 'asked_sealed' },
  { table: 'idempotency_keys', key: ['caller', 'key_hash'], column: 'answer_sealed' },
]

export function sealedReads(sql: Sql): SealedReads {
  const page = ({ table, key, column }: SealedPlace, from: string): Statement => {
    const names = key.join(', ')
    return sql.prepare(
      `select ${names}, ${column} as sealed from ${table} where ${column} is not null ${from}
       order by ${names} limit :limit`,
    )
  }
  return {
    sealedPlaces,
    async sealedValues(place, after, limit) {
      const { key } = place
      const from = after ? `and (${key.join(', ')}) > (${key.map((name) => `:${name}`).join(', ')})` : ''
      const rows = await page(place, from).all({ ...keyed(place, after), limit })
      return rows.map(({ sealed, ...row }) => ({ key: key.map((name) => keyPart(row[name])), sealed: bytes(sealed) }))
    },
  }
}

export function sealedWrites(sql: Sql): SealedWrites {
  return {
    async replaceSealed(place, value, sealed) {
      const { table, key, column } = place
      const isRow = key.map((name) => `${name} = :${name}`).join(' and ')
      const replace = sql.prepare(`update ${table} set ${column} = :sealed where ${isRow} and ${column} = :before`)
      return (await replace.run({ ...keyed(place, value), sealed, before: value.sealed })) > 0
    },
  }
}

function keyed({ key }: SealedPlace, value: SealedValue | undefined): Record<string, string | number> {
  return Object.fromEntries((value?.key ?? []).map((part, index) => [key[index] ?? '', part]))
}

function keyPart(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value)
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError('what is sealed is no blob')
}
