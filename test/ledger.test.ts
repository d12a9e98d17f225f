import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DataKeys } from '../src/privacy.ts'
import { openSqliteBeside } from '../src/store/sqlite.ts'
import { StoreRefusal } from '../src/store/store.ts'
import { someFolder } from './support/folder.ts'
import { startGateway } from './support/gateway.ts'
import { keyed } from './support/keyed.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

test('a verification and a purchase survive a restart', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const options = { env: vonage.env, dataDir: folder.path }
  let id = ''
  let key = { country: 'GB', msisdn: '' }
  {
    await using gateway = await startGateway(options)
    id = await verifying(gateway).start()
    await verifying(gateway).checkWrong(id)
    const { body } = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
    key = { ...key, msisdn: body.numbers[0].msisdn }
    assert.equal((await gateway.rest('POST', '/v1/numbers', key)).status, 200)
  }
  await using gateway = await startGateway({ ...options, overrides: { newId: () => 'e'.repeat(32) } })
  const { look, check, request } = verifying(gateway)
  const { body } = await look(id)
  assert.deepEqual([body.state, body.attempts_left], ['pending', 2])
  assert.equal(gist(await gateway.rest('POST', '/v1/numbers', key)), '409 number_unavailable')
  const joined = await request()
  assert.equal(joined.body.message_sent, false)
  const code = await gateway.code(someNumber)
  assert.equal(gist(await check(id, code)), '200 verified')
  assert.equal(gist(await look(joined.body.request_id)), '200 superseded')
  assert.equal(vonage.calls.filter(({ path }) => path === '/verify/json').length, 1)
})

test('what a simulator inside an earlier gateway knew ends as expired', async () => {
  using folder = someFolder()
  const ids: string[] = []
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    ids.push(await verifying(gateway).start(), await verifying(gateway, '447700900124').start())
    await verifying(gateway).cancel(ids[0] ?? '')
  }
  await using gateway = await startGateway({ dataDir: folder.path, overrides: { newId: () => 'e'.repeat(32) } })
  const { state, check, request } = verifying(gateway)
  const [cancelled = '', expired = ''] = ids
  assert.deepEqual([await state(cancelled), await state(expired)], ['cancelled', 'expired'])
  assert.equal(gist(await check(expired, '123456')), '410 verification_expired')
  assert.equal((await request()).body.message_sent, true)
})

test('a second gateway on the same ledger refuses to start, while commands may use it', async () => {
  using folder = someFolder()
  const path = join(folder.path, 'ledger.db')
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    const id = await verifying(gateway).start()
    await assert.rejects(startGateway({ dataDir: folder.path }), (error) => {
      assert.ok(error instanceof StoreRefusal)
      assert.match(error.message, /another tollgate serves the ledger .*ledger\.db: stop it, or set DATABASE_URL/)
      return true
    })
    const beside = openSqliteBeside({ path })
    assert.equal((await beside.verification(id))?.state, 'pending')
    await verifying(gateway).checkRight(id)
    assert.equal((await beside.verification(id))?.state, 'verified')
    const order = { id: 'f'.repeat(32), caller: 'local', action: 'buy', country: 'GB', numberHash: 'a' } as const
    await beside.transaction('order', (tx) => tx.insertOrder({ ...order, state: 'done', createdAt: 1 }))
    await beside.close()
    assert.equal(gist(await verifying(gateway).look(id)), '200 verified')
  }
  await using again = await startGateway({ dataDir: folder.path })
  assert.equal((await again.rest('GET', '/readyz')).status, 200)
  assert.throws(() => openSqliteBeside({ path: join(folder.path, 'nothing.db') }), StoreRefusal)
  assert.throws(() => openSqliteBeside({ path, keyCheck: 'other keys' }), /was written with other data keys/)
})

