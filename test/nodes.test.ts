import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { StoreRefusal } from '../src/store/store.ts'
import { request } from './support/gateway.ts'
import { startHoldingProxy } from './support/holding-proxy.ts'
import { newSharedLedger, startNodes } from './support/nodes.ts'
import { newDatabase, query } from './support/postgres.ts'
import { spawnGateway } from './support/spawned-gateway.ts'
import { openedPostgres } from './support/stores.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

test('a verification that one node sent is checked by another', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage)
  const { one, other } = cluster
  const id = await verifying(one).start()
  assert.equal(gist(await verifying(other).checkWrong(id)), '400 wrong_code')
  assert.equal(gist(await verifying(other).checkRight(id)), '200 verified')
  assert.equal(gist(await verifying(one).checkRight(id)), '409 already_verified')
})

test('a number that two nodes are asked for at once gets one message, and the second waits for the first', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage)
  const { one, other } = cluster
  const answers = await Promise.all([verifying(one).request(), verifying(other).request()])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
  assert.deepEqual(new Set(answers.map(({ body }) => body.message_sent)), new Set([true, false]))
  assert.notEqual(answers[0]?.body.request_id, answers[1]?.body.request_id)
  assert.equal(vonage.simulator.messages(someNumber).length, 1)
})

test('a check waits for one that another node makes, and then tells what that one left', async () => {
  await using vonage = await startVonageApart()
  await using proxy = await startHoldingProxy(vonage.url)
  await using cluster = await startNodes({ env: { ...vonage.env, VONAGE_API_HOST: proxy.url } })
  const { one, other } = cluster
  const id = await verifying(one).start()
  const held = proxy.hold('/verify/check/json')
  const right = vonage.simulator.messages(someNumber).at(-1)?.code ?? ''
  const first = verifying(one).check(id, right)
  await held.arrived
  const second = verifying(other).check(id, right)
  held.release()
  assert.deepEqual([gist(await first), gist(await second)], ['200 verified', '409 already_verified'])
  assert.equal(vonage.calls.filter(({ path }) => path === '/verify/check/json').length, 1)
})

test('the last try counts if it is right, whatever another node is asked at the same time', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage)
  for (let number = 447_400_000_000; number < 447_400_000_012; number += 1) {
    const [here, there] = [verifying(cluster.one, String(number)), verifying(cluster.other, String(number))]
    const id = await here.start()
    for (let tries = 0; tries < 2; tries += 1) await here.checkWrong(id)
    await Promise.all([here.checkRight(id), ...Array.from({ length: 4 }, () => there.checkWrong(id))])
    const ended = vonage.simulator.messages(String(number)).at(-1)?.ended
    assert.equal(await there.state(id), ended, 'as Vonage has found')
  }
})

test('a run that one node tells Vonage to cancel is joined by nobody on another: a new one is sent', async () => {
  await using vonage = await startVonageApart()
  await using proxy = await startHoldingProxy(vonage.url)
  await using cluster = await startNodes({ env: { ...vonage.env, VONAGE_API_HOST: proxy.url } })
  const { one, other } = cluster
  const id = await verifying(one).start()
  await verifying(one).cancel(id)
  const held = proxy.hold('/verify/control/json')
  await vonage.pass(32)
  await cluster.ledger.pass(32_000)
  await held.arrived
  const asked = verifying(other).request()
  held.release()
  const { status, body } = await asked
  assert.deepEqual([status, body.message_sent], [200, true])
  assert.equal(vonage.calls.filter(({ path }) => path === '/verify/control/json').length, 1)
  assert.equal(vonage.simulator.messages(someNumber).length, 2)
})

test('nodes may start at once on an empty database', async () => {
  const url = await newDatabase()
  const stores = await Promise.all(Array.from({ length: 5 }, () => openedPostgres(url)))
  const isReady = await Promise.all(stores.map((store) => store.isReady()))
  await Promise.all(stores.map((store) => store.close()))
  assert.deepEqual(isReady, [true, true, true, true, true])
})

test('a node works on, and may start anew, when the version after it has added to the schema', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage)
  const { one } = cluster
  const id = await verifying(one).start()
  const { databaseUrl } = cluster.ledger
  const tables = await query(
    databaseUrl,
    `select table_name as name from information_schema.tables
    where table_schema = 'public' and table_name <> 'migrations'`,
  )
  for (const { name } of tables) await query(databaseUrl, `alter table ${name} add column later text default 'x'`)
  await query(databaseUrl, `insert into migrations (name) values ('999-later')`)
  assert.equal(gist(await verifying(one).checkRight(id)), '200 verified')
  assert.equal((await one.rest('GET', '/readyz')).status, 200)
  await using again = await cluster.start()
  assert.equal(gist(await verifying(again).look(id)), '200 verified')
})

test('a node does not start on a schema from which the version after it has taken something away', async () => {
  const url = await newDatabase()
  await (await openedPostgres(url)).close()
  await query(url, `insert into migrations (name, contracts) values ('999-later', true)`)
  const refusal = new StoreRefusal('the ledger was written by a newer tollgate (migration 999-later)')
  await assert.rejects(openedPostgres(url), refusal)
})

test('a database that promises what it has not written is refused', async () => {
  const url = await newDatabase()
  await query(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`)
  await assert.rejects(openedPostgres(url), /set its synchronous_commit to on/)
})

test('clocks of nodes that differ by twenty minutes do no harm: the database’s counts', async () => {
  await using vonage = await startVonageApart()
  const ledger = await newSharedLedger()
  const skewed = (skewMs: number) =>
    spawnGateway({
      ...vonage.env,
      ...ledger.env,
      TOLLGATE_LOG_LEVEL: 'silent',
      CLOCK_SKEW_MS: String(skewMs),
      NODE_OPTIONS: `--import=${fileURLToPath(import.meta.resolve('./support/skewed-clock.mjs'))}`,
    })
  await using ahead = await skewed(600_000)
  await using behind = await skewed(-600_000)
  const post = (node: { rest: string }, path: string, body: object) => request(`${node.rest}${path}`, 'POST', body)
  const wanted = { number: someNumber, brand: 'Acme' }
  const first = await post(ahead, '/v1/verifications', wanted)
  const joined = await post(behind, '/v1/verifications', wanted)
  assert.deepEqual([first.body.message_sent, joined.body.message_sent], [true, false])
  assert.ok(Math.abs(Date.parse(joined.body.expires_at) - Date.now() - 300_000) < 60_000, 'in the database’s time')
  const { request_id } = joined.body
  assert.equal(gist(await post(behind, `/v1/verifications/${request_id}/next`, {})), '409 not_now')
  const code = vonage.simulator.messages(someNumber).at(-1)?.code ?? ''
  const wrong = code.startsWith('1') ? '222222' : '111111'
  assert.equal(gist(await post(behind, '/v1/verifications/check', { request_id, code: wrong })), '400 wrong_code')
  await ledger.pass(301_000)
  const check = () => post(ahead, '/v1/verifications/check', { request_id: first.body.request_id, code })
  assert.equal(gist(await check()), '410 verification_expired')
})
