import * as z from 'zod'
import { columnsOf } from './rows.ts'
import type { Sql } from './sql.ts'

/** What the guard said to a message that was asked for, and why. */
export interface Decision {
  id: string
  at: number
  /** Asked for by a request, or as the next message of one. */
  kind: 'request' | 'next'
  caller: string
  /** Absent where a request was refused. */
  verificationId?: string | undefined
  /** Keyed hashes; absent once they are erased. */
  numberHash?: string | undefined
  ipHash?: string | undefined
  sessionHash?: string | undefined
  accountHash?: string | undefined
  deviceHash?: string | undefined
  /** The number less its last four digits. */
  prefix: string
  country?: string | undefined
  lineType: string
  channels: string[]
  /** Whether it counts in the lane of a known person. */
  inLane: boolean
  /** How many are expected to go out: none where an earlier one is shared, or one of its run is brought forward. */
  messages: number
  /** What all that is asked for would cost, in millionths of a euro; nothing where none is expected. */
  micros: number
  /** Whether the budgets hold what it costs. */
  isCounted: boolean
  /** It was let through although a budget had it challenged, so that it is seen whom that would have harmed. */
  isHeldOut: boolean
  answer: 'allow' | 'challenge' | 'block'
  /** What it would have been in enforce mode, where it is not that. */
  would?: 'challenge' | 'block' | undefined
  /** What decided; absent where nothing spoke against it. */
  rule?: string | undefined
  /** The figure that the rule has found, and what it allows. */
  observed?: number | undefined
  bound?: number | undefined
  /** The version of the policy. */
  policy: string
}

/** With what has become of its verification, where there is one. */
export interface ListedDecision extends Decision {
  state?: string | undefined
}

export interface DecisionQuery {
  answer?: Decision['answer'] | undefined
  would?: Decision['would']
  rule?: string | undefined
  country?: string | undefined
  /** The beginning of a prefix. */
  prefix?: string | undefined
  caller?: string | undefined
  /** From then on. */
  since?: number | undefined
  /** Before then. */
  until?: number | undefined
  before?: { createdAt: number; id: string } | undefined
  limit: number
}

/** What requests that sent a message have come to, of one country, prefix, caller or hour. */
export interface Conversion {
  /** Empty for numbers of no country; an hour as epoch milliseconds. */
  name: string
  requested: number
  /** A right code was given for the message, with whatever verification. */
  verified: number
  /** The code may still be given. */
  pending: number
}

export interface ConversionQuery {
  by: 'country' | 'prefix' | 'caller' | 'hour'
  country?: string | undefined
  /** How numbers begin. */
  prefix?: string | undefined
  caller?: string | undefined
  since: number
  /** Before then. */
  until: number
  limit: number
}

export interface DecisionReads {
  /** The groups with most requests first. */
  conversion(query: ConversionQuery): Promise<Conversion[]>
  /** The newest first, from just after `before`. */
  decisions(query: DecisionQuery): Promise<ListedDecision[]>
}

export interface DecisionWrites {
  insertDecision(decision: Decision): Promise<void>
  /** What it let through was not sent after all, and costs nothing. */
  withdrawDecision(id: string): Promise<void>
  /** Uses up a challenge token; false where it was used before. */
  useChallenge(id: string, expiresAt: number): Promise<boolean>
  /** Erases what is kept of used tokens that had expired by then, `limit` at most; answers how many. */
  eraseChallenges(expiredBy: number, limit: number): Promise<number>
  /** Erases the hashes in those until then, `limit` at most; answers how many. */
  eraseDecidedNumbers(until: number, limit: number): Promise<number>
  /** Erases those until then, `limit` at most; answers how many. */
  eraseDecisions(until: number, limit: number): Promise<number>
}

const row = z.object({
  id: z.string(),
  at: z.number(),
  kind: z.enum(['request', 'next']),
  caller: z.string(),
  verification_id: z.nullable(z.string()),
  number_hash: z.nullable(z.string()),
  ip_hash: z.nullable(z.string()),
  session_hash: z.nullable(z.string()),
  account_hash: z.nullable(z.string()),
  device_hash: z.nullable(z.string()),
  prefix: z.string(),
  country: z.nullable(z.string()),
  line_type: z.string(),
  channels: z.string(),
  in_lane: z.number(),
  messages: z.number(),
  micros: z.number(),
  counted: z.number(),
  held_out: z.number(),
  answer: z.enum(['allow', 'challenge', 'block']),
  would: z.nullable(z.enum(['challenge', 'block'])),
  rule: z.nullable(z.string()),
  observed: z.nullable(z.number()),
  bound: z.nullable(z.number()),
  policy: z.string(),
})

const listed = row.extend({ state: z.nullable(z.string()) }).transform(
  (columns): ListedDecision => ({
    id: columns.id,
    at: columns.at,
    kind: columns.kind,
    caller: columns.caller,
    verificationId: columns.verification_id ?? undefined,
    numberHash: columns.number_hash ?? undefined,
    ipHash: columns.ip_hash ?? undefined,
    sessionHash: columns.session_hash ?? undefined,
    accountHash: columns.account_hash ?? undefined,
    deviceHash: columns.device_hash ?? undefined,
    prefix: columns.prefix,
    country: columns.country ?? undefined,
    lineType: columns.line_type,
    channels: columns.channels.split(','),
    inLane: columns.in_lane === 1,
    messages: columns.messages,
    micros: columns.micros,
    isCounted: columns.counted === 1,
    isHeldOut: columns.held_out === 1,
    answer: columns.answer,
    would: columns.would ?? undefined,
    rule: columns.rule ?? undefined,
    observed: columns.observed ?? undefined,
    bound: columns.bound ?? undefined,
    policy: columns.policy,
    state: columns.state ?? undefined,
  }),
)

