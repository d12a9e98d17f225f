import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as z from 'zod'
import { readConfig } from '../src/config.ts'
import { createGateway } from '../src/gateway.ts'
import { ConfigError } from '../src/settings.ts'
import { startSimulator } from '../src/simulator/simulator-under-test.ts'
import { freePorts, startGateway } from './support/gateway.ts'
import { dataFolder, serve, tollgate } from './support/serving.ts'
import { gist, verifying } from './support/verifying.ts'

type Env = Record<string, string>

const account = { VONAGE_API_KEY: '5a4db0c5', VONAGE_API_SECRET: 'sandboxSecret1' }
const live = { ...account, TOLLGATE_COUNTRIES: 'GB', TOLLGATE_DAILY_SENDS: '100' }
const loopback = { VONAGE_API_HOST: 'http://127.0.0.1:8083' }
const hex = 'ab'.repeat(32)

/** What is set, and what the one line of refusal says: each word stands in it. */
const refusals: [env: Env, ...says: string[]][] = [
  [{ VONAGE_API_KEY: 'k' }, 'VONAGE_API_SECRET is not set', 'set both for live, or neither for a sandbox'],
  [{ VONAGE_API_SECRET: 'topsecret' }, 'VONAGE_API_KEY is not set', 'set both'],
  [{ VONAGE_API_KEY: 'k', VONAGE_API_SECRET: '' }, 'VONAGE_API_SECRET is not set'],
  [{ VONAGE_API_KEY: 'k', TOLLGATE_MODE: 'sandbox' }, 'VONAGE_API_SECRET is not set'],
  [{ TOLLGATE_MODE: 'live' }, 'TOLLGATE_MODE is live without credentials', 'set VONAGE_API_KEY and VONAGE_API_SECRET'],
  [{ ...live, ...loopback }, 'VONAGE_API_HOST is a loopback address', 'TOLLGATE_MODE=sandbox', 'TOLLGATE_MODE=live'],
  [{ ...live, VONAGE_API_HOST: 'http://localhost:1' }, 'VONAGE_API_HOST is a loopback address'],
  [{ ...account, TOLLGATE_MODE: 'sandbox' }, 'TOLLGATE_MODE is sandbox with Vonage credentials', 'VONAGE_API_HOST'],
  [{ ...account, TOLLGATE_MODE: 'sandbox', VONAGE_API_HOST: 'https://vonage.example' }, 'TOLLGATE_MODE is sandbox'],
  [
    { ...account, ...loopback, TOLLGATE_MODE: 'sandbox', VONAGE_REST_HOST: 'https://rest.nexmo.com' },
    'TOLLGATE_MODE is sandbox',
  ],
  [{ ...live, VONAGE_REST_HOST: 'http://127.0.0.1:1' }, 'VONAGE_REST_HOST is a loopback address', 'TOLLGATE_MODE=live'],
  [
    { ...live, ...loopback, TOLLGATE_MODE: 'live' },
    'VONAGE_API_HOST is a loopback address and VONAGE_REST_HOST is not',
  ],
  [
    { ...live, VONAGE_REST_HOST: 'http://localhost:1', TOLLGATE_MODE: 'live' },
    'VONAGE_REST_HOST is a loopback address and VONAGE_API_HOST is not',
  ],
  [{ ...live, VONAGE_API_HOST: 'http://api.nexmo.com' }, 'VONAGE_API_HOST begins with http://', 'use https://'],
  [{ ...live, VONAGE_REST_HOST: 'http://rest.nexmo.com' }, 'VONAGE_REST_HOST begins with http://'],
  [loopback, 'VONAGE_API_HOST is set without credentials', 'set VONAGE_API_KEY'],
  [{ ...loopback, TOLLGATE_MODE: 'sandbox' }, 'VONAGE_API_HOST is set without credentials'],
  [{ VONAGE_REST_HOST: 'http://127.0.0.1:1' }, 'VONAGE_REST_HOST is set without credentials'],
  [{ TOLLGATE_MODE: 'production' }, 'TOLLGATE_MODE is "production"', 'sandbox, live'],
  [{ TOLLGATE_HOST: '0.0.0.0' }, 'TOLLGATE_HOST is 0.0.0.0', 'TOLLGATE_MODE=sandbox'],
  [{ TOLLGATE_HOST: 'gateway.example' }, 'TOLLGATE_HOST', 'IP address'],
  [{ TOLLGATE_HOST: '[::1]' }, 'TOLLGATE_HOST is "[::1]"', 'localhost or an IP address'],
  [{ TOLLGATE_HOST: '127.999.0.1' }, 'TOLLGATE_HOST', 'IP address'],
  [{ TOLLGATE_HOST: '127.1' }, 'TOLLGATE_HOST', 'IP address'],
  [{ DATABASE_URL: 'postgres://db/tollgate' }, 'DATABASE_URL', 'PostgreSQL', 'set VONAGE_API_KEY', 'simulator'],
  [{ ...live, DATABASE_URL: 'postgresql://user:dbpassword@db/x' }, 'TOLLGATE_DATA_KEYS', 'with PostgreSQL', 'openssl'],
  [{ ...live, DATABASE_URL: 'postgres://user:dbpassword@db' }, 'DATABASE_URL names no database', 'postgres://'],
  [{ DATABASE_URL: 'sqlite::memory:' }, 'DATABASE_URL names no file', 'sqlite:/path'],
  [{ DATABASE_URL: '/var/ledger.db' }, 'DATABASE_URL is no ledger', 'sqlite:/path'],
  [{ TOLLGATE_REST_PROT: '1' }, 'TOLLGATE_REST_PROT is no setting', 'TOLLGATE_REST_PORT'],
  [{ ...account, TOLLGATE_DAILY_SENDS: '1' }, 'TOLLGATE_COUNTRIES is not set', 'live it is required'],
  [{ ...account, TOLLGATE_COUNTRIES: 'GB' }, 'TOLLGATE_DAILY_SENDS is not set', 'live it is required'],
  [{ ...live, TOLLGATE_COUNTRIES: '' }, 'TOLLGATE_COUNTRIES is not set'],
  [{ TOLLGATE_COUNTRIES: 'gb' }, 'TOLLGATE_COUNTRIES', 'GB,US'],
  [{ ...live, TOLLGATE_COUNTRIES: 'US,UK' }, 'TOLLGATE_COUNTRIES names "UK"', 'GB,US'],
  [{ TOLLGATE_COUNTRIES: 'GB,,US' }, 'TOLLGATE_COUNTRIES'],
  [{ TOLLGATE_DAILY_SENDS: '-1' }, 'TOLLGATE_DAILY_SENDS is "-1"', 'whole number from 0'],
  [{ TOLLGATE_SENDS_PER_NUMBER: '3 per hour' }, 'TOLLGATE_SENDS_PER_NUMBER', '3/10m,5/1h,10/24h'],
  [{ TOLLGATE_SENDS_PER_NUMBER: '3/0m' }, 'TOLLGATE_SENDS_PER_NUMBER'],
  [{ ...live, TOLLGATE_SENDS_PER_NUMBER: 'off' }, 'TOLLGATE_SENDS_PER_NUMBER is off', 'live it must be limits'],
  [{ TOLLGATE_REST_PORT: '65536' }, 'TOLLGATE_REST_PORT', '0 to 65535'],
  [{ TOLLGATE_MCP_PORT: 'http' }, 'TOLLGATE_MCP_PORT', '0 to 65535'],
  [{ TOLLGATE_SIMULATOR_PORT: '8083.5' }, 'TOLLGATE_SIMULATOR_PORT', '0 to 65535'],
  [{ TOLLGATE_UPSTREAM_TIMEOUT_MS: '9' }, 'TOLLGATE_UPSTREAM_TIMEOUT_MS', '10 to 30000'],
  [{ TOLLGATE_UPSTREAM_RPS: '0' }, 'TOLLGATE_UPSTREAM_RPS', 'from 1'],
  [{ TOLLGATE_NUMBERS_RPS: '1e3' }, 'TOLLGATE_NUMBERS_RPS', 'from 1'],
  [{ TOLLGATE_CODE_LENGTH: '5' }, 'TOLLGATE_CODE_LENGTH', '4, 6'],
  [{ TOLLGATE_WORKFLOW_ID: '8' }, 'TOLLGATE_WORKFLOW_ID', '1 to 7'],
  [{ TOLLGATE_PIN_EXPIRY: '601' }, 'TOLLGATE_PIN_EXPIRY is 601', 'TOLLGATE_PIN_EXPIRY_MAX, 600'],
  [{ TOLLGATE_PIN_EXPIRY: '59' }, 'TOLLGATE_PIN_EXPIRY', '60 to 3600'],
  [{ TOLLGATE_PIN_EXPIRY_MAX: '3601' }, 'TOLLGATE_PIN_EXPIRY_MAX', '60 to 3600'],
  [{ TOLLGATE_TOKEN_PHONE_NUMBER: 'no' }, 'TOLLGATE_TOKEN_PHONE_NUMBER is "no"', 'on, off'],
  [{ TOLLGATE_TOKEN_KEY_DAYS: '0' }, 'TOLLGATE_TOKEN_KEY_DAYS is "0"', '1 to 365'],
  [{ TOLLGATE_MCP_TOOLS: 'buy-number,sell-number' }, 'TOLLGATE_MCP_TOOLS names "sell-number"', 'buy-number'],
  [{ TOLLGATE_PUBLIC_URL: 'verify.example.com' }, 'TOLLGATE_PUBLIC_URL', 'https://'],
  [{ TOLLGATE_PUBLIC_URL: 'ftp://verify.example.com' }, 'TOLLGATE_PUBLIC_URL'],
  [{ ...live, VONAGE_API_HOST: 'api.nexmo.com' }, 'VONAGE_API_HOST is no web address', 'https://'],
  [{ ...live, VONAGE_API_HOST: 'https://api.nexmo.com/v1' }, 'VONAGE_API_HOST has a path'],
  [{ TOLLGATE_LOG_LEVEL: 'verbose' }, 'TOLLGATE_LOG_LEVEL', 'debug'],
  [{ TOLLGATE_URL: 'nonsense' }, 'TOLLGATE_URL is no web address'],
]

