import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { existingDataKeys } from '../src/data-keys.ts'
import { Secret } from '../src/privacy.ts'
import { engines, startBeside } from './support/beside.ts'
import { isReplay, keyed } from './support/keyed.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const hour = 3600
const day = 24 * hour

/** What the gateway has said of erasing. */
const erasures = ({ log }: { log: string[] }) =>
  log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'erased what is kept no longer')

const isErased = (run: string) => run.includes(' | ** | null | ')

/** What a signed result says. */
const signed = ({ verification_token: token }: { verification_token: string }) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** The keyed hash of a number, under which the ledger finds it. */
function hashOf(number: string, env: Record<string, string>): string {
  const { TOLLGATE_DATA_DIR: dataDir = '', TOLLGATE_DATA_KEYS: set } = env
  return existingDataKeys({ dataDir, dataKeys: set === undefined ? undefined : new Secret(set) }).hash(number)
}

test('a number is kept for as many days after its end as are set, then nothing says what it was; all else stays', async () => {
  await using on = await startBeside('SQLite', { env: { TOLLGATE_ERASE_AFTER_DAYS: '2' } })
  const { start, checkRight, look } = verifying(on.gateway())
  const id = await start()
  await checkRight(id)
  const before = await look(id)
  assert.equal(before.body.number, '44********23')
  await on.clock.advance(2 * day - 10)
  assert.deepEqual((await look(id)).body, before.body)
  const numberHash = hashOf(someNumber, on.env)
  assert.match((await on.text()).runs?.join() ?? '', new RegExp(numberHash))
  const other = await verifying(on.gateway(), '447700900124').start()

  await on.clock.advance(hour + 10)
  assert.deepEqual((await look(id)).body, { ...before.body, number: '**' })
  const { runs = [], ...others } = await on.text()
  assert.equal(runs.filter(isErased).length, 1)
  assert.doesNotMatch([...runs, ...Object.values(others).flat()].join('\n'), new RegExp(numberHash))
  assert.equal((await look(other)).body.number, '44********24')
  assert.equal(gist(await checkRight(id)), '409 already_verified')
  assert.equal(gist(await verifying(on.gateway()).cancel(id)), '409 already_verified')
})

test('with 0 days a number is erased within a minute of the end, and the caps go on counting', async () => {
  const env = { TOLLGATE_ERASE_AFTER_DAYS: '0', TOLLGATE_SENDS_PER_NUMBER: '1/24h' }
  await using on = await startBeside('SQLite', { env })
  const { start, checkRight, look, request } = verifying(on.gateway())
  const id = await start()
  await on.clock.advance(20)
  await checkRight(id)
  await on.clock.advance(60)
  assert.equal((await look(id)).body.number, '**')
  assert.equal(gist(await request()), '429 quota_exceeded')
  await on.clock.advance(day - 60)
  assert.equal(gist(await request()), '200 pending')
  await on.clock.advance(hour + 60)
  const { sends = [] } = await on.text()
  assert.equal(sends.length, 1, 'a message is kept until no cap counts it')
})

test('a pending number is not erased, however old its verification is', async () => {
  await using on = await startBeside('SQLite', { env: { TOLLGATE_ERASE_AFTER_DAYS: '0' } })
  const { start, look } = verifying(on.gateway())
  const id = await start()
  await on.clock.advance(120)
  assert.equal((await look(id)).body.number, '44********23')
})

test('a repeat with an Idempotency-Key gets the first answer without the number, once that is erased', async () => {
  await using on = await startBeside('SQLite', { env: { TOLLGATE_ERASE_AFTER_DAYS: '0' } })
  const { request, next, check } = keyed(on.gateway())
  const first = await request('k')
  await on.clock.advance(60)
  const resent = await next('n', first.body.request_id)
  assert.equal((await request('k')).body.number, '44********23')
  const code = await on.gateway().code(someNumber)
  const checked = await check('c', first.body.request_id, code)
  assert.equal(signed(checked.body).phone_number, `+${someNumber}`)
  await on.clock.advance(400)
  for (const [before, again] of [
    [first, await request('k')],
    [resent, await next('n', first.body.request_id)],
  ] as const) {
    assert.deepEqual([before.status, isReplay(before), isReplay(again)], [200, false, true])
    assert.deepEqual(again.body, { ...before.body, number: '**' })
  }
  const checkedAgain = await check('c', first.body.request_id, code)
  assert.deepEqual([checkedAgain.status, isReplay(checkedAgain)], [200, true])
  assert.equal(signed(checkedAgain.body).phone_number, undefined)
  await on.clock.advance(25 * hour)
  assert.deepEqual((await on.text()).idempotency_keys, [], 'nobody has to call for old keys to be erased')
})

for (const engine of engines) {
  describe(engine, () => {
    test('after a long stop everything old is erased soon after the start, and requests go on', async () => {
      await using on = await startBeside(engine)
      const ids: string[] = []
      for (let last = 100; last < 110; last += 1) {
        const { start, checkRight } = verifying(on.gateway(), `447700900${last}`)
        const id = await start()
        await checkRight(id)
        ids.push(id)
      }
      const columns = `caller, brand, number_hash, number_mask, number_sealed, parameters, state, tries, asked_at, sent_at,
        event_index, code_made_at, expires_at, ended_at`
      for (const digit of '12345') {
        await on.sql(`insert into runs (id, ${columns}) select id || '${digit}', ${columns} from runs`)
      }
      const monthMs = (30 * day + hour) * 1000
      await on.sql(`update runs set expires_at = expires_at - ${monthMs}, ended_at = ended_at - ${monthMs}`)
      await on.sql(`update runs set ended_at = null where id like '%1'`)
      await on.restart()
      const younger = verifying(on.gateway(), '447700900199')
      const young = await younger.start()
      await younger.checkRight(young)
      await on.clock.advance(11)
      const { runs = [] } = await on.text()
      assert.deepEqual([runs.length, runs.filter(isErased).length], [321, 320])
      for (const id of ids) assert.equal((await younger.look(id)).body.number, '**')
      assert.equal((await younger.look(young)).body.number, '44********99')
      assert.deepEqual(
        erasures(on.gateway()).map(({ numbers }) => numbers),
        [320],
      )
    })
  })
}
