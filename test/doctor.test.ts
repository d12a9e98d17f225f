import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBeside } from './support/beside.ts'
import { dataFolder, tollgate } from './support/serving.ts'

const live = {
  VONAGE_API_KEY: 'k',
  VONAGE_API_SECRET: 's',
  TOLLGATE_COUNTRIES: 'GB',
  TOLLGATE_DAILY_SENDS: '10',
}

/** What is said of whom: `breaks TOLLGATE_MODE`. */
const gists = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => (/^(\w+ {2}[^:]+):/.exec(line)?.[1] ?? line).replace('  ', ' '))

async function examined(env: Record<string, string>) {
  const { code, stdout, stderr } = await tollgate(['doctor'], env)
  return { code, said: gists(stdout), stdout, stderr }
}

test('a live gateway as the README starts it breaks nothing but that it has no key', async () => {
  using folder = dataFolder()
  const env = { ...live, TOLLGATE_DATA_DIR: folder.path }
  const before = await examined(env)
  assert.deepEqual([before.code, before.said], [1, ['breaks keys', 'note VONAGE_API_KEY', 'note SMS and calls']])
  assert.match(before.stdout, /subaccount of its own/)
  assert.match(before.stderr, /1 rule is broken/)
  await tollgate(['keys', 'create', '--name', 'a', '--scopes', 'verify', '--expires', '90d'], env)
  const after = await examined(env)
  assert.deepEqual([after.code, after.said], [0, ['note VONAGE_API_KEY', 'note SMS and calls']], after.stdout)
  assert.match(after.stderr, /no rule is broken/)
})

const settings: [env: Record<string, string>, said: string][] = [
  [{ TOLLGATE_CODE_LENGTH: '4' }, 'breaks TOLLGATE_CODE_LENGTH'],
  [{ TOLLGATE_PIN_EXPIRY_MAX: '601' }, 'breaks TOLLGATE_PIN_EXPIRY_MAX'],
  [{ TOLLGATE_SENDS_PER_NUMBER: 'off' }, 'breaks TOLLGATE_SENDS_PER_NUMBER'],
  [{ TOLLGATE_SPENDING_MCP: 'allow' }, 'breaks TOLLGATE_SPENDING_MCP'],
  [{ TOLLGATE_ERASE_AFTER_DAYS: '365' }, 'breaks TOLLGATE_ERASE_AFTER_DAYS'],
  [{ TOLLGATE_HOST: '0.0.0.0', TOLLGATE_MODE: 'sandbox' }, 'breaks TOLLGATE_PUBLIC_URL'],
  [{ TOLLGATE_PUBLIC_URL: 'http://verify.example' }, 'breaks TOLLGATE_PUBLIC_URL'],
  [{ TOLLGATE_PUBLIC_URL: 'https://verify.example' }, 'note TOLLGATE_TRUSTED_PROXIES'],
  [{ TOLLGATE_WORKFLOW_ID: '7' }, 'note TOLLGATE_WORKFLOW_ID'],
  [{}, 'note TOLLGATE_MODE'],
  [{ ...live, TOLLGATE_RATE_PER_CALLER: 'off' }, 'breaks TOLLGATE_RATE_PER_CALLER, TOLLGATE_RATE_PER_ADDRESS'],
]

for (const [env, said] of settings) {
  test(`it says ${said} of ${JSON.stringify(env)}, and not of what is in order`, async () => {
    using folder = dataFolder()
    const inOrder = { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_SENDS_PER_NUMBER: '3/10m' }
    const found = await examined({ ...inOrder, ...env })
    assert.ok(found.said.includes(said), found.stdout || found.stderr)
    const without = await examined({ ...inOrder, ...(said === 'note TOLLGATE_MODE' ? live : {}) })
    assert.ok(!without.said.includes(said), without.stdout)
  })
}

test('it looks at keys, the audit and the file of the data keys', async () => {
  await using on = await startBeside('SQLite')
  const env = { ...on.vonage.env, ...on.env, TOLLGATE_SENDS_PER_NUMBER: '3/10m' }
  await on.command(['keys', 'create', '--name', 'both', '--scopes', 'admin,numbers:buy'])
  await on.command(['keys', 'create', '--name', 'idle', '--scopes', 'verify', '--expires', '365d'])
  const { stdout } = await examined(env)
  assert.match(stdout, /breaks {2}keys: keys of scope admin do other things too: both;/)
  assert.match(stdout, /note {2}keys: keys without an end: both;/)
  assert.doesNotMatch(stdout, /idle|audit|data\.keys/)
  await on.sql('update api_keys set created_at = created_at - 8000000000')
  await on.sql("update audit set actor = 'x' where sequence = 1")
  chmodSync(join(on.folder, 'data.keys'), 0o644)
  const worse = await examined(env)
  assert.match(worse.stdout, /keys that nobody has used for 90 days: both, idle;/)
  assert.match(worse.stdout, /breaks {2}audit: entry 1 was changed;/)
  assert.match(worse.stdout, /breaks {2}data\.keys: others on this machine/)
  assert.match(worse.stdout, /breaks {2}TOLLGATE_SPENDING_REST: whoever may buy over MCP with approval .* REST: both;/)
  const [revoked] = [await on.command(['keys', 'revoke', 'both'])]
  assert.equal(revoked?.code, 0)
  assert.doesNotMatch((await examined(env)).stdout, /scope admin|without an end/)
})
