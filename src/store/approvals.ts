import * as z from 'zod'
import { columnsOf } from './rows.ts'
import type { Row, Sql } from './sql.ts'

/** What a caller wants to spend or to change, for a person to decide. */
export interface Approval {
  id: string
  caller: string
  operation: string
  /** Keyed hash of the operation, the caller, the exact arguments and the price. */
  digest: string
  /** JSON of what is asked, encrypted; absent once it is erased. */
  askedSealed?: Uint8Array | undefined
  state: ApprovalState
  createdAt: number
  expiresAt: number
  decidedBy?: string | undefined
  decidedAt?: number | undefined
  /** The order that it was used for. */
  orderId?: string | undefined
  usedAt?: number | undefined
}

export type ApprovalState = 'pending' | 'approved' | 'denied' | 'used'

export interface ApprovalQuery {
  state?: ApprovalState | undefined
  before?: { createdAt: number; id: string } | undefined
  limit: number
}

export interface ApprovalReads {
  approval(id: string): Promise<Approval | undefined>
  /** The newest first, from just after `before`. */
  approvals(query: ApprovalQuery): Promise<Approval[]>
}

export interface ApprovalWrites {
  insertApproval(approval: Approval): Promise<void>
  /** The newest with this digest that has not expired and is not used. */
  openApproval(digest: string, now: number): Promise<Approval | undefined>
  /** How many of a caller's are pending and have not expired. */
  pendingApprovals(caller: string, now: number): Promise<number>
  /** Decides one that is pending and has not expired; undefined where it is not. */
  decideApproval(
    id: string,
    decision: { state: 'approved' | 'denied'; by: string; at: number },
  ): Promise<Approval | undefined>
  /** Erases what was asked in those that had expired by `expiredBy`, `limit` at most; answers how many. */
  eraseAsked(expiredBy: number, limit: number): Promise<number>
  /** Uses up one that is approved and has not expired; undefined where it is not. */
  useApproval(id: string, use: { orderId: string; at: number }): Promise<Approval | undefined>
}

const row = z.object({
  id: z.string(),
  caller: z.string(),
  operation: z.string(),
  digest: z.string(),
  asked_sealed: z.nullable(z.instanceof(Uint8Array)),
  state: z.enum(['pending', 'approved', 'denied', 'used']),
  created_at: z.number(),
  expires_at: z.number(),
  decided_by: z.nullable(z.string()),
  decided_at: z.nullable(z.number()),
  order_id: z.nullable(z.string()),
  used_at: z.nullable(z.number()),
})
const columns = columnsOf(row)

const approval = row.transform(
  (columns): Approval => ({
    id: columns.id,
    caller: columns.caller,
    operation: columns.operation,
    digest: columns.digest,
    askedSealed: columns.asked_sealed ?? undefined,
    state: columns.state,
    createdAt: columns.created_at,
    expiresAt: columns.expires_at,
    decidedBy: columns.decided_by ?? undefined,
    decidedAt: columns.decided_at ?? undefined,
    orderId: columns.order_id ?? undefined,
    usedAt: columns.used_at ?? undefined,
  }),
)
const toApproval = (found: Row | undefined) => found && approval.parse(found)

export function approvalReads(sql: Sql): ApprovalReads {
  const byId = sql.prepare(`select ${columns} from approvals where id = :id`)
  const newest = sql.prepare(
    `select ${columns} from approvals
     where state = coalesce(:state, state) and (created_at, id) < (:createdAt, :id)
     order by created_at desc, id desc limit :limit`,
  )
  return {
    approval: async (id) => toApproval(await byId.get({ id })),
    async approvals({ state, before, limit }) {
      const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
      return (await newest.all({ state, createdAt, id, limit })).map((found) => approval.parse(found))
    },
  }
}

export function approvalWrites(sql: Sql): ApprovalWrites {
  const insert = sql.prepare(
    `insert into approvals (id, caller, operation, digest, asked_sealed, state, created_at, expires_at)
     values (:id, :caller, :operation, :digest, :askedSealed, :state, :createdAt, :expiresAt)`,
  )
  const open = sql.prepare(
    `select ${columns} from approvals where digest = :digest and expires_at > :now and state <> 'used'
     order by created_at desc, id desc limit 1`,
  )
  const pending = sql.prepare(
    `select count(*) as count from approvals where caller = :caller and expires_at > :now and state = 'pending'`,
  )
  const decide = sql.prepare(
    `update approvals set state = :state, decided_by = :by, decided_at = :at
     where id = :id and state = 'pending' and expires_at > :at returning ${columns}`,
  )
  const erase = sql.prepare(
    `update approvals set asked_sealed = null where id in
       (select id from approvals where asked_sealed is not null and expires_at <= :expiredBy
        order by expires_at limit :limit ${sql.skipLocked})`,
  )
  const use = sql.prepare(
    `update approvals set state = 'used', order_id = :orderId, used_at = :at
     where id = :id and state = 'approved' and expires_at > :at returning ${columns}`,
  )
  return {
    async insertApproval({ id, caller, operation, digest, askedSealed, state, createdAt, expiresAt }) {
      await insert.run({ id, caller, operation, digest, askedSealed, state, createdAt, expiresAt })
    },
    openApproval: async (digest, now) => toApproval(await open.get({ digest, now })),
    pendingApprovals: async (caller, now) => Number((await pending.get({ caller, now }))?.count),
    decideApproval: async (id, decision) => toApproval(await decide.get({ id, ...decision })),
    eraseAsked: (expiredBy, limit) => erase.run({ expiredBy, limit }),
    useApproval: async (id, { orderId, at }) => toApproval(await use.get({ id, orderId, at })),
  }
}
