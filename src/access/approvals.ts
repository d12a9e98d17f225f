import { type Action, record } from '../audit.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { Clock } from '../clock.ts'
import { pageOf, readCursor } from '../cursor.ts'
import { GatewayError } from '../errors.ts'
import type { DataKeys } from '../privacy.ts'
import type { Approval, ApprovalState, Store, Transaction } from '../store/store.ts'
import { type Asked, readAsked } from './asked.ts'
import { type Caller, localCaller } from './caller.ts'

export interface ApprovalParts {
  store: Store
  clock: Clock
  /** Seal what is asked: it names a number. */
  keys: DataKeys
  newId: () => string
  /** What links begin with. */
  address: () => string
}

export interface Wanted {
  operation: string
  caller: Caller
  asked: Asked
  /** The order that is to be made. */
  orderId: string
}

/** An approval as people see it. Times are ISO 8601, amounts euros. */
export type ApprovalView = {
  approval_id: string
  state: ApprovalState | 'expired'
  operation: string
  caller: string
  /** What is asked, in words. */
  asks: string
  input: Record<string, unknown>
  price_now: string
  price_monthly: string
  currency: 'EUR'
  created_at: string
  expires_at: string
  decided_at?: string
  decided_by?: string
  used_at?: string
}

/** What callers may not do by themselves: a person with an admin credential decides, for ten minutes, once. */
export interface Approvals {
  /** Comes back where this very thing was approved, and uses that up. Throws approval_required otherwise. */
  demand(wanted: Wanted): Promise<void>
  /** One that has not expired, to whoever has its address. */
  show(id: string): Promise<ApprovalView>
  /** Throws forbidden for who shows no credential. */
  list(query: ListQuery, by: Pick<Caller, 'id'>): Promise<{ approvals: ApprovalView[]; next_cursor?: string }>
  /** Throws forbidden for who asked or shows no credential, and not_now for what is decided or over. */
  decide(id: string, decision: Decision, approver: Pick<Caller, 'id'>): Promise<ApprovalView>
}

export type Decision = 'approve' | 'deny'

export interface ListQuery {
  state?: ApprovalState | undefined
  cursor?: string | undefined
  limit: number
}

const livesMs = 600_000
/** Of one caller: a person has to read them. */
const mostPending = 20

export function createApprovals(parts: ApprovalParts): Approvals {
  const { store, clock, keys } = parts
  const shown = (approval: Approval) => view(approval, keys, clock.now())

  return {
    async demand(wanted) {
      const { operation, caller, asked } = wanted
      const digest = keys.hash(canonicalJson(['approval', operation, caller.id, asked]))
      const missing = await store.transaction(`approvals of ${caller.id}`, (tx) => useOrAsk(parts, tx, wanted, digest))
      if (missing) throw approvalRequired(parts, shown(missing))
    },

    async show(id) {
      const found = await store.approval(id)
      // Who has the address of one that is over is told nothing of it any more.
      if (!found || found.expiresAt <= clock.now()) throw noSuchApproval()
      return shown(found)
    },

    async list({ state, cursor, limit }, by) {
      demandCredential(by)
      const before = cursor === undefined ? undefined : readCursor(cursor)
      const found = await store.approvals({ state, before, limit: limit + 1 })
      const { page, next } = pageOf(found, { limit, placeOf: (approval) => approval })
      return { approvals: page.map(shown), ...next }
    },

    decide(id, decision, approver) {
      demandCredential(approver)
      return store.transaction(`approval ${id}`, async (tx) => {
        const at = clock.now()
        const found = await tx.approval(id)
        if (!found) throw noSuchApproval()
        if (approver.id === found.caller) throw ofItsOwn()
        const state = decision === 'approve' ? 'approved' : 'denied'
        const decided = await tx.decideApproval(id, { state, by: approver.id, at })
        if (!decided) throw overAlready(shown(found))
        await recordApproval(tx, decided, { action: `approval.${state}`, actor: approver.id, at })
        return shown(decided)
      })
    },
  }
}

