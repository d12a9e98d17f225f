// Fills a ledger that nobody serves with verifications of the last month that have ended, each with its run, and with the
// messages that caps still count.
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'

const monthMs = 30 * 86_400_000
const sendsKeptMs = 25 * 3_600_000
const atOnce = 250_000
const parameters = JSON.stringify({ code_length: 6, pin_expiry: 300, workflow_id: 6 })

export async function fillLedger(path, count) {
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off')
  database.exec('pragma cache_size = -200000; pragma temp_store = memory')
  // Indices are made at the end, which is far quicker than row by row.
  const indices = database.prepare(`select name, sql from sqlite_schema where type = 'index' and sql is not null`).all()
  for (const { name } of indices) database.exec(`drop index ${name}`)
  const spread = {
    since: Date.now() - monthMs,
    sentSince: Date.now() - sendsKeptMs,
    everyMs: Math.floor(monthMs / count),
    idStep: Math.floor(2 ** 32 / count),
  }
  for (let first = 0; first < count; first += atOnce) {
    database.exec(rows({ ...spread, first, last: Math.min(count, first + atOnce) - 1 }))
    await breathe()
  }
  for (const { sql } of indices) {
    database.exec(sql)
    await breathe()
  }
  database.close()
}

/** Ids rise over all the values that they can have, so that rows are appended and new ones fall in between. */
function rows({ first, last, since, sentSince, everyMs, idStep }) {
  const made = `
    with recursive counter(n) as (select ${first} union all select n + 1 from counter where n < ${last}),
    made as (select printf('%08x%024x', n * ${idStep}, n) as id, printf('%032x', n) as number,
      ${since} + n * ${everyMs} as at from counter)`
  return `
    insert into runs (id, caller, brand, number_hash, number_mask, number_sealed, parameters, upstream_id, state, tries,
      asked_at, sent_at, event_index, code_made_at, expires_at, checks_seen, ended_at)
    ${made} select id, 'local', 'Bench', number, '44********23', zeroblob(40), '${parameters}', id, 'ended', 1, at, at, 0,
      at, at + 300000, 1, at + 20000 from made;
    insert into verifications (id, run_id, caller, state, tries, created_at, ended_at)
    ${made} select id, id, 'local', 'verified', 1, at, at + 20000 from made;
    insert into sends (number_hash, at, run_id, ordinal) ${made} select number, at, id, 0 from made where at > ${sentSince}`
}