const columns = columnsOf(row)

/** Nothing says any more that two of them were of one number, person or device. */
export const erased = ['number', 'ip', 'session', 'account', 'device'].map((of) => `${of}_hash = null`).join(', ')

const conversion = z.object({ name: z.string(), requested: z.number(), verified: z.number(), pending: z.number() })

const nameOf = {
  country: "coalesce(decisions.country, '')",
  prefix: 'decisions.prefix',
  caller: 'decisions.caller',
  hour: 'cast(decisions.at / 3600000 * 3600000 as text)',
} as const satisfies Record<ConversionQuery['by'], string>

/** Whether one of the verifications that share the message is in a state. */
const anyIs = (state: string) =>
  `case when exists (select 1 from verifications shared where shared.run_id = own.run_id and shared.state = '${state}')
     then 1 else 0 end`

const isSought = `coalesce(decisions.country, '') = coalesce(:country, decisions.country, '')
  and decisions.prefix >= :prefix and decisions.prefix < :prefixEnd
  and decisions.caller = coalesce(:caller, decisions.caller)`
/** No digit comes after a colon. */
const sought = ({ country, prefix = '', caller }: Pick<ConversionQuery, 'country' | 'prefix' | 'caller'>) => ({
  country,
  prefix,
  prefixEnd: `${prefix}:`,
  caller,
})

export function decisionReads(sql: Sql): DecisionReads {
  const conversions = Object.fromEntries(
    Object.entries(nameOf).map(([by, name]) => [
      by,
      sql.prepare(
        `select name, count(*) as requested, sum(verified) as verified, sum(pending) as pending from
           (select ${name} as name, ${anyIs('verified')} as verified, ${anyIs('pending')} as pending
            from decisions join verifications own on own.id = decisions.verification_id
            where decisions.kind = 'request' and decisions.messages > 0 and ${isSought}
              and decisions.at >= :since and decisions.at < :until) as outcomes
         group by name order by requested desc, name limit :limit`,
      ),
    ]),
  )
  const ofDecisions = columns
    .split(', ')
    .map((name) => `decisions.${name}`)
    .join(', ')
  const newest = sql.prepare(
    `select ${ofDecisions}, verifications.state as state
     from decisions left join verifications on verifications.id = decisions.verification_id
     where decisions.answer = coalesce(:answer, decisions.answer)
       and coalesce(decisions.would, '') = coalesce(:would, decisions.would, '')
       and coalesce(decisions.rule, '') = coalesce(:rule, decisions.rule, '')
       and ${isSought}
       and decisions.at >= :since and decisions.at < :until
       and (decisions.at, decisions.id) < (:createdAt, :id)
     order by decisions.at desc, decisions.id desc limit :limit`,
  )
  return {
    async conversion({ by, since, until, limit, ...query }) {
      const found = await conversions[by]?.all({ ...sought(query), since, until, limit })
      return conversion.array().parse(found ?? [])
    },
    async decisions({ since = 0, until = Number.MAX_SAFE_INTEGER, before, ...query }) {
      const { createdAt, id } = before ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' }
      const { answer, would, rule, limit } = query
      const filters = { ...sought(query), answer, would, rule, since, until }
      return (await newest.all({ ...filters, createdAt, id, limit })).map((found) => listed.parse(found))
    },
  }
}

export function decisionWrites(sql: Sql): DecisionWrites {
  const names = columns.split(', ')
  const insert = sql.prepare(
    `insert into decisions (${columns}) values (${names.map((name) => `:${name}`).join(', ')})`,
  )
  const withdraw = sql.prepare('update decisions set messages = 0, micros = 0, counted = 0 where id = :id')
  const eraseNumbers = sql.prepare(
    `update decisions set ${erased} where id in
       (select id from decisions where number_hash is not null and at <= :until
          and not exists (select 1 from verifications where id = decisions.verification_id and state = 'pending')
        order by at limit :limit ${sql.skipLocked})`,
  )
  const useChallenge = sql.prepare(
    'insert into used_challenges (id, expires_at) values (:id, :expiresAt) on conflict do nothing',
  )
  const eraseChallenges = sql.prepare(
    `delete from used_challenges where id in
       (select id from used_challenges where expires_at <= :expiredBy order by expires_at limit :limit ${sql.skipLocked})`,
  )
  const erase = sql.prepare(
    `delete from decisions where id in
       (select id from decisions where at <= :until order by at, id limit :limit ${sql.skipLocked})`,
  )
  return {
    async insertDecision({ verificationId, numberHash, lineType, channels, ...decision }) {
      const { inLane, isCounted, isHeldOut, ipHash, sessionHash, accountHash, deviceHash, ...others } = decision
      await insert.run({
        rule: undefined,
        country: undefined,
        observed: undefined,
        bound: undefined,
        would: undefined,
        ...others,
        in_lane: inLane,
        counted: isCounted,
        held_out: isHeldOut,
        ip_hash: ipHash,
        session_hash: sessionHash,
        account_hash: accountHash,
        device_hash: deviceHash,
        verification_id: verificationId,
        number_hash: numberHash,
        line_type: lineType,
        channels: channels.join(','),
      })
    },
    async withdrawDecision(id) {
      await withdraw.run({ id })
    },
    useChallenge: async (id, expiresAt) => (await useChallenge.run({ id, expiresAt })) === 1,
    eraseChallenges: (expiredBy, limit) => eraseChallenges.run({ expiredBy, limit }),
    eraseDecidedNumbers: (until, limit) => eraseNumbers.run({ until, limit }),
    eraseDecisions: (until, limit) => erase.run({ until, limit }),
  }
}
