import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { ConfigError } from '../src/settings.ts'
import { startGateway } from './support/gateway.ts'
import { dataFolder, tollgate } from './support/serving.ts'
import { verifying } from './support/verifying.ts'
import { deliver, someSecret, startReceiver, startTelling } from './support/webhooks.ts'

const withUrl = (TOLLGATE_WEBHOOK_URLS: string, more: Record<string, string> = {}) =>
  readConfig({ TOLLGATE_WEBHOOK_URLS, TOLLGATE_WEBHOOK_SECRET: someSecret, ...more })

for (const [url, address] of [
  ['http://127.0.0.1:9000/hooks', '127.0.0.1'],
  ['http://127.1/', '127.0.0.1'],
  ['http://0177.0.0.1/', '127.0.0.1'],
  ['http://0x7f000001/', '127.0.0.1'],
  ['http://2130706433/', '127.0.0.1'],
  ['https://example.com/,http://10.1.2.3/', '10.1.2.3'],
  ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
  ['http://[::1]:9000/', '::1'],
  ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ['http://[fd00::1]/', 'fd00::1'],
  ['http://0/', '0.0.0.0'],
] as const) {
  test(`a start with ${url} as the address of webhooks is refused, unless such addresses are allowed`, () => {
    assert.throws(
      () => withUrl(url),
      new ConfigError(
        `TOLLGATE_WEBHOOK_URLS names ${address}, which is not of the public internet: set TOLLGATE_WEBHOOK_PRIVATE_TARGETS=allow for receivers on this machine or in your own network`,
      ),
    )
    assert.ok(withUrl(url, { TOLLGATE_WEBHOOK_PRIVATE_TARGETS: 'allow' }).webhooks)
  })
}

const wrong: Record<string, [env: Record<string, string>, says: RegExp]> = {
  'addresses without a secret': [
    { TOLLGATE_WEBHOOK_URLS: 'https://example.com/' },
    /^TOLLGATE_WEBHOOK_SECRET is not set/,
  ],
  'a secret without addresses': [{ TOLLGATE_WEBHOOK_SECRET: someSecret }, /^TOLLGATE_WEBHOOK_URLS is not set/],
  'something else than a web address': [
    { TOLLGATE_WEBHOOK_URLS: 'ftp://example.com/', TOLLGATE_WEBHOOK_SECRET: someSecret },
    /^TOLLGATE_WEBHOOK_URLS names no web address; allowed are https/,
  ],
  'credentials in an address': [
    { TOLLGATE_WEBHOOK_URLS: 'https://me:hidden@example.com/', TOLLGATE_WEBHOOK_SECRET: someSecret },
    /^TOLLGATE_WEBHOOK_URLS names no web address/,
  ],
  'a secret of another form': [
    { TOLLGATE_WEBHOOK_URLS: 'https://example.com/', TOLLGATE_WEBHOOK_SECRET: 'hidden' },
    /^TOLLGATE_WEBHOOK_SECRET is no signing secret; allowed is whsec_/,
  ],
  'a secret that is too short': [
    {
      TOLLGATE_WEBHOOK_URLS: 'https://example.com/',
      TOLLGATE_WEBHOOK_SECRET: `${someSecret} whsec_${btoa('hidden'.repeat(3))}`,
    },
    /^TOLLGATE_WEBHOOK_SECRET is no signing secret/,
  ],
  'a secret that is too long': [
    { TOLLGATE_WEBHOOK_URLS: 'https://example.com/', TOLLGATE_WEBHOOK_SECRET: `whsec_${btoa('hidden'.repeat(11))}` },
    /^TOLLGATE_WEBHOOK_SECRET is no signing secret/,
  ],
}

for (const [what, [env, says]] of Object.entries(wrong)) {
  test(`${what} stops the start with a line that does not show it`, () => {
    assert.throws(
      () => readConfig(env),
      ({ name, message }: Error) =>
        name === 'ConfigError' && says.test(message) && !message.includes('\n') && !/hidden|aGlkZGVu/.test(message),
    )
  })
}

test('a name that resolves to this machine is refused: nothing is sent, and the log and the list say why', async () => {
  using folder = dataFolder()
  await using receiver = await startReceiver()
  const url = receiver.url.replace('127.0.0.1', 'localhost')
  const env = { ...receiver.env, TOLLGATE_WEBHOOK_URLS: url }
  const refusing = { ...env, TOLLGATE_WEBHOOK_PRIVATE_TARGETS: 'refuse' }
  {
    await using gateway = await startGateway({ env: refusing, dataDir: folder.path })
    const { start, cancel } = verifying(gateway)
    await cancel(await start())
    await deliver(gateway.clock)
    const refusals = gateway.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'webhook not delivered')
    const reason =
      /^refused: localhost is (127\.0\.0\.1|::1), not of the public internet \(TOLLGATE_WEBHOOK_PRIVATE_TARGETS\)$/
    assert.deepEqual([refusals.length, refusals[0]?.level, refusals[0]?.attempts], [2, 40, 1])
    assert.match(refusals[0]?.reason, reason)
    const { stdout } = await tollgate(['webhooks', 'list'], { TOLLGATE_DATA_DIR: folder.path })
    assert.match(JSON.parse(stdout.split('\n')[0] ?? '').last_error, reason)
    await gateway.clock.advance(25 * 3600)
    const dead = await tollgate(['webhooks', 'list', '--state', 'dead'], { TOLLGATE_DATA_DIR: folder.path })
    assert.equal(dead.stdout.trimEnd().split('\n').length, 2)
    assert.deepEqual(receiver.heard, [])
  }
  await tollgate(['webhooks', 'replay', '--all-dead'], { TOLLGATE_DATA_DIR: folder.path })
  await using gateway = await startGateway({ env, dataDir: folder.path })
  await deliver(gateway.clock)
  assert.equal(receiver.heard.length, 2, 'once it is allowed')
})

test('a redirect is not followed, and counts as not taken', async () => {
  await using inner = await startReceiver()
  await using gateway = await startTelling()
  gateway.receiver.answer(() => ({ status: 307, location: inner.url }))
  const id = await verifying(gateway).start()
  await gateway.tell()
  await gateway.clock.advance(5)
  assert.deepEqual([gateway.receiver.of(id).length, inner.heard.length], [2, 0])
  assert.match(gateway.log.join(''), /"reason":"HTTP 307"/)
})

test('the log names the host of an address only, for the rest may be a secret', async () => {
  await using receiver = await startReceiver()
  await using gateway = await startGateway({
    env: { ...receiver.env, TOLLGATE_WEBHOOK_URLS: `${receiver.url}/sesame?token=sesame` },
  })
  receiver.answer(() => ({ status: 500 }))
  await verifying(gateway).start()
  await gateway.clock.advance(25 * 3600)
  const lines = gateway.log.filter((line) => line.includes('webhook'))
  assert.ok(lines.length > 10)
  for (const line of lines) assert.doesNotMatch(line, /sesame|whsec_/)
})
