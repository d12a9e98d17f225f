import * as z from 'zod'
import { columnsOf } from './rows.ts'
import type { Sql } from './sql.ts'

/** One administrative or spending action, chained to the one before. */
export interface AuditEntry {
  /** From 1, without gaps. */
  sequence: number
  at: number
  actor: string
  action: string
  subject: string
  /** JSON. */
  details: string
  /** The hash of the entry before; zeros before the first. */
  previous: string
  /** SHA-256, 64 hex digits. */
  hash: string
}

/** Where the audit ends. */
export type AuditHead = Pick<AuditEntry, 'sequence' | 'hash'>

export interface AuditReads {
  auditHead(): Promise<AuditHead | undefined>
  /** Entries behind `sequence`, the first of them first. */
  auditEntries(sequence: number, limit: number): Promise<AuditEntry[]>
}

export interface AuditWrites {
  /** The place of the next entry, which nobody else gets, and the hash of the one before. */
  nextAuditPlace(): Promise<Pick<AuditEntry, 'sequence' | 'previous'>>
  appendAudit(entry: AuditEntry): Promise<void>
}

const row = z.object({
  sequence: z.number(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  details: z.string(),
  previous: z.string(),
  hash: z.string(),
})
const columns = columnsOf(row)
const headRow = row.pick({ sequence: true, hash: true })

export function auditReads(sql: Sql): AuditReads {
  const head = sql.prepare('select sequence, hash from audit_head')
  const entries = sql.prepare(`select ${columns} from audit where sequence > :sequence order by sequence limit :limit`)
  return {
    async auditHead() {
      const found = await head.get()
      return found && headRow.parse(found)
    },
    auditEntries: async (sequence, limit) => (await entries.all({ sequence, limit })).map((found) => row.parse(found)),
  }
}

const nothing = '0'.repeat(64)

export function auditWrites(sql: Sql): AuditWrites {
  const next = sql.prepare(
    `insert into audit_head (name, sequence, hash) values ('audit', 1, '${nothing}')
     on conflict (name) do update set sequence = audit_head.sequence + 1 returning sequence, hash`,
  )
  const insert = sql.prepare(
    `insert into audit (${columns})
     values (:sequence, :at, :actor, :action, :subject, :details, :previous, :hash)`,
  )
  const move = sql.prepare('update audit_head set hash = :hash where sequence = :sequence')
  return {
    async nextAuditPlace() {
      const { sequence, hash: previous } = headRow.parse(await next.get())
      return { sequence, previous }
    },
    async appendAudit(entry) {
      await insert.run({ ...entry })
      await move.run({ hash: entry.hash, sequence: entry.sequence })
    },
  }
}
