/** What the statements of the ledger need of an engine. Their SQL is written once, in what the engines have in common. */
export interface Sql {
  /** A statement whose parameters are written `:name`. The same text gives the same statement. */
  prepare(text: string): Statement
  /** Ends a `select` that passes over rows which another node is changing; empty where there is no other node. */
  readonly skipLocked: string
  /** Ends a `select` whose rows nobody else may change until the transaction ends; empty where there is no other node. */
  readonly forUpdate: string
}

/** `values` by name; what is undefined is null, and a boolean is 1 or 0. */
export interface Statement {
  get(values?: Values): Promise<Row | undefined>
  all(values?: Values): Promise<Row[]>
  /** How many rows it changed. */
  run(values?: Values): Promise<number>
}

export type Values = Readonly<Record<string, Value>>
export type Value = string | number | boolean | Uint8Array | null | undefined
export type Row = Record<string, unknown>

/** A value as every engine takes it. */
export function bound(value: Value): Exclude<Value, boolean | undefined> {
  return typeof value === 'boolean' ? Number(value) : (value ?? null)
}
