import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { DataKeys } from '../src/privacy.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { type Store, StoreRefusal } from '../src/store/store.ts'
import { SigningKeys } from '../src/tokens/signing-keys.ts'
import { someFolder } from './support/folder.ts'
import { noon, startGateway, type TestGateway } from './support/gateway.ts'
import { someSigningKey, within } from './support/ledger-samples.ts'
import { kidOf, readToken, servedKids } from './support/signed-result.ts'
import { verifying } from './support/verifying.ts'

const dayS = 86_400
/** Keys of 30 days change at midnight of the days that are a multiple of 30 from 1970 on. */
const changeS = Date.parse('2026-01-07T00:00:00Z') / 1000

async function mint(gateway: TestGateway): Promise<string> {
  const { start, checkRight } = verifying(gateway)
  return (await checkRight(await start())).body.verification_token
}

test('the key set is public, may be cached for five minutes, and holds nothing private', async () => {
  await using gateway = await startGateway()
  const token = await mint(gateway)
  const { status, headers, body } = await gateway.rest('GET', '/.well-known/jwks.json')
  assert.deepEqual([status, headers.get('cache-control')], [200, 'public, max-age=300'])
  assert.match(headers.get('content-type') ?? '', /^application\/json/)
  assert.deepEqual(Object.keys(body), ['keys'])
  const [key, ...more] = body.keys
  assert.deepEqual(more, [])
  const { x, y, ...rest } = key
  assert.deepEqual(rest, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: kidOf(token) })
  assert.ok(x.length === 43 && y.length === 43)
})

test('a new key is published a day before it signs, and the old one until its last token has expired', async () => {
  await using gateway = await startGateway()
  const goTo = (seconds: number) => gateway.clock.moveTo((changeS + seconds) * 1000)
  const old = kidOf(await mint(gateway))
  await goTo(-dayS - 60)
  assert.deepEqual(await servedKids(gateway), [old])
  await goTo(-dayS)
  const [first, next, ...more] = await servedKids(gateway)
  assert.deepEqual([first, more], [old, []])
  assert.notEqual(next, old)

  await goTo(-1)
  const last = await mint(gateway)
  assert.equal(kidOf(last), old)
  await goTo(0)
  assert.equal(kidOf(await mint(gateway)), next)
  await goTo(298)
  await readToken(gateway, last)
  await goTo(3899)
  assert.deepEqual(await servedKids(gateway), [old, next])
  await goTo(3960)
  assert.deepEqual(await servedKids(gateway), [next])
  await goTo(90 * dayS)
  assert.ok(kidOf(await mint(gateway)) !== next, 'also after a time in which nobody asked')
})

test('after a restart the same key signs, and tokens of before are still good', async () => {
  using folder = someFolder()
  let token = ''
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    token = await mint(gateway)
  }
  await using gateway = await startGateway({ dataDir: folder.path, overrides: { newId: () => 'e'.repeat(32) } })
  await readToken(gateway, token)
  assert.deepEqual(await servedKids(gateway), [kidOf(token)])
})

test('another period holds for the keys that are made from then on', async () => {
  using folder = someFolder()
  let old: string | undefined
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    old = kidOf(await mint(gateway))
  }
  const clock = new SimulatedClock({ standsAt: (changeS - 3600) * 1000 })
  // Weeks, too, are counted from 1970: the one that is not over when the old key is began before it.
  const env = { TOLLGATE_TOKEN_KEY_DAYS: '7' }
  let count = 0
  const newId = () => String(++count).padStart(32, 'e')
  await using gateway = await startGateway({ dataDir: folder.path, env, overrides: { clock, newId } })
  const [next] = (await servedKids(gateway)).filter((kid) => kid !== old)
  assert.equal(kidOf(await mint(gateway)), old)
  await clock.advance(3600)
  assert.equal(kidOf(await mint(gateway)), next)
  await clock.advance(dayS)
  assert.notEqual(kidOf(await mint(gateway)), next)
})

