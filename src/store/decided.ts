import * as z from 'zod'
import type { Decision } from './decisions.ts'
import { toEvents } from './rows.ts'
import type { Sql } from './sql.ts'
import type { Run } from './store.ts'

/** What both are told of. */
type Told =
  | 'id'
  | 'at'
  | 'kind'
  | 'caller'
  | 'ipHash'
  | 'accountHash'
  | 'prefix'
  | 'country'
  | 'inLane'
  | 'micros'
  | 'rule'

/** A message that was asked for, and when a right code was given for it. */
export interface DecidedMessage
  extends Pick<Decision, Told | 'numberHash' | 'lineType' | 'channels' | 'messages' | 'answer'> {
  /** Absent where none was, or is not yet. */
  verifiedAt?: number | undefined
  /** Its run, where that has several messages. */
  run?: Pick<Run, 'parameters' | 'eventCosts' | 'endedAt'> | undefined
}

/** What was said to messages that were sent. */
export interface SentDecision
  extends Pick<Decision, Told | 'sessionHash' | 'deviceHash' | 'isCounted' | 'isHeldOut' | 'would'> {
  verificationId: string
}

interface DecidedQuery {
  /** From just after this one on, in the order of time; from a time on, with an empty id. */
  after: { at: number; id: string }
  /** Before then. */
  until: number
  limit: number
}

export interface DecidedReads {
  /** Those that had the messages of a run sent, the earliest first, while they keep the number. */
  decisionsOfRun(run: { id: string; numberHash: string }): Promise<SentDecision[]>
  /** The earliest first. */
  decided(query: DecidedQuery): Promise<DecidedMessage[]>
  /** What messages have cost since then that were let through although a budget had them challenged, in millionths of a euro. */
  costHeldOut(since: number): Promise<number>
  countDecided(span: { since: number; until: number }): Promise<number>
}

const text = z.nullable(z.string()).transform((value) => value ?? undefined)
const row = z
  .object({
    id: z.string(),
    at: z.number(),
    kind: z.enum(['request', 'next']),
    caller: z.string(),
    number_hash: text,
    ip_hash: text,
    account_hash: text,
    prefix: z.string(),
    country: text,
    line_type: z.string(),
    channels: z.string(),
    in_lane: z.number(),
    messages: z.number(),
    micros: z.number(),
    answer: z.enum(['allow', 'challenge', 'block']),
    rule: text,
    verified_at: z.nullable(z.number()),
    parameters: z.nullable(z.string()),
    event_costs: z.nullable(z.string()),
    ended_at: z.nullable(z.number()),
  })
  .transform(
    ({
      number_hash,
      ip_hash,
      account_hash,
      line_type,
      channels,
      in_lane,
      verified_at,
      parameters,
      event_costs,
      ended_at,
      ...same
    }): DecidedMessage => ({
      ...same,
      run:
        parameters === null || !event_costs?.includes(',')
          ? undefined
          : toEvents({ parameters, event_costs, ended_at }),
      numberHash: number_hash,
      ipHash: ip_hash,
      accountHash: account_hash,
      lineType: line_type,
      channels: channels.split(','),
      inLane: in_lane === 1,
      verifiedAt: verified_at ?? undefined,
    }),
  )
const rows = z.array(row)

const sent = z.array(
  z
    .object({
      id: z.string(),
      at: z.number(),
      kind: z.enum(['request', 'next']),
      verification_id: z.string(),
      caller: z.string(),
      ip_hash: text,
      session_hash: text,
      account_hash: text,
      device_hash: text,
      prefix: z.string(),
      country: text,
      micros: z.number(),
      in_lane: z.number(),
      counted: z.number(),
      held_out: z.number(),
      would: z.nullable(z.enum(['challenge', 'block'])),
      rule: text,
    })
    .transform(
      (columns): SentDecision => ({
        id: columns.id,
        at: columns.at,
        kind: columns.kind,
        verificationId: columns.verification_id,
        caller: columns.caller,
        ipHash: columns.ip_hash,
        sessionHash: columns.session_hash,
        accountHash: columns.account_hash,
        deviceHash: columns.device_hash,
        prefix: columns.prefix,
        country: columns.country,
        micros: columns.micros,
        inLane: columns.in_lane === 1,
        isCounted: columns.counted === 1,
        isHeldOut: columns.held_out === 1,
        would: columns.would ?? undefined,
        rule: columns.rule,
      }),
    ),
)

export function decidedReads(sql: Sql): DecidedReads {
  const inOrder = sql.prepare(
    `select decisions.id, decisions.at, decisions.kind, decisions.caller, decisions.number_hash, decisions.ip_hash,
       decisions.account_hash, decisions.prefix, decisions.country, decisions.line_type, decisions.channels,
       decisions.in_lane, decisions.messages, decisions.micros, decisions.answer, decisions.rule,
       (select min(shared.ended_at) from verifications shared
        where shared.run_id = own.run_id and shared.state = 'verified') as verified_at,
       runs.parameters, runs.event_costs, runs.ended_at
     from decisions left join verifications own on own.id = decisions.verification_id
       left join runs on runs.id = own.run_id
     where (decisions.at, decisions.id) > (:at, :id) and decisions.at < :until
     order by decisions.at, decisions.id limit :limit`,
  )
  const heldOut = sql.prepare(
    'select cast(coalesce(sum(micros), 0) as bigint) as micros from decisions where held_out = 1 and at >= :since',
  )
  const count = sql.prepare('select count(*) as count from decisions where at >= :since and at < :until')
  const ofRun = sql.prepare(
    `select id, at, kind, verification_id, caller, ip_hash, session_hash, account_hash, device_hash, prefix, country, micros,
       in_lane, counted, held_out, would, rule
     from decisions
     where number_hash = :numberHash and messages > 0
       and verification_id in (select id from verifications where run_id = :id) order by at, id`,
  )
  return {
    decisionsOfRun: async ({ id, numberHash }) => sent.parse(await ofRun.all({ id, numberHash })),
    decided: async ({ after, until, limit }) => rows.parse(await inOrder.all({ ...after, until, limit })),
    costHeldOut: async (since) => Number((await heldOut.get({ since }))?.micros ?? 0),
    countDecided: async (span) => Number((await count.get(span))?.count ?? 0),
  }
}