/** Undefined where an approval was there and is used now; else the one that is still to be given. */
async function useOrAsk(
  parts: ApprovalParts,
  tx: Transaction,
  { operation, caller, asked, orderId }: Wanted,
  digest: string,
): Promise<Approval | undefined> {
  const { clock, keys, newId } = parts
  const now = clock.now()
  const open = await tx.openApproval(digest, now)
  if (open?.state === 'denied') throw denied(open)
  if (open?.state === 'pending') return open
  const used = open && (await tx.useApproval(open.id, { orderId, at: now }))
  if (used) {
    await recordApproval(tx, used, { action: 'approval.used', actor: caller.id, at: now })
    return undefined
  }
  if ((await tx.pendingApprovals(caller.id, now)) >= mostPending) throw tooMany()
  const approval: Approval = {
    id: newId(),
    caller: caller.id,
    operation,
    digest,
    askedSealed: keys.seal(JSON.stringify(asked)),
    state: 'pending',
    createdAt: now,
    expiresAt: now + livesMs,
  }
  await tx.insertApproval(approval)
  await recordApproval(tx, approval, { action: 'approval.requested', actor: caller.id, at: now })
  return approval
}

function recordApproval(
  tx: Transaction,
  { id, caller, operation, orderId }: Approval,
  deed: { action: Action; actor: string; at: number },
): Promise<void> {
  return record(tx, { ...deed, subject: id, details: { caller, operation, order: orderId } })
}

function view(approval: Approval, keys: DataKeys, now: number): ApprovalView {
  const { id, operation, caller, state, createdAt, expiresAt, decidedAt, decidedBy, usedAt } = approval
  const { question, input, priceNow, priceMonthly } = askedOf(approval, keys)
  const isOver = expiresAt <= now && state !== 'used' && state !== 'denied'
  return {
    approval_id: id,
    state: isOver ? 'expired' : state,
    operation,
    caller,
    asks: question,
    input,
    price_now: priceNow,
    price_monthly: priceMonthly,
    currency: 'EUR',
    created_at: iso(createdAt),
    expires_at: iso(expiresAt),
    ...(decidedAt !== undefined && { decided_at: iso(decidedAt) }),
    ...(decidedBy !== undefined && { decided_by: decidedBy }),
    ...(usedAt !== undefined && { used_at: iso(usedAt) }),
  }
}

function askedOf({ askedSealed }: Approval, keys: DataKeys): Asked {
  if (askedSealed) return readAsked(keys.open(askedSealed))
  return { question: '**', input: {}, priceNow: '**', priceMonthly: '**' }
}

function approvalRequired({ address }: ApprovalParts, wanted: ApprovalView): GatewayError {
  const { approval_id, asks, price_now, price_monthly, currency, expires_at } = wanted
  const url = `${address()}/approvals/${approval_id}`
  const detail = `A person with an admin key has to approve this at ${url} first: ${asks}`
  const approval = { approval_id, url, asks, price_now, price_monthly, currency, expires_at }
  return new GatewayError('approval_required', detail, { approval })
}

function denied({ expiresAt }: Approval): GatewayError {
  return new GatewayError('forbidden', `This was denied by a person; it may be asked again from ${iso(expiresAt)} on.`)
}

function tooMany(): GatewayError {
  const detail = `This caller waits for ${mostPending} approvals already.`
  return new GatewayError('quota_exceeded', detail, { retry_after_seconds: livesMs / 1000 })
}

function noSuchApproval(): GatewayError {
  return new GatewayError('not_found', 'There is no approval with this id.')
}

function ofItsOwn(): GatewayError {
  return new GatewayError('forbidden', 'Nobody decides on what they have asked for themselves.')
}

function overAlready({ state }: ApprovalView): GatewayError {
  return new GatewayError('not_now', `This approval is ${state}, and can’t be decided any more.`)
}

/** Without keys nobody is told from who asks. */
function demandCredential({ id }: Pick<Caller, 'id'>): void {
  if (id !== localCaller.id) return
  const detail =
    'Only an admin key decides: tollgate keys create --scopes admin. In a sandbox without keys, tollgate approvals does.'
  throw new GatewayError('forbidden', detail)
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
