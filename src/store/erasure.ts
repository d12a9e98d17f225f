import { erased as decidedErased } from './decisions.ts'
import type { Sql } from './sql.ts'

export interface ErasureWrites {
  /** Erases what is kept of the numbers of runs that had ended by `endedBy`, `limit` runs at most; answers how many. */
  eraseNumbers(endedBy: number, limit: number): Promise<number>
  /** Erases what is kept of the numbers of orders that had been refused by `settledBy`, `limit` at most; answers how many. */
  eraseOrderedNumbers(settledBy: number, limit: number): Promise<number>
  /** Erases messages that went out by `until`, `limit` at most; answers how many. No cap counts them any more. */
  eraseSends(until: number, limit: number): Promise<number>
  /**
   * Erases what runs, refused orders, decisions and known people keep of a number; no request finds a run that goes on any more. Answers the runs
   * and how many verifications they had. Messages stay for the caps.
   */
  eraseNumber(numberHash: string): Promise<{ runs: number; verifications: number }>
}

/** Its own id in place of the hash: nothing says any more that two rows were of one number. */
const erased = 'number_hash = id, number_sealed = null'

export function erasureWrites(sql: Sql): ErasureWrites {
  const endedAt = 'coalesce(ended_at, expires_at)'
  const eraseNumbers = sql.prepare(
    `update runs set ${erased}, number_mask = '**' where id in
       (select id from runs where state = 'ended' and number_hash <> id and ${endedAt} <= :endedBy
        order by ${endedAt} limit :limit ${sql.skipLocked})`,
  )
  const eraseOrdered = sql.prepare(
    `update number_orders set ${erased} where id in
       (select id from number_orders where state = 'refused' and number_hash <> id and settled_at <= :settledBy
        order by settled_at limit :limit ${sql.skipLocked})`,
  )
  const ordersOfNumber = sql.prepare(
    `update number_orders set ${erased} where number_hash = :numberHash and state = 'refused'`,
  )
  const pairsOfNumber = sql.prepare('delete from known_people where number_hash = :numberHash')
  const decisionsOfNumber = sql.prepare(`update decisions set ${decidedErased} where number_hash = :numberHash`)
  const eraseSends = sql.prepare(
    `delete from sends where (number_hash, at, run_id, ordinal) in
       (select number_hash, at, run_id, ordinal from sends where at <= :until order by at limit :limit)`,
  )
  const ofNumber = ["state = 'ended' and number_hash <> id", "state <> 'ended'"].map((which) =>
    sql.prepare(
      `update runs set ${erased}, number_mask = '**' where number_hash = :numberHash and ${which} returning id`,
    ),
  )
  const countOfRun = sql.prepare('select count(*) as verifications from verifications where run_id = :id')
  return {
    eraseNumbers: (endedBy, limit) => eraseNumbers.run({ endedBy, limit }),
    eraseOrderedNumbers: (settledBy, limit) => eraseOrdered.run({ settledBy, limit }),
    eraseSends: (until, limit) => eraseSends.run({ until, limit }),
    async eraseNumber(numberHash) {
      const runs: string[] = []
      for (const statement of ofNumber) {
        for (const { id } of await statement.all({ numberHash })) runs.push(String(id))
      }
      await ordersOfNumber.run({ numberHash })
      await decisionsOfNumber.run({ numberHash })
      await pairsOfNumber.run({ numberHash })
      let verifications = 0
      for (const id of runs) verifications += Number((await countOfRun.get({ id }))?.verifications)
      return { runs: runs.length, verifications }
    },
  }
}
