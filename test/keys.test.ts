import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createKey } from '../src/access/keys.ts'
import { openLedgerBeside } from '../src/ledger.ts'
import { createLog } from '../src/log.ts'
import { operations } from '../src/operations.ts'
import { engines, startBeside } from './support/beside.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey, untilAnswered } from './support/keys.ts'
import { ledgerText } from './support/ledger-text.ts'
import { dataFolder, serve, tollgate } from './support/serving.ts'
import { gist } from './support/verifying.ts'

const form = /^tg_test_[\w-]{43}$/
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? ''

const asking = (gateway: TestGateway, key?: string) =>
  gateway.rest('GET', '/v1/numbers', undefined, key === undefined ? {} : bearer(key))

for (const engine of engines) {
  describe(`keys on ${engine}`, () => {
    test('the first key closes a running gateway, and the last revocation does not open it', async () => {
      await using on = await startBeside(engine)
      const gateway = on.gateway()
      assert.equal((await asking(gateway)).status, 200)
      const { code, stdout, stderr } = await on.command([
        'keys',
        'create',
        '--name',
        'checkout',
        '--scopes',
        'numbers:read',
      ])
      assert.equal(code, 0, stderr)
      assert.match(stdout, new RegExp(`${form.source}\\n`.replace('$', '')))
      assert.match(stderr, /first key/)
      const key = lastLine(stdout)
      await untilAnswered(gateway, undefined, (status) => status === 401)
      assert.equal((await asking(gateway, key)).status, 200)
      assert.equal((await gateway.rest('GET', '/healthz')).status, 200)
      assert.equal((await gateway.rest('GET', '/.well-known/jwks.json')).status, 200)

      const revoked = await on.command(['keys', 'revoke', 'checkout'])
      assert.deepEqual([revoked.code, JSON.parse(revoked.stdout).name], [0, 'checkout'])
      await untilAnswered(gateway, key, (status) => status === 401)
      assert.match((await asking(gateway, key)).body.detail, /revoked/)
      assert.equal((await asking(gateway)).status, 401)
      await on.restart()
      assert.equal((await asking(on.gateway())).status, 401)
    })

    test('among hundreds of keys each is taken for itself, whenever it is looked up', async () => {
      await using on = await startBeside(engine)
      const gateway = on.gateway()
      const { store } = await openLedgerBeside(gateway.config, createLog('silent'))
      const parts = { store, clock: gateway.clock, mode: gateway.config.mode, actor: 'test' }
      const making = Array.from({ length: 300 }, (_, index) => {
        const scopes = [index % 3 === 0 ? 'numbers:read' : 'verify'] as const
        return createKey(parts, { name: `key-${index}`, scopes, bounds: {} })
      })
      const keys = (await Promise.all(making)).map((secret) => secret.reveal())
      await store.close()
      await untilAnswered(gateway, undefined, (status) => status === 401)
      for (const _ of ['as they become known', 'known']) {
        const answers = await Promise.all(keys.map(async (key) => (await asking(gateway, key)).status))
        assert.deepEqual(
          answers,
          keys.map((_, index) => (index % 3 === 0 ? 200 : 403)),
        )
      }
    })

    test('after a rotation both secrets open the key for as long as was said', async () => {
      await using on = await startBeside(engine)
      const gateway = on.gateway()
      const first = await makeKey(gateway, { scopes: ['numbers:read'] })
      const rotated = await on.command(['keys', 'rotate', 'checkout', '--overlap', '1h'])
      assert.match(rotated.stderr, /the earlier one opens it until 2\d{3}-/)
      const second = lastLine(rotated.stdout)
      await untilAnswered(gateway, second, (status) => status !== 401)
      assert.deepEqual([(await asking(gateway, first)).status, (await asking(gateway, second)).status], [200, 200])
      const third = lastLine((await on.command(['keys', 'rotate', 'checkout', '--overlap', '0'])).stdout)
      await untilAnswered(gateway, second, (status) => status === 401)
      assert.match((await asking(gateway, first)).body.detail, /replaced by another/)
      assert.equal((await asking(gateway, third)).status, 200)
    })

    test('keys are listed with all there is to know of them, and no secret', async () => {
      await using on = await startBeside(engine)
      const options =
        '--brands Acme,Other --countries GB,US --channels sms --context account_id,ip --daily-sends 5 --spend-per-purchase 2.5 --spend-per-month 50 --expires 90d'.split(
          ' ',
        )
      const made = await on.command(['keys', 'create', '--name', 'a', '--scopes', 'admin,verify', ...options])
      const key = lastLine(made.stdout)
      await untilAnswered(on.gateway(), key, (status) => status !== 401)
      const lines = async () => {
        const { stdout } = await on.command(['keys', 'list'])
        assert.ok(!stdout.includes(key.slice(8)))
        return stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      }
      let [listed] = await lines()
      // The use is written down beside the call.
      for (let looks = 0; listed.last_used_at === null && looks < 20; looks += 1) [listed] = await lines()
      const { created_at, expires_at, last_used_at, ...rest } = listed
      assert.deepEqual(rest, {
        name: 'a',
        state: 'active',
        scopes: ['verify', 'admin'],
        brands: ['Acme', 'Other'],
        countries: ['GB', 'US'],
        channels: ['sms'],
        context: ['ip', 'account_id'],
        daily_sends: 5,
        spend_per_purchase: '2.50',
        spend_per_month: '50.00',
        revoked_at: null,
      })
      assert.equal(Date.parse(expires_at) - Date.parse(created_at), 90 * 86_400_000)
      assert.ok(Date.parse(last_used_at) > 0, 'its use is written down')
      const text = JSON.stringify(await on.text())
      assert.ok(text.includes('"Acme') || text.includes('Acme'))
      assert.ok(!text.includes(key.slice(8)), 'the ledger holds a hash alone')
    })
  })
}

