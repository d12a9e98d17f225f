import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { policySchema } from '../src/guard/policy-schema.ts'
import { engines, startBeside } from './support/beside.ts'
import { startGateway } from './support/gateway.ts'
import { dataFolder, serve, tollgate } from './support/serving.ts'
import { untilNone } from './support/until.ts'
import { gist, verifying } from './support/verifying.ts'

/** A gateway with this policy. */
async function startWith(policy: string) {
  const folder = dataFolder()
  const file = join(folder.path, 'policy.yaml')
  writeFileSync(file, policy)
  const gateway = await startGateway({ env: { TOLLGATE_POLICY: file }, dataDir: folder.path })
  return {
    ...gateway,
    file,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

type Gateway = Awaited<ReturnType<typeof startWith>>
const asked = async (gateway: Gateway, number: string, more = {}) =>
  gist(await verifying(gateway, number).request(more))

const drama = '447700900123'
const reason = 'reason: because it is so'
const tomorrow = 'until: 2026-01-02'

test('a country, a prefix, a number and a caller are blocked, each for a reason of its own', async () => {
  await using gateway = await startWith(`
countries: {regions: {FR: block}}
suppressed: [{number: +447700900001, ${reason}}]
overrides:
- {prefix: +44770090002, action: block, ${reason}, ${tomorrow}}
- {number: "+44 7700 900030", action: block, ${reason}, ${tomorrow}}
- {country: DE, action: block, ${reason}, ${tomorrow}}
`)
  const answers = {
    '33612345678': '403 country_not_allowed',
    '4915112345678': '403 country_not_allowed',
    '447700900001': '422 number_not_allowed',
    '447700900029': '422 number_not_allowed',
    '447700900030': '422 number_not_allowed',
    '447700900031': '200 pending',
  }
  for (const [number, answer] of Object.entries(answers)) assert.equal(await asked(gateway, number), answer, number)
  assert.equal(gateway.calls.length, 1)
})

test('where a default blocks, regions that are named get codes, and numbers of no region none', async () => {
  await using gateway = await startWith('countries: {default: block, regions: {GB: allow}}')
  assert.equal(await asked(gateway, drama), '200 pending')
  assert.equal(await asked(gateway, '33612345678'), '403 country_not_allowed')
  assert.equal(await asked(gateway, '+44 7700 123 4567'), '422 invalid_request')
  const { body } = await verifying(gateway, '33612345678').request()
  assert.equal(body.detail, 'Codes are not sent to numbers of FR.')
})

test('a caller is blocked by its name', async () => {
  await using gateway = await startWith(`overrides: [{key: local, action: block, ${reason}, ${tomorrow}}]`)
  assert.equal(await asked(gateway, drama), '403 forbidden')
})

test('kinds of lines that are named get no codes, and others do', async () => {
  await using gateway = await startWith('line_types: {refuse: [mobile]}')
  assert.equal(await asked(gateway, drama), '422 number_not_allowed')
  assert.equal(await asked(gateway, '+44 909 879 0000'), '200 pending')
})

test('an override holds to its date, and the first that fits decides', async () => {
  await using gateway = await startWith(`
overrides:
- {number: +449098790000, action: allow, ${reason}, until: 2026-01-01}
- {prefix: +44909, action: block, ${reason}, until: "2026-01-01T12:01:00Z"}
`)
  assert.equal(await asked(gateway, '+44 909 879 0000'), '200 pending')
  assert.equal(await asked(gateway, '+44 909 879 0001'), '422 number_not_allowed')
  await gateway.clock.advance(60)
  const { body } = await verifying(gateway, '+44 909 879 0001').request()
  assert.equal(body.detail, 'Codes are not sent to premium-rate numbers.', 'now by the rule on kinds of lines')
  await gateway.clock.advance(12 * 3600 - 61)
  assert.equal(await asked(gateway, '+44 909 879 0000'), '200 pending', 'to the end of the day')
  await gateway.clock.advance(1)
  assert.equal(await asked(gateway, '+44 909 879 0000'), '422 number_not_allowed')
})

test('where messages do not arrive nothing is sent, and callers are told how long and what else may do', async () => {
  await using gateway = await startWith(`
outages:
- {country: GB, channel: sms, ${reason}, until: "2026-01-01T13:00:00Z"}
- {country: FR, ${reason}}
`)
  const { status, body, headers } = await verifying(gateway, drama).request()
  assert.deepEqual(
    [status, body.code, body.detail, headers.get('retry-after')],
    [
      503,
      'upstream_unavailable',
      'Text messages do not arrive in this country for now. Another workflow may do: one of calls alone.',
      '3600',
    ],
  )
  assert.equal(await asked(gateway, '33612345678', { workflow_id: 3 }), '503 upstream_unavailable')
  assert.equal(await asked(gateway, '4915112345678'), '200 pending')
  assert.equal(await asked(gateway, '447700900124', { workflow_id: 7 }), '200 pending', 'a call')
  assert.equal(
    await asked(gateway, drama, { workflow_id: 1 }),
    '503 upstream_unavailable',
    'its first message is a text',
  )
  await gateway.clock.advance(3600)
  assert.equal(await asked(gateway, drama), '200 pending')
})

test('a policy that is read again counts for the next message of what runs; a wrong one changes nothing', async () => {
  using folder = dataFolder()
  const file = join(folder.path, 'tollgate.policy.yaml')
  writeFileSync(file, 'kill_switch: false')
  const env = { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'info' }
  const ports = { TOLLGATE_REST_PORT: '0', TOLLGATE_MCP_PORT: '0', TOLLGATE_SIMULATOR_PORT: '0' }
  await using gateway = await serve(['serve'], { ...env, ...ports }, folder.path)
  const [rest = ''] = gateway.addresses
  const request = async (number: string) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ number, brand: 'Acme' })
    return (await fetch(`${rest}/v1/verifications`, { method: 'POST', headers, body })).status
  }
  assert.equal(await request('447700900001'), 200)
  const reload = async (policy: string | undefined, told: RegExp) => {
    if (policy === undefined) rmSync(file)
    else writeFileSync(file, policy)
    const before = gateway.stderr().length
    gateway.signal('SIGHUP')
    await untilNone(async () => ({ told: told.test(gateway.stderr().slice(before)) ? 0 : 1 }))
  }
  await reload('kill_switch: true', /the policy is in force/)
  assert.equal(await request('447700900002'), 503)
  await reload('kill_switch: [', /the policy is not loaded: the one before it stays in force/)
  assert.equal(await request('447700900003'), 503)
  // A file is empty, or gone, while somebody writes it anew.
  for (const policy of ['', undefined]) {
    await reload(policy, /the policy is not loaded: the one before it stays in force/)
  }
  assert.equal(await request('447700900003'), 503)
  await reload('kill_switch: false', /the policy is in force/)
  assert.equal(await request('447700900004'), 200)
})