describe('a configuration that leaves something open stops the start with one line', () => {
  for (const [env, ...says] of refusals) {
    test(
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
      () => {
        assert.throws(
          () => readConfig(env),
          (error) => {
            assert.ok(error instanceof ConfigError)
            for (const words of says) assert.ok(error.message.includes(words), error.message)
            assert.doesNotMatch(error.message, /\n|topsecret|sandboxSecret1|dbpassword/)
            return true
          },
        )
      },
    )
  }
})

const allowed: [env: Env, mode: string, vonage: string | undefined][] = [
  [{}, 'sandbox', undefined],
  [{ TOLLGATE_MODE: 'sandbox' }, 'sandbox', undefined],
  [{ VONAGE_API_KEY: '', VONAGE_API_SECRET: '' }, 'sandbox', undefined],
  [{ TOLLGATE_HOST: 'localhost', DATABASE_URL: 'sqlite:/x/y.db' }, 'sandbox', undefined],
  [live, 'live', 'https://api.nexmo.com'],
  [{ ...live, TOLLGATE_MODE: 'live' }, 'live', 'https://api.nexmo.com'],
  [
    { ...live, ...loopback, VONAGE_REST_HOST: 'http://[::1]:8083', TOLLGATE_MODE: 'live' },
    'live',
    'http://127.0.0.1:8083',
  ],
  [{ TOLLGATE_HOST: '127.8.9.1' }, 'sandbox', undefined],
  [{ TOLLGATE_HOST: '::', TOLLGATE_MODE: 'sandbox' }, 'sandbox', undefined],
  [{ ...live, TOLLGATE_HOST: '10.0.0.1' }, 'live', 'https://api.nexmo.com'],
  [{ TOLLGATE_HOST: '::1' }, 'sandbox', undefined],
  [{ TOLLGATE_SENDS_PER_NUMBER: 'off' }, 'sandbox', undefined],
  [{ ...live, VONAGE_API_HOST: 'https://api-eu.vonage.com' }, 'live', 'https://api-eu.vonage.com'],
  [{ ...account, ...loopback, TOLLGATE_MODE: 'sandbox' }, 'sandbox', 'http://127.0.0.1:8083'],
]