test('a key that has lived its time opens nothing', async () => {
  await using gateway = await startGateway()
  const key = await makeKey(gateway, { scopes: ['numbers:read'], livesMs: 3_600_000 })
  await gateway.clock.advance(3599)
  assert.equal((await asking(gateway, key)).status, 200)
  await gateway.clock.advance(1)
  const refused = await asking(gateway, key)
  assert.equal(gist(refused), '401 unauthenticated')
  assert.match(refused.body.detail, /expired/)
  assert.equal(refused.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  assert.equal((await asking(gateway)).headers.get('www-authenticate'), 'Bearer')
})

test('a name belongs to one key for ever', async () => {
  using folder = dataFolder()
  const env = { TOLLGATE_DATA_DIR: folder.path }
  const create = () => tollgate(['keys', 'create', '--name', 'checkout', '--scopes', 'verify'], env)
  assert.match(lastLine((await create()).stdout), form)
  const wrong: [words: string[], said: RegExp][] = [
    [['keys', 'create', '--name', 'checkout', '--scopes', 'verify'], /the name checkout is taken/],
    [['keys', 'revoke', 'nobody'], /there is no key nobody/],
    [['keys', 'rotate', 'nobody'], /there is no key nobody/],
  ]
  for (const [words, said] of wrong) {
    const { code, stdout, stderr } = await tollgate(words, env)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, said)
  }
  await tollgate(['keys', 'revoke', 'checkout'], env)
  assert.match((await create()).stderr, /the name checkout is taken/)
  assert.match((await tollgate(['keys', 'rotate', 'checkout'], env)).stderr, /the key checkout is over/)
  assert.match((await tollgate(['keys', 'revoke', 'checkout'], env)).stderr, /revoked already/)
})