test('with messages stopped, codes are taken, and no next one is sent', async () => {
  await using gateway = await startWith('kill_switch: false')
  const run = verifying(gateway, drama)
  const [id, other] = [await run.start(), await run.start()]
  await gateway.clock.advance(60)
  writeFileSync(gateway.file, 'kill_switch: true')
  await gateway.reloadPolicy()
  const next = await run.next(id)
  assert.deepEqual([gist(next), next.headers.get('retry-after')], ['503 upstream_unavailable', '300'])
  assert.equal(await asked(gateway, '447700900124'), '503 upstream_unavailable')
  assert.equal(gist(await run.checkRight(id)), '200 verified')
  assert.equal(await run.state(other), 'superseded')
  assert.equal((await run.messages()).length, 1)
})

test('who asked for no more messages gets no next one either', async () => {
  await using gateway = await startWith('{}')
  const id = await verifying(gateway, drama).start()
  writeFileSync(gateway.file, `suppressed: [{number: +${drama}, ${reason}}]`)
  await gateway.reloadPolicy()
  await gateway.clock.advance(60)
  assert.equal(gist(await verifying(gateway, drama).next(id)), '422 number_not_allowed')
})

for (const engine of engines) {
  test(`${engine}: the audit knows each policy that was in force, and each use of a test number`, async () => {
    using folder = dataFolder()
    const file = join(folder.path, 'policy.yaml')
    writeFileSync(
      file,
      `
countries: {default: block}
overrides: [{number: +447700900030, action: allow, ${reason}, until: 2027-01-01}]
test_numbers: [{number: +447700900031, ${reason}, until: 2099-01-01}]
`,
    )
    await using on = await startBeside(engine, { env: { TOLLGATE_POLICY: file } })
    const gateway = on.gateway()
    const tried = verifying(gateway, '447700900031')
    assert.equal(gist(await tried.request()), '200 pending')
    assert.equal(gist(await tried.request()), '200 pending', 'joins it, and is no use of it')
    assert.equal(gist(await verifying(gateway, '447700900032').request()), '403 country_not_allowed')
    const { stdout } = await on.command(['audit', 'export'])
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      entries.map(({ actor, action }) => `${actor} ${action}`),
      ['gateway policy.loaded', 'local test-number.used'],
    )
    const [{ subject, details }, used] = entries
    assert.equal(subject, file)
    assert.deepEqual(details.counts, { overrides: 1, outages: 0, suppressed: 0, test_numbers: 1 })
    assert.deepEqual(details.overrides, [
      { action: 'allow', number: '44********30', reason: 'because it is so', until: '2027-01-02T00:00:00.000Z' },
    ])
    assert.deepEqual(
      [used.subject, used.details],
      ['44********31', { policy: details.version, rule: 'test_numbers.0' }],
    )
  })
}

