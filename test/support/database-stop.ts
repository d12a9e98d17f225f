import pg from 'pg'

/**
 * Makes statements on a database wait, those that begin with one of some changes of rows, such as `insert on runs for
 * each row`, until whoever sent them is killed or the stop ends.
 */
export async function stopAt(databaseUrl: string, changes: readonly string[]) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(
    `select pg_advisory_lock(1);
     create function stop_here() returns trigger language plpgsql as
       'begin perform pg_advisory_xact_lock(1); return new; end'`,
  )
  for (const [index, change] of changes.entries()) {
    await client.query(`create trigger stop_${index} before ${change} execute function stop_here()`)
  }
  const waiting = `select count(*)::integer as count from pg_locks
    where locktype = 'advisory' and objid = 1 and classid = 0 and not granted
      and database = (select oid from pg_database where datname = current_database())`
  return {
    /** Resolves when so many statements wait. */
    async reached(count: number): Promise<void> {
      while ((await client.query(waiting)).rows[0].count < count) await new Promise(setImmediate)
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
