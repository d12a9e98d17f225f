import { readCursor, writeCursor } from '../cursor.ts'
import type { Decision, ListedDecision, Store } from '../store/store.ts'
import { contextMembers } from './context.ts'

/** What the guard said to the messages that were asked for. */
export interface Decisions {
  list(query: ListQuery): Promise<{ decisions: DecisionView[]; next_cursor?: string }>
}

interface ListQuery {
  answer?: Decision['answer'] | undefined
  rule?: string | undefined
  country?: string | undefined
  prefix?: string | undefined
  caller?: string | undefined
  /** ISO 8601. */
  since?: string | undefined
  until?: string | undefined
  cursor?: string | undefined
  limit: number
}

/** A decision as people see it. Times are ISO 8601. */
type DecisionView = ReturnType<typeof view>

export function createDecisions(store: Store): Decisions {
  return {
    async list({ cursor, limit, ...query }) {
      const before = cursor === undefined ? undefined : readCursor(cursor)
      const [since, until] = [query.since, query.until].map((time) => (time === undefined ? time : Date.parse(time)))
      const found = await store.decisions({ ...query, since, until, before, limit: limit + 1 })
      const page = found.slice(0, limit)
      const last = page.at(-1)
      const next = found.length > limit && last && { next_cursor: writeCursor({ createdAt: last.at, id: last.id }) }
      return { decisions: page.map(view), ...next }
    },
  }
}

function view(decision: ListedDecision) {
  const { id, at, kind, caller, verificationId, state, prefix, country, lineType, channels } = decision
  const {
    ipHash,
    sessionHash,
    accountHash,
    deviceHash,
    inLane,
    messages,
    answer,
    would,
    rule,
    observed,
    bound,
    policy,
  } = decision
  const told = { ip: ipHash, session_id: sessionHash, account_id: accountHash, device_id: deviceHash }
  return {
    decision_id: id,
    at: new Date(at).toISOString(),
    kind,
    caller,
    ...(verificationId !== undefined && { request_id: verificationId }),
    ...(state !== undefined && { state }),
    prefix,
    ...(country !== undefined && { country }),
    line_type: lineType,
    channels,
    context: contextMembers.filter((member) => told[member] !== undefined),
    in_lane: inLane,
    messages,
    answer,
    ...(would !== undefined && { would }),
    ...(rule !== undefined && { rule }),
    ...(observed !== undefined && { observed }),
    ...(bound !== undefined && { limit: bound }),
    policy,
  }
}
