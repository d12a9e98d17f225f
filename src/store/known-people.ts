import type { Sql } from './sql.ts'

/** A number and the account that it belongs to, by keyed hashes. */
export interface Pair {
  numberHash: string
  accountHash: string
}

export interface KnownPeopleReads {
  /** Whether a pair has room in its lane at this time. */
  hasLane(pair: Pair, now: number): Promise<boolean>
}

export interface KnownPeopleWrites {
  /** Counts a message in the lane of a pair; false where there is no room. */
  takeLane(pair: Pair, now: number): Promise<boolean>
  /** Takes back the message of a request that did not go out. */
  returnLane(verificationId: string): Promise<void>
  /** Remembers the pair that a verification was decided for, if it has one; answers whether it is the first time today. */
  knowPair(verificationId: string, now: number): Promise<boolean>
  /** Erases pairs that were verified by `until` the last time, `limit` at most; answers how many. */
  erasePairs(until: number, limit: number): Promise<number>
}

const dayMs = 86_400_000
/** Of a pair that was verified between a day and 90 days ago; four messages a UTC day, until two of them led to nothing. */
const keptMs = 90 * dayMs
const mostADay = 4
const mostUnverified = 2

const hasRoom = `number_hash = :numberHash and account_hash = :accountHash
  and first_at <= :dayAgo and last_at >= :longAgo
  and unverified < ${mostUnverified} and (lane_day <> :day or lane_sends < ${mostADay})`

/** Sums are made here: PostgreSQL takes a parameter beside a small number for a small one. */
const timesOf = (now: number) => ({ day: Math.floor(now / dayMs), dayAgo: now - dayMs, longAgo: now - keptMs })

export function knownPeopleReads(sql: Sql): KnownPeopleReads {
  const found = sql.prepare(`select 1 as found from known_people where ${hasRoom}`)
  return {
    hasLane: async (pair, now) => (await found.get({ ...pair, ...timesOf(now) })) !== undefined,
  }
}

export function knownPeopleWrites(sql: Sql): KnownPeopleWrites {
  const take = sql.prepare(
    `update known_people set
       lane_sends = case when lane_day = :day then lane_sends else 0 end + 1, lane_day = :day, unverified = unverified + 1
     where ${hasRoom}`,
  )
  const giveBack = sql.prepare(
    `update known_people set lane_sends = lane_sends - 1, unverified = unverified - 1
     where lane_sends > 0 and unverified > 0 and (number_hash, account_hash) in
       (select number_hash, account_hash from decisions where id = :verificationId and in_lane = 1)`,
  )
  // Who comes back after so long a time begins anew.
  const know = sql.prepare(
    `insert into known_people (number_hash, account_hash, first_at, last_at, lane_day, lane_sends, unverified)
     select number_hash, account_hash, :now, :now, 0, 0, 0 from decisions
     where id = :verificationId and number_hash is not null and account_hash is not null
     on conflict (number_hash, account_hash) do update set
       first_at = case when known_people.last_at < :longAgo then :now else known_people.first_at end,
       last_at = :now, unverified = 0`,
  )
  const count = sql.prepare(
    `update known_people set counted_day = :day where counted_day <> :day and (number_hash, account_hash) in
       (select number_hash, account_hash from decisions where id = :verificationId)`,
  )
  const erase = sql.prepare(
    `delete from known_people where (number_hash, account_hash) in
       (select number_hash, account_hash from known_people where last_at <= :until
        order by last_at limit :limit ${sql.skipLocked})`,
  )
  return {
    takeLane: async (pair, now) => (await take.run({ ...pair, ...timesOf(now) })) === 1,
    async returnLane(verificationId) {
      await giveBack.run({ verificationId })
    },
    async knowPair(verificationId, now) {
      const { day, longAgo } = timesOf(now)
      const isPair = (await know.run({ verificationId, now, longAgo })) === 1
      return isPair && (await count.run({ verificationId, day })) === 1
    },
    erasePairs: (until, limit) => erase.run({ until, limit }),
  }
}
