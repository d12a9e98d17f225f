import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketOf } from '../src/address.ts'
import { readConfig } from '../src/config.ts'
import { someFolder } from './support/folder.ts'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { mcpCall } from './support/mcp-call.ts'
import { gist } from './support/verifying.ts'

const ask = (gateway: TestGateway, headers: Record<string, string> = {}) =>
  gateway.rest('GET', '/v1/verifications', undefined, headers)

test('a caller has so many requests in a window, on all surfaces together, and is told what is left', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_RATE_PER_CALLER: '3/1m' } })
  await gateway.clock.advance(10)
  const first = await ask(gateway)
  assert.equal(first.headers.get('ratelimit-policy'), '"caller";q=3;w=60')
  assert.equal(first.headers.get('ratelimit'), '"caller";r=2;t=50')
  const { headers } = await mcpCall(gateway.addresses.mcp, 'tools/list')
  assert.equal(headers.get('ratelimit'), '"caller";r=1;t=50')
  assert.equal((await ask(gateway)).headers.get('ratelimit'), '"caller";r=0;t=50')
  for (const refused of [await ask(gateway), await mcpCall(gateway.addresses.mcp, 'tools/list')]) {
    assert.equal(gist(refused), '429 quota_exceeded')
    assert.equal(refused.body.detail, '3 requests of one caller in 60 seconds are allowed.')
    assert.deepEqual(
      [refused.headers.get('retry-after'), refused.headers.get('ratelimit')],
      ['50', '"caller";r=0;t=50'],
    )
  }
  assert.equal((await gateway.rest('GET', '/healthz')).status, 200)
  await gateway.clock.advance(49)
  assert.equal((await ask(gateway)).status, 429)
  await gateway.clock.advance(1)
  assert.equal((await ask(gateway)).status, 200)
})

test('each key has its own rate, and who has none uses up nobody’s', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_RATE_PER_CALLER: '2/1d' } })
  const one = bearer(await makeKey(gateway, { name: 'one', scopes: ['verifications:read'] }))
  const other = bearer(await makeKey(gateway, { name: 'other', scopes: ['verifications:read'] }))
  await gateway.clock.advance(86_400)
  const statuses = []
  for (const key of [one, one, {}, one, other, other, other]) statuses.push((await ask(gateway, key)).status)
  assert.deepEqual(statuses, [200, 200, 401, 429, 200, 200, 429])
})

test('an address has so many requests, whoever asks from it, and before it is asked who', async () => {
  using folder = someFolder()
  const dataDir = folder.path
  {
    await using before = await startGateway({ dataDir })
    await makeKey(before)
  }
  await using gateway = await startGateway({ dataDir, env: { TOLLGATE_RATE_PER_ADDRESS: '3/1d' } })
  const refused = await ask(gateway)
  assert.deepEqual([refused.status, refused.headers.get('ratelimit')], [401, '"address";r=2;t=43200'])
  for (const path of ['/docs/style.css', '/healthz']) assert.equal((await gateway.rest('GET', path)).status, 200)
  const over = await ask(gateway)
  assert.equal(gist(over), '429 quota_exceeded')
  assert.equal(over.body.detail, '3 requests from one address in 86400 seconds are allowed.')
})