test('a sandbox whose time was moved ahead signs after a restart as well', async () => {
  using folder = someFolder()
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    await gateway.clock.advance(100 * dayS)
    await mint(gateway)
  }
  await using gateway = await startGateway({ dataDir: folder.path, overrides: { newId: () => 'e'.repeat(32) } })
  const claims = await readToken(gateway, await mint(gateway))
  assert.equal(claims.iat, noon / 1000)
})

test('a ledger whose signing key was encrypted under a data key that is gone is refused, and says what to do', async () => {
  using folder = someFolder()
  const [hash, encryption] = DataKeys.generate().reveal().split(':')
  const [, other] = DataKeys.generate().reveal().split(':')
  const start = (...keys: (string | undefined)[]) =>
    startGateway({ dataDir: folder.path, env: { TOLLGATE_DATA_KEYS: keys.join(':') } })
  await (await start(hash, encryption))[Symbol.asyncDispose]()
  await assert.rejects(start(hash, other), (error) => {
    assert.ok(error instanceof StoreRefusal)
    assert.match(error.message, /add the older encryption key to the data keys again/)
    return true
  })
  await (await start(hash, other, encryption))[Symbol.asyncDispose]()
})

function nodes(store: Store, clock: SimulatedClock) {
  const keys = new DataKeys(DataKeys.generate())
  const node = () => new SigningKeys({ store, keys, clock, periodMs: 30 * dayS * 1000 })
  return [node(), node(), node()] as const
}

const published = async (node: SigningKeys) => JSON.stringify((await node.published()).keys)

test('nodes that start at once sign with one key, and each publishes the next one within a minute of its making', async () => {
  using folder = someFolder()
  const store = openSqlite({ path: join(folder.path, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })
  const clock = new SimulatedClock({ standsAt: (changeS - dayS - 30) * 1000 })
  const [one, other, third] = nodes(store, clock)
  const signers = await Promise.all([one, other, third].flatMap((node) => [node.signer(), node.signer()]))
  assert.equal(new Set(signers.map(({ kid }) => kid)).size, 1)
  assert.equal((await store.signingKeys()).length, 1)

  await clock.advance(20)
  assert.equal((await one.published()).keys.length, 1)
  await clock.advance(40)
  const next = await Promise.all([one, other, third].map(published))
  assert.equal(new Set(next).size, 1)
  assert.equal((await store.signingKeys()).length, 2)
  await store.close()
})

test('a key that ends while no other begins is followed by one that is made at once', async () => {
  using folder = someFolder()
  const store = openSqlite({ path: join(folder.path, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })
  await within(store, async (tx) => {
    await tx.addSigningKey(someSigningKey({ signsFrom: noon - 1000, signsUntil: noon + 30_000 }))
    await tx.addSigningKey(someSigningKey({ signsFrom: noon + 7_200_000, signsUntil: noon + 40 * dayS * 1000 }))
  })
  const clock = new SimulatedClock({ standsAt: noon })
  const [node] = nodes(store, clock)
  assert.equal((await node.published()).keys.length, 2)
  await clock.advance(30)
  const { kid } = await node.signer()
  assert.ok((await store.signingKeys()).some((key) => key.kid === kid))
  await store.close()
})

test('the ledger is asked for the keys once a minute, and again after it has failed', async () => {
  using folder = someFolder()
  const store = openSqlite({ path: join(folder.path, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })
  const clock = new SimulatedClock({ standsAt: noon })
  let asked = 0
  let fails = true
  const counting: Store = {
    ...store,
    signingKeys() {
      asked += 1
      return fails ? Promise.reject(new Error('disk')) : store.signingKeys()
    },
  }
  const [node] = nodes(counting, clock)
  await assert.rejects(node.signer(), /disk/)
  fails = false
  for (let seconds = 0; seconds < 59; seconds += 1) {
    await Promise.all([node.signer(), node.published(), node.signer()])
    await clock.advance(1)
  }
  assert.equal(asked, 2)
  await clock.advance(1)
  await Promise.all([node.signer(), node.published(), node.signer()])
  assert.equal(asked, 3)
  await store.close()
})