test('a wrong call says what is allowed, and makes no ledger', async () => {
  using folder = dataFolder()
  const env = { TOLLGATE_DATA_DIR: folder.path }
  const wrong: [words: string, said: RegExp][] = [
    ['keys', /call it as keys create/],
    ['keys make', /call it as keys create/],
    ['keys list now', /call it as keys create/],
    ['keys revoke', /call it as keys create/],
    ['keys create checkout --scopes verify', /call it as keys create/],
    ['keys list --name checkout', /keys list takes no --name/],
    ['keys create --scopes verify', /--name is/],
    ['keys create --name Checkout --scopes verify', /--name is/],
    ['keys create --name local --scopes verify', /not local/],
    ['keys create --name checkout', /--scopes is one or more of verify,/],
    ['keys create --name checkout --scopes verify,all', /--scopes is one or more of verify,/],
    ['keys create --name checkout --scopes verify --countries GB,England', /--countries takes two-letter regions/],
    ['keys create --name checkout --scopes verify --channels fax', /--channels takes sms,tts/],
    ['keys create --name checkout --scopes verify --brands ,', /--brands takes brands/],
    [
      'keys create --name checkout --scopes verify --context name',
      /--context takes ip,session_id,account_id,device_id/,
    ],
    ['keys create --name checkout --scopes verify --daily-sends many', /--daily-sends is a whole number/],
    ['keys create --name checkout --scopes verify --spend-per-day lots', /--spend-per-day is an amount of euros/],
    ['keys create --name checkout --scopes verify --expires 2027', /--expires is "2027"; allowed are/],
    ['keys create --name checkout --scopes verify --expires 0', /--expires is 0/],
    ['keys rotate checkout --overlap week', /--overlap is "week"/],
  ]
  for (const [words, said] of wrong) {
    const { code, stdout, stderr } = await tollgate(words.split(' '), env)
    assert.deepEqual([code, stdout], [2, ''], words)
    assert.match(stderr, said, words)
  }
  assert.match((await tollgate(['keys', 'list'], { ...env, TOLLGATE_MODE: 'live' })).stderr, /without credentials/)
  assert.deepEqual(Object.keys(await ledgerText({ TOLLGATE_DATA_DIR: folder.path }).catch(() => ({}))), [])
})

test('an address that others may reach needs a key first', async () => {
  using folder = dataFolder()
  const ports = { TOLLGATE_REST_PORT: '0', TOLLGATE_MCP_PORT: '0', TOLLGATE_SIMULATOR_PORT: '0' }
  const env = { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_HOST: '0.0.0.0', TOLLGATE_MODE: 'sandbox', ...ports }
  const refused = await tollgate([], env)
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(
    refused.stderr,
    /^tollgate: TOLLGATE_HOST is 0\.0\.0\.0, .* tollgate keys create, or listen on 127\.0\.0\.1\n$/,
  )
  const key = lastLine((await tollgate(['keys', 'create', '--name', 'a', '--scopes', 'numbers:read'], env)).stdout)
  await using served = await serve([], env)
  const [rest = '', , simulator = ''] = served.addresses
  assert.match(served.banner, /curl .* -H "Authorization: Bearer \$TOLLGATE_KEY"/)
  assert.equal((await fetch(`${rest}/v1/numbers`)).status, 401)
  assert.equal((await fetch(`${rest}/v1/numbers`, { headers: bearer(key) })).status, 200)
  await assert.rejects(fetch(simulator.replace('127.0.0.1', '127.0.0.2')), 'its inbox shows codes to everybody')
})

test('a key of one ledger is none of another, and one of another mode is told so', async () => {
  await using one = await startGateway()
  await using other = await startGateway()
  const key = await makeKey(one)
  await makeKey(other)
  const path = `/v1/verifications/${'0'.repeat(32)}`
  assert.match((await other.rest('GET', path, undefined, bearer(key))).body.detail, /does not know this key/)
  const live = key.replace('tg_test_', 'tg_live_')
  const { detail } = (await one.rest('GET', path, undefined, bearer(live))).body
  assert.match(detail, /key of a live gateway, and here is a sandbox/)
})

test('every operation says in the documentation which scope it takes', async () => {
  await using gateway = await startGateway()
  const { paths } = (await gateway.rest('GET', '/openapi.json')).body
  for (const { rest, scope } of operations) {
    assert.match(paths[rest.path][rest.method.toLowerCase()].description, new RegExp(`Scope: \`${scope}\`\\.$`))
  }
})