const wrongs: [policy: string, told: string][] = [
  ['kill_switch: maybe', '1: kill_switch: Invalid input: expected boolean, received string'],
  ['countries:\n  regions:\n    GB: allow\n    UK: block', '4: countries.regions.UK: there is no such key'],
  ['colour: red', '1: colour: there is no such key'],
  ['outages:\n- country: GB', '2: outages.0.reason: is missing'],
  [
    'overrides:\n- {number: 1234, action: block, reason: x, until: 2026-01-01}',
    '2: overrides.0.number: must be a number with its country code, such as +447700900123',
  ],
  [
    'overrides:\n- {number: +447700900123,\n   action: block, reason: x, until: soon}',
    '3: overrides.0.until: must be a day such as 2026-12-31, or an instant such as 2026-12-31T18:00:00Z',
  ],
  [
    'overrides:\n- {number: +447700900123, country: GB, action: block, reason: x, until: 2026-01-01}',
    '2: overrides.0: must name one of number, prefix, country, address, key',
  ],
  ['a: [1\nb: 2', '2: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['kill_switch: true\nkill_switch: false', '2: Map keys must be unique'],
  ['kill_switch: *all', ' Unresolved alias'],
]

test('whatever is wrong in a policy is told with its line and key, and no gateway starts with it', async () => {
  using folder = dataFolder()
  const file = join(folder.path, 'p.yaml')
  for (const [policy, told] of wrongs) {
    writeFileSync(file, policy)
    const { code, stdout, stderr } = await tollgate(['policy', 'check', file])
    assert.deepEqual([code, stdout], [1, ''])
    assert.ok(stderr.startsWith(`tollgate: p.yaml:${told}`), stderr)
  }
  const started = await tollgate(['serve'], { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_POLICY: file })
  assert.equal(started.code, 1)
  assert.match(started.stderr, /^tollgate: p\.yaml: Unresolved alias/)
  const missing = await tollgate(['policy', 'check', join(folder.path, 'none.yaml')])
  assert.deepEqual([missing.code, /can't be read: ENOENT/.test(missing.stderr)], [1, true])
})

test('what becomes of a number is explained, with its rule and without the number', async () => {
  using folder = dataFolder()
  const file = join(folder.path, 'p.yaml')
  writeFileSync(
    file,
    `overrides:\n- {key: shop, action: block, ${reason}, until: 2099-01-01}\ncountries: {regions: {FR: block}}`,
  )
  const explain = async (words: string[], env = {}) => {
    const { code, stdout, stderr } = await tollgate(['policy', 'explain', ...words], { TOLLGATE_POLICY: file, ...env })
    assert.deepEqual([code, stderr], [0, ''])
    const { policy, price, counted, ...told } = JSON.parse(stdout)
    assert.match(policy.version, /^[0-9a-f]{12}$/)
    assert.ok(!/7700900123|33612345678/.test(stdout))
    return told
  }
  const shown = { number: '44********23', country: 'GB', line_type: 'mobile', is_valid: true, mode: 'record' }
  assert.deepEqual(await explain(['+44 7700 900123']), { ...shown, answer: 'allow', rule: null })
  const { problem, ...blocked } = await explain(['+44 7700 900123', '--key', 'shop'])
  assert.deepEqual([blocked, problem.code], [{ ...shown, answer: 'block', rule: 'overrides.0' }, 'forbidden'])
  assert.equal((await explain(['+33612345678'])).rule, 'countries.regions.FR')
  assert.equal((await explain(['+44 7700 900123'], { TOLLGATE_COUNTRIES: 'FR' })).rule, 'TOLLGATE_COUNTRIES')
  const wrong = await tollgate(['policy', 'explain', '12'], { TOLLGATE_POLICY: file })
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
})

test('what counts a message is explained: caps and budgets that hold for its country and key, in euros', async () => {
  using folder = dataFolder()
  const file = join(folder.path, 'p.yaml')
  writeFileSync(
    file,
    `prices: {regions: {GB: {sms: 0.05, tts: 0.1}}}
spend: {total: {day: 50, month: 500}, countries: {GB: {day: 20}, FR: {day: 1}}, keys: {shop: {month: 9}, app: {day: 2}}}
budgets: {number: [3/10m], prefix: {messages: 10, euros: 0.8}, country: off, key: off, total: off}
line_types: {challenge: [fixed_line]}
overrides: [{number: +447700900124, action: allow, ${reason}, until: 2099-01-01}]`,
  )
  const explain = async (...words: string[]) => {
    const env = { TOLLGATE_POLICY: file, TOLLGATE_DAILY_SENDS: '900' }
    const { stdout } = await tollgate(['policy', 'explain', ...words], env)
    const { answer, price, counted } = JSON.parse(stdout)
    return { answer, price, counted }
  }
  const always = [
    { rule: 'budgets.number', messages: 3, seconds: 600 },
    { rule: 'TOLLGATE_DAILY_SENDS', messages: 900, seconds: 86_400 },
    { rule: 'spend.total.day', euros: 50 },
    { rule: 'spend.total.month', euros: 500 },
    { rule: 'spend.countries.GB.day', euros: 20 },
  ]
  const prefix = { rule: 'budgets.prefix', messages: 10, euros: 0.8, share: 0, most: 100 }
  assert.deepEqual(await explain('+44 7700 900123', '--key', 'shop'), {
    answer: 'allow',
    price: '0.05',
    counted: [...always, { rule: 'spend.keys.shop.month', euros: 9 }, prefix],
  })
  const called = await explain('+44 7700 900123', '--channel', 'tts', '--address', '192.0.2.1')
  const address = { rule: 'budgets.address', messages: 10, euros: 1, share: 0.015, most: 100 }
  assert.deepEqual([called.price, called.counted], ['0.10', [...always, address, prefix]])
  assert.deepEqual((await explain('+44 7700 900124')).counted, always, 'an override is in no budget')
  const landline = await explain('+44 20 7946 0958')
  assert.deepEqual([landline.answer, landline.counted], ['challenge', always], 'in record mode it is in none either')
})

test('the schema for editors takes what is right, and not what is wrong', async () => {
  const { stdout } = await tollgate(['policy', 'schema'])
  const validate = addFormats.default(new Ajv2020({ strict: false })).compile(JSON.parse(stdout))
  const right = `
kill_switch: false
countries: {default: block, regions: {GB: allow}}
overrides: [{number: +447700900123, action: allow, ${reason}, ${tomorrow}}]
outages: [{country: GB, channel: sms, ${reason}, ${tomorrow}}]
`
  assert.ok(validate(parse(right)), JSON.stringify(validate.errors))
  for (const wrong of [
    'kill_switch: maybe',
    'countries: {regions: {UK: block}}',
    'colour: red',
    'outages: [{country: GB}]',
  ])
    assert.ok(!validate(parse(wrong)), wrong)
})

test('the example is right, has every key, and the README tells of each', async () => {
  const example = new URL('../examples/tollgate.policy.yaml', import.meta.url)
  const { code, stdout, stderr } = await tollgate(['policy', 'check', fileURLToPath(example)])
  assert.equal(code, 0, stderr)
  assert.match(JSON.parse(stdout).version, /^[0-9a-f]{12}$/)
  const keys = Object.keys(policySchema.shape).filter((key) => key !== '$schema')
  assert.deepEqual(Object.keys(parse(readFileSync(example, 'utf8'))), keys)
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, section = ''] = readme.split('\n## The policy\n')
  const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key)
  assert.deepEqual(rows, keys)
})

test('the schema beside the example is what the program prints', async () => {
  const kept = readFileSync(new URL('../examples/policy.schema.json', import.meta.url), 'utf8')
  const { code, stdout } = await tollgate(['policy', 'schema'])
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(kept), JSON.parse(stdout))
})

test('what is over is told by a check', async () => {
  using folder = dataFolder()
  const file = join(folder.path, 'p.yaml')
  writeFileSync(file, `overrides: [{key: shop, action: block, ${reason}, until: 2020-01-01}]`)
  const { code, stderr } = await tollgate(['policy', 'check', file])
  assert.deepEqual([code, stderr], [0, 'tollgate: overrides.0 is over since 2020-01-02T00:00:00.000Z\n'])
})