for (const [env, mode, vonage] of allowed) {
  test(`${mode} on ${vonage ?? 'its own simulator'} with ${JSON.stringify(Object.keys(env))}`, () => {
    const config = readConfig(env)
    assert.equal(config.mode, mode)
    assert.equal(config.simulator === undefined ? config.vonage.apiHost : undefined, vonage)
  })
}

test('a sandbox with a simulator elsewhere asks it for numbers too', () => {
  const { vonage } = readConfig({ ...account, ...loopback, TOLLGATE_MODE: 'sandbox' })
  assert.equal(vonage.restHost, loopback.VONAGE_API_HOST)
})

async function assertRefuses(env: Env, ...says: (string | RegExp)[]): Promise<void> {
  const { code, stdout, stderr } = await tollgate([], { ...freePorts, ...env })
  assert.deepEqual([code, stdout], [1, ''], stderr)
  assert.match(stderr, /^tollgate: [^\n]+\n$/)
  for (const words of says) assert.ok(stderr.match(words), stderr)
}

describe('the program refuses to start, says why in one line and exits with 1', { concurrency: 3 }, () => {
  test('with one credential of two, and makes no ledger', async () => {
    using folder = dataFolder()
    const data = join(folder.path, 'data')
    await assertRefuses({ VONAGE_API_KEY: 'k', TOLLGATE_DATA_DIR: data }, 'VONAGE_API_SECRET is not set')
    assert.ok(!existsSync(data))
  })

  test('in a data folder that cannot be, on a ledger that is none, and on a lock that is broken', async () => {
    using folder = dataFolder()
    const file = join(folder.path, 'file')
    writeFileSync(file, 'This is no database. '.repeat(100))
    await assertRefuses({ TOLLGATE_DATA_DIR: join(file, 'data') }, 'TOLLGATE_DATA_DIR cannot be used: ENOTDIR')
    const env = { TOLLGATE_DATA_DIR: folder.path }
    await assertRefuses(
      { ...env, DATABASE_URL: `sqlite:${file}/ledger.db` },
      /cannot be kept in .*file\/ledger\.db\.lock \(EEXIST/,
    )
    await assertRefuses(
      { ...env, DATABASE_URL: `sqlite:${file}` },
      /cannot be kept in .*file \(file is not a database\)/,
    )
    renameSync(file, join(folder.path, 'ledger.db.lock'))
    await assertRefuses(env, /cannot be kept in .*ledger\.db\.lock \(file is not a database\)/)
  })

  for (const keys of ['nonsense', hex, `${hex}:${hex.slice(1)}`, `${hex}:${hex}:`]) {
    test(`with data keys ${keys.length} characters long`, async () => {
      using folder = dataFolder()
      const env = { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_DATA_KEYS: keys }
      await assertRefuses(env, /TOLLGATE_DATA_KEYS: data keys are/, /^(?!.*abab)/)
    })
  }

  test('live on the ledger of a sandbox, and with other data keys than the ledger was made with', async () => {
    using folder = dataFolder()
    const made = createGateway(
      readConfig({ ...freePorts, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }),
    )
    await made.start()
    await made.close()
    await assertRefuses({ ...live, TOLLGATE_DATA_DIR: folder.path }, /is a sandbox ledger: set TOLLGATE_MODE=sandbox/)
    const otherKeys = { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_DATA_KEYS: `${hex}:${hex}` }
    await assertRefuses(otherKeys, /other data keys: set TOLLGATE_DATA_KEYS/)
    assert.equal(statSync(join(folder.path, 'data.keys')).mode & 0o777, 0o600)
  })

  test('on a port that is in use', async () => {
    using folder = dataFolder()
    await using taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = z.object({ port: z.number() }).parse(taken.address())
    for (const name of ['TOLLGATE_REST_PORT', 'TOLLGATE_MCP_PORT', 'TOLLGATE_SIMULATOR_PORT']) {
      const env = { TOLLGATE_DATA_DIR: folder.path, [name]: String(port) }
      await assertRefuses(env, `port ${port} is in use`, /set TOLLGATE_REST_PORT/)
    }
  })

  test('on a ledger that another one serves', async () => {
    using folder = dataFolder()
    const env = { ...freePorts, TOLLGATE_DATA_DIR: folder.path }
    await using first = await serve([], env)
    await assertRefuses(env, /another tollgate serves the ledger .*ledger\.db: stop it/)
    assert.equal((await fetch(`${first.addresses[0]}/readyz`)).status, 200)
  })
})

describe('live', () => {
  async function startLive(env: Env = {}) {
    const vonage = await startSimulator()
    const gateway = await startGateway({
      env: { ...live, TOLLGATE_MODE: 'live', VONAGE_API_HOST: vonage.base, VONAGE_REST_HOST: vonage.base, ...env },
    })
    return {
      vonage,
      gateway,
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]()
        await vonage[Symbol.asyncDispose]()
      },
    }
  }
  // A real range: fictional numbers are no numbers of a country here.
  const real = '447400123456'

  test('numbers are searched, but not bought, changed or released, and Vonage hears nothing of it', async () => {
    await using on = await startLive()
    const found = await on.gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
    const { country, msisdn } = found.body.numbers[0]
    const before = on.vonage.calls.length
    const orders = [
      await on.gateway.rest('POST', '/v1/numbers', { country, msisdn }),
      await on.gateway.rest('PATCH', `/v1/numbers/${country}/${msisdn}`, { moHttpUrl: '' }),
      await on.gateway.rest('DELETE', `/v1/numbers/${country}/${msisdn}`),
    ]
    for (const answer of orders) assert.equal(gist(answer), '403 forbidden')
    assert.equal(on.vonage.calls.length, before)
  })

  test('a number gets three messages in ten minutes unless it is set otherwise', async () => {
    await using on = await startLive()
    const { start, check, request } = verifying(on.gateway, real)
    for (let sent = 0; sent < 3; sent += 1) {
      assert.equal((await check(await start(), on.vonage.lastCode(real))).status, 200)
    }
    assert.equal(gist(await request()), '429 quota_exceeded')
    assert.equal(on.vonage.simulator.messages(real).length, 3)
  })

  test('all messages of a day count, and only listed countries get any', async () => {
    await using on = await startLive({ TOLLGATE_DAILY_SENDS: '1' })
    const { start, request } = verifying(on.gateway, real)
    await start()
    assert.equal(gist(await request({ number: '447400123457' })), '429 quota_exceeded')
    assert.equal(gist(await request({ number: '+46 70 123 45 67' })), '403 country_not_allowed')
    assert.equal(gist(await request({ number: '+883 5100 0123 4567' })), '403 country_not_allowed')
    assert.equal(gist(await request({ number: '+1 202 555 0123' })), '403 country_not_allowed')
    assert.equal(on.vonage.calls.length, 1)
  })

  test('a fictional number is a number of no country', async () => {
    await using on = await startLive()
    assert.equal(gist(await verifying(on.gateway).request()), '403 country_not_allowed')
    assert.equal(on.vonage.calls.length, 0)
  })

  test('no page says sandbox, and no simulator runs', async () => {
    await using on = await startLive()
    assert.doesNotMatch((await on.gateway.rest('GET', '/docs')).body, /Sandbox/)
    assert.equal(on.gateway.addresses.simulator, on.vonage.base)
  })
})
