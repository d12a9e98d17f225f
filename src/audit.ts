import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { AuditEntry, AuditHead, Reads, Transaction } from './store/store.ts'

/** What somebody did. No secret, no code and no whole number stands in it. */
export interface Deed {
  at: number
  /** The caller, or `operator:<user>` for a command. */
  actor: string
  action: Action
  /** What it was done to. */
  subject: string
  details?: object
}

export type Action =
  | 'key.created'
  | 'key.rotated'
  | 'key.revoked'
  | 'approval.requested'
  | 'approval.approved'
  | 'approval.denied'
  | 'approval.used'
  | 'policy.loaded'
  | 'test-number.used'
  | 'number.buy'
  | 'number.update'
  | 'number.cancel'
  | 'number.forgotten'
  | 'data-keys.rotated'
  | 'data-keys.resealed'
  | 'data-keys.dropped'
  | 'sends.held'
  | 'sends.released'
  | 'webhooks.replayed'

/** Appends to the audit what the transaction does. The last thing in it: the end of the chain is one row for everybody. */
export async function record(tx: Transaction, { at, actor, action, subject, details = {} }: Deed): Promise<void> {
  const place = await tx.nextAuditPlace()
  const entry = { ...place, at, actor, action, subject, details: canonicalJson(details) }
  await tx.appendAudit({ ...entry, hash: hashOf(entry) })
}

/** SHA-256 of the JSON array of all else that the entry holds, in the order of the ledger's columns. */
function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { sequence, at, actor, action, subject, details, previous } = entry
  const written = JSON.stringify([sequence, at, actor, action, subject, details, previous])
  return createHash('sha256').update(written).digest('hex')
}

/** The audit is not as it was written. The message says where that shows first. */
export class BrokenAudit extends Error {
  override readonly name = 'BrokenAudit'
}

const page = 1000

/** All entries, the first one first. */
export async function* auditTrail(reads: Reads): AsyncGenerator<AuditEntry> {
  let last = 0
  for (;;) {
    const entries = await reads.auditEntries(last, page)
    yield* entries
    const end = entries.at(-1)
    if (!end || entries.length < page) return
    last = end.sequence
  }
}

/**
 * Follows the chain to its head, which is answered; undefined for an audit that has not begun. `kept` is a head of earlier
 * that was kept elsewhere: the chain has to lead through it. Throws a BrokenAudit.
 */
export async function verifyAudit(reads: Reads, kept?: AuditHead): Promise<AuditHead | undefined> {
  // First, because entries may be appended while the chain is followed.
  const head = await reads.auditHead()
  let last: AuditHead = { sequence: 0, hash: '0'.repeat(64) }
  for await (const entry of auditTrail(reads)) {
    const { sequence, hash } = entry
    if (sequence !== last.sequence + 1) throw new BrokenAudit(`entry ${last.sequence + 1} is missing`)
    if (entry.previous !== last.hash) throw new BrokenAudit(`entry ${sequence} does not follow the one before it`)
    if (hash !== hashOf(entry)) throw new BrokenAudit(`entry ${sequence} was changed`)
    if (sequence === kept?.sequence && hash !== kept.hash) {
      throw new BrokenAudit(`entry ${sequence} is not the one whose hash was kept: the chain was written anew`)
    }
    if (sequence === head?.sequence && hash !== head.hash) {
      throw new BrokenAudit(`entry ${sequence} is not the one that the head names`)
    }
    last = { sequence, hash }
  }
  if (!head && last.sequence > 0) throw new BrokenAudit('the head is missing')
  for (const expected of [head, kept]) {
    if (expected && expected.sequence > last.sequence) {
      throw new BrokenAudit(`entries ${last.sequence + 1} to ${expected.sequence} are missing at the end`)
    }
  }
  return head
}