test('a ledger keeps the mode it was made in, and the keys', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const dataKeys = DataKeys.generate().reveal()
  const sandbox = { ...vonage.env, TOLLGATE_DATA_KEYS: dataKeys }
  const start = (env: Record<string, string>) => startGateway({ env, dataDir: folder.path })
  await (await start(sandbox))[Symbol.asyncDispose]()
  const live = {
    TOLLGATE_MODE: 'live',
    VONAGE_REST_HOST: vonage.url,
    TOLLGATE_COUNTRIES: 'GB',
    TOLLGATE_DAILY_SENDS: '10',
  }
  const refusal = (message: RegExp) => (error: unknown) => error instanceof StoreRefusal && message.test(error.message)
  await assert.rejects(start({ ...sandbox, ...live }), refusal(/is a sandbox ledger: set TOLLGATE_MODE=sandbox or/))
  const otherKeys = DataKeys.generate().reveal()
  await assert.rejects(
    start({ ...sandbox, TOLLGATE_DATA_KEYS: otherKeys }),
    refusal(/was written with other data keys/),
  )
  const [hashKey, oldKey] = dataKeys.split(':')
  const rotated = [hashKey, otherKeys.split(':')[1], oldKey].join(':')
  await using gateway = await start({ ...sandbox, TOLLGATE_DATA_KEYS: rotated })
  assert.equal(gateway.calls.length, 0)
})

test('a ledger that was made live refuses to be a sandbox', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const live = {
    ...vonage.env,
    TOLLGATE_MODE: 'live',
    VONAGE_REST_HOST: vonage.url,
    TOLLGATE_COUNTRIES: 'GB',
    TOLLGATE_DAILY_SENDS: '10',
  }
  await (await startGateway({ env: live, dataDir: folder.path }))[Symbol.asyncDispose]()
  await assert.rejects(startGateway({ dataDir: folder.path }), StoreRefusal)
})

test('the ledger holds no code and no whole number, whatever happened', async () => {
  using folder = someFolder()
  const numbers = Array.from({ length: 6 }, (_, index) => `44770090014${index}`)
  const codes = new Set<string>()
  const read = () =>
    readdirSync(folder.path)
      .map((name) => ({ name, bytes: readFileSync(join(folder.path, name)) }))
      .filter(({ name }) => name !== 'data.keys')
  const assertPrivate = (files: ReturnType<typeof read>) => {
    for (const { name, bytes } of files) {
      for (const secret of [...codes, ...numbers, ...numbers.map((number) => number.slice(2))]) {
        assert.ok(!bytes.includes(secret), `${name} holds ${secret}`)
      }
    }
  }
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    const people = numbers.map((number) => verifying(gateway, number))
    const ids = await Promise.all(people.map((person) => person.start()))
    const each = people.map((person, index) => ({ person, id: ids[index] ?? '', number: numbers[index] ?? '' }))
    const keep = async () => {
      for (const number of numbers) for (const { code } of await gateway.messages(number)) codes.add(code)
    }
    await keep()
    for (const { number } of each) codes.add(await gateway.wrongCode(number))
    const [verified, failed, cancelled, resent] = each
    await verified?.person.checkRight(verified.id)
    for (let tries = 0; tries < 3; tries += 1) await failed?.person.checkWrong(failed.id)
    await cancelled?.person.cancel(cancelled.id)
    await gateway.clock.advance(60)
    await resent?.person.next(resent.id)
    await gateway.fault('/verify/json', { connection: 'cut' })
    await verified?.person.request()
    const { request, check } = keyed(gateway, numbers[0])
    const answered = await request(numbers[0] ?? '')
    await keep()
    const right = await check('right', answered.body.request_id, await gateway.code(numbers[0] ?? ''))
    assert.equal(gist(right), '200 verified')
    const files = read()
    assert.ok(files.some(({ name, bytes }) => name.endsWith('-wal') && bytes.length > 0))
    assert.ok(Buffer.concat(files.map(({ bytes }) => bytes)).includes('44********40'), 'the ledger holds the masks')
    assert.ok(!Buffer.concat(files.map(({ bytes }) => bytes)).includes('message_sent'), 'stored answers are encrypted')
    assertPrivate(files)
  }
  assert.ok(codes.size > 6)
  assertPrivate(read())
  assert.equal(statSync(join(folder.path, 'data.keys')).mode & 0o777, 0o600)
})