test('a forwarded address is believed only from the proxies that are named', async () => {
  const limited = { TOLLGATE_RATE_PER_ADDRESS: '2/1d' }
  const from = (gateway: TestGateway, address: string) => ask(gateway, { 'x-forwarded-for': address })
  await using alone = await startGateway({ env: limited })
  const forged = []
  for (const last of [1, 2, 3]) forged.push((await from(alone, `203.0.113.${last}`)).status)
  assert.deepEqual(forged, [200, 200, 429])

  await using proxied = await startGateway({ env: { ...limited, TOLLGATE_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1' } })
  const statuses = []
  for (const address of [
    '203.0.113.1',
    // What stands before the nearest address that is no proxy of ours, anybody may have written.
    '198.51.100.9, 203.0.113.1, 10.1.2.3',
    '198.51.100.7, 203.0.113.1',
    '203.0.113.2',
  ]) {
    statuses.push((await from(proxied, address)).status)
  }
  assert.deepEqual(statuses, [200, 200, 429, 200])
})

test('IPv6 addresses of one network count together', async () => {
  const env = { TOLLGATE_RATE_PER_ADDRESS: '2/1d', TOLLGATE_TRUSTED_PROXIES: '127.0.0.1' }
  await using gateway = await startGateway({ env })
  const statuses = []
  for (const address of ['2001:db8:0:7::1', '2001:DB8:0:7:ffff::2', '2001:db8::7:0:0:0:3', '2001:db8:0:8::1']) {
    statuses.push((await ask(gateway, { 'x-forwarded-for': address })).status)
  }
  assert.deepEqual(statuses, [200, 200, 429, 200])
})

test('addresses are one when their first 64 bits are, however they are written', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  const canonical = (parts: number[]) =>
    new URL(`http://[${parts.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1)
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const sameNetwork = [...one.slice(0, 4), ...other.slice(4)]
      const long = sameNetwork.map((part) => part.toString(16).padStart(4, '0')).join(':')
      assert.equal(bucketOf(canonical(one)), bucketOf(long))
      const isSame = one.slice(0, 4).every((part, index) => part === other[index])
      assert.equal(bucketOf(canonical(one)) === bucketOf(canonical(other)), isSame)
    }),
    { numRuns: 1000 },
  )
  assert.deepEqual(['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '::1', 'fe80::1%eth0'].map(bucketOf), [
    '192.0.2.1',
    '192.0.2.1',
    '192.0.2.1',
    '0:0:0:0::/64',
    'fe80:0:0:0::/64',
  ])
})

test('numbers are searched so often by one caller', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_NUMBER_SEARCHES: '25/5m', TOLLGATE_MCP_TOOLS: 'all' } })
  const search = () => gateway.rest('GET', '/v1/numbers/available?country=GB')
  for (let done = 0; done < 25; done += 1) assert.equal((await search()).status, 200)
  const refused = await search()
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['429 quota_exceeded', '300'])
  const call = { name: 'search-available-numbers', arguments: { country: 'GB' } }
  const overMcp = await mcpCall(gateway.addresses.mcp, 'tools/call', call)
  assert.equal(overMcp.body.result.structuredContent.code, 'quota_exceeded')
  const calls = gateway.calls.length
  assert.equal((await gateway.rest('GET', '/v1/numbers')).status, 200)
  assert.equal(calls, 25)
  await gateway.clock.advance(300)
  assert.equal((await search()).status, 200)
})

test('live has rates unless they are off, a sandbox only those that are set', () => {
  const live = { VONAGE_API_KEY: 'k', VONAGE_API_SECRET: 's', TOLLGATE_COUNTRIES: 'GB', TOLLGATE_DAILY_SENDS: '1' }
  const minute = { limit: 6000, windowMs: 60_000 }
  const { rates, numberSearches } = readConfig(live)
  assert.deepEqual(
    [rates, numberSearches],
    [
      { perAddress: minute, perCaller: minute },
      { limit: 25, windowMs: 300_000 },
    ],
  )
  const off = { TOLLGATE_RATE_PER_CALLER: 'off', TOLLGATE_RATE_PER_ADDRESS: 'off', TOLLGATE_NUMBER_SEARCHES: 'off' }
  for (const none of [readConfig({ ...live, ...off }), readConfig({})]) {
    assert.deepEqual([none.rates, none.numberSearches], [{ perAddress: undefined, perCaller: undefined }, undefined])
  }
  assert.throws(() => readConfig({ TOLLGATE_RATE_PER_CALLER: '1/1m,2/1h' }), /allowed is off or one limit/)
  for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '10.0.0', '::1/129', '10.0.0.1/', '10.0.0.1,']) {
    assert.throws(
      () => readConfig({ TOLLGATE_TRUSTED_PROXIES: wrong }),
      /TOLLGATE_TRUSTED_PROXIES names .*; allowed are IP/,
      wrong,
    )
  }
})

test('the rate of requests is counted for MCP by address too', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_RATE_PER_ADDRESS: '1/1d' } })
  assert.equal((await request(gateway.addresses.mcp)).status, 405)
  assert.equal((await request(gateway.addresses.mcp)).status, 429)
})
