import type { Clock } from '../clock.ts'
import { pageOf, readCursor } from '../cursor.ts'
import { inEuros } from '../money.ts'
import type { Conversion, ConversionQuery, Decision, ListedDecision, Store } from '../store/store.ts'
import { dayMs } from '../utc.ts'
import { contextMembers } from './context.ts'

/** What the guard said to the messages that were asked for. */
export interface Decisions {
  list(query: ListQuery): Promise<{ decisions: DecisionView[]; next_cursor?: string }>
  /** What the messages that were let through have come to. */
  conversion(query: ConversionAsked): Promise<ConversionView>
}

interface ConversionAsked extends Pick<ConversionQuery, 'by' | 'country' | 'prefix' | 'caller' | 'limit'> {
  /** ISO 8601; a day before `until` unless given. */
  since?: string | undefined
  /** Now unless given. */
  until?: string | undefined
}

type ConversionView = {
  by: ConversionQuery['by']
  since: string
  until: string
  groups: { name: string; requested: number; verified: number; pending: number; conversion?: number }[]
}

interface ListQuery {
  answer?: Decision['answer'] | undefined
  would?: Decision['would']
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

export function createDecisions(store: Store, clock: Clock): Decisions {
  return {
    async conversion({ by, ...query }) {
      const until = query.until === undefined ? clock.now() : Date.parse(query.until)
      const since = query.since === undefined ? until - dayMs : Date.parse(query.since)
      const found = await store.conversion({ ...query, by, since, until })
      const groups = found.map((group) => shown(group, by))
      return { by, since: new Date(since).toISOString(), until: new Date(until).toISOString(), groups }
    },
    async list({ cursor, limit, ...query }) {
      const before = cursor === undefined ? undefined : readCursor(cursor)
      const [since, until] = [query.since, query.until].map((time) => (time === undefined ? time : Date.parse(time)))
      const found = await store.decisions({ ...query, since, until, before, limit: limit + 1 })
      const { page, next } = pageOf(found, { limit, placeOf: ({ at, id }) => ({ createdAt: at, id }) })
      return { decisions: page.map(view), ...next }
    },
  }
}

/** What is pending says nothing yet. */
function shown({ name, requested, verified, pending }: Conversion, by: ConversionQuery['by']) {
  const over = requested - pending
  return {
    name: by === 'hour' ? new Date(Number(name)).toISOString() : name,
    requested,
    verified,
    pending,
    ...(over > 0 && { conversion: Math.round((verified / over) * 1000) / 1000 }),
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
    micros,
    isHeldOut,
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
    expected_cost: inEuros(micros),
    answer,
    ...(isHeldOut && { held_out: true as const }),
    ...(would !== undefined && { would }),
    ...(rule !== undefined && { rule }),
    ...(observed !== undefined && { observed }),
    ...(bound !== undefined && { limit: bound }),
    policy,
  }
}
