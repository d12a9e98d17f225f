import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { ledgerText } from './support/ledger-text.ts'
import { dataFolder } from './support/serving.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

const drama = '447700900123'
const enforcing = { TOLLGATE_POLICY: writtenPolicy('{mode: enforce, line_types: {challenge: [mobile]}}') }
const recording = { TOLLGATE_POLICY: writtenPolicy('{mode: record, line_types: {challenge: [mobile]}}') }

/** The token of a request that has to be challenged. */
async function challenged(gateway: TestGateway, more: Record<string, unknown> = {}, number = drama): Promise<string> {
  const answer = await verifying(gateway, number).request(more)
  assert.equal(gist(answer), '403 challenge_required')
  return answer.body.challenge_token
}

async function newest(gateway: TestGateway) {
  return (await gateway.rest('GET', '/v1/decisions?limit=1')).body.decisions[0]
}

for (const engine of engines) {
  test(`${engine}: a challenged request sends nothing; with its token it sends, once`, async () => {
    await using on = await startBeside(engine, { env: enforcing })
    const gateway = on.gateway()
    const run = verifying(gateway, drama)
    const challenge_token = await challenged(gateway)
    assert.equal(on.vonage.calls.length, 0)
    const { answer, rule } = await newest(gateway)
    assert.deepEqual([answer, rule], ['challenge', 'line_types.challenge'])
    await on.clock.advance(1)
    const answers = await Promise.all(Array.from({ length: 5 }, () => run.request({ challenge_token })))
    const passed = answers.filter(({ status }) => status === 200)
    assert.equal(passed.filter(({ body }) => body.message_sent).length, 1)
    assert.equal(on.vonage.calls.filter(({ path }) => path === '/verify/json').length, 1)
    const [first] = passed
    await run.check(first?.body.request_id, on.vonage.simulator.messages(drama).at(-1)?.code ?? '')
    const again = await run.request({ challenge_token })
    assert.equal(gist(again), '403 challenge_required', 'it is used up')
    assert.notEqual(again.body.challenge_token, challenge_token)
    assert.equal(on.vonage.calls.filter(({ path }) => path === '/verify/json').length, 1)
  })
}

test('a token is good for its own number, caller and session, for ten minutes', async () => {
  await using gateway = await startGateway({ env: enforcing })
  const context = { session_id: 's-1' }
  const challenge_token = await challenged(gateway, { context })
  const wrong: [more: Record<string, unknown>, number?: string][] = [
    [{ challenge_token }],
    [{ challenge_token, context: { session_id: 's-2' } }],
    [{ challenge_token, context }, '447700900124'],
    [{ challenge_token: `${challenge_token.slice(0, -1)}${challenge_token.endsWith('0') ? 1 : 0}`, context }],
    [{ challenge_token: challenge_token.replace(/\.\d+\./, '.9999999999999.'), context }],
    [{ challenge_token: 'x', context }],
  ]
  for (const [more, number] of wrong) await challenged(gateway, more, number)
  assert.equal(gateway.calls.length, 0)
  await gateway.clock.advance(599)
  assert.equal(gist(await verifying(gateway, drama).request({ challenge_token, context })), '200 pending')
  const other = await challenged(gateway, {}, '447700900125')
  await gateway.clock.advance(600)
  await challenged(gateway, { challenge_token: other }, '447700900125')
})

test('a token of one caller is none of another’s', async () => {
  await using gateway = await startGateway({ env: enforcing })
  const [one, other] = [await makeKey(gateway, { name: 'one' }), await makeKey(gateway, { name: 'other' })]
  const ask = (key: string, more = {}) =>
    gateway.rest('POST', '/v1/verifications', { number: drama, brand: 'Acme', ...more }, bearer(key))
  const { challenge_token } = (await ask(one)).body
  assert.equal(gist(await ask(other, { challenge_token })), '403 challenge_required')
  assert.equal(gist(await ask(one, { challenge_token })), '200 pending')
})

test('in record mode what would be challenged is sent, and written down', async () => {
  await using gateway = await startGateway({ env: recording })
  const run = verifying(gateway, drama)
  const id = await run.start()
  const { answer, would, rule } = await newest(gateway)
  assert.deepEqual([answer, would, rule], ['allow', 'challenge', 'line_types.challenge'])
  await gateway.clock.advance(60)
  assert.equal(gist(await run.next(id)), '200 pending')
})

test('the next message of one that has passed is not challenged again', async () => {
  await using gateway = await startGateway({ env: enforcing })
  const run = verifying(gateway, drama)
  const id = await run.start({ challenge_token: await challenged(gateway) })
  await gateway.clock.advance(60)
  assert.equal(gist(await run.next(id)), '200 pending')
})

test('numbers that metadata does not know, and VoIP numbers, are challenged unless a policy says otherwise', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_POLICY: writtenPolicy('mode: enforce') } })
  for (const number of ['+44 56 1234 5678', '+44 70 1234 5678', '+44 7000 123456'])
    await challenged(gateway, {}, number)
  assert.equal(gist(await verifying(gateway, drama).request()), '200 pending')
})

test('an override challenges in either mode, also by the address of a device and by its network', async () => {
  const until = 'until: 2027-01-01, reason: a test'
  const policy = `
overrides:
- {prefix: +4477009001, action: challenge, ${until}}
- {address: 203.0.113.0/24, action: challenge, ${until}}
- {address: "2001:db8::/32", action: challenge, ${until}}
- {address: 198.51.100.7, action: block, ${until}}`
  await using gateway = await startGateway({ env: { TOLLGATE_POLICY: writtenPolicy(policy) } })
  await challenged(gateway)
  for (const ip of ['203.0.113.9', '2001:db8:1::1']) await challenged(gateway, { context: { ip } }, '447700900201')
  const from = async (ip: string) => gist(await verifying(gateway, '447700900202').request({ context: { ip } }))
  assert.equal(await from('198.51.100.7'), '403 forbidden')
  assert.equal(await from('198.51.100.8'), '200 pending')
})

test('who is behind a request is kept as hashes, which are the same for the same person of a caller', async () => {
  using folder = dataFolder()
  await using gateway = await startGateway({ dataDir: folder.path })
  const ask = async (number: string, context: object) => {
    assert.equal(gist(await verifying(gateway, number).request({ context })), '200 pending')
  }
  const who = { ip: '203.0.113.77', session_id: 'session-77', account_id: 'account-77', device_id: 'device-77' }
  await ask('447700900001', who)
  await ask('447700900002', { ...who, ip: '2001:db8:1:2:3::1' })
  await ask('447700900003', { ip: '2001:db8:1:2:4::1' })
  await ask('447700900004', {})
  const text = await ledgerText({ TOLLGATE_DATA_DIR: folder.path })
  for (const word of Object.values(who)) assert.ok(!JSON.stringify(text).includes(word), word)
  const hashes = (text.decisions ?? []).map((row) => row.split(' | ').slice(6, 10))
  const [first, second, third] = hashes.toSorted()
  assert.equal(hashes.length, 4)
  assert.ok(hashes.flat().every((hash) => /^([0-9a-f]{32}|null)$/.test(hash)))
  const counted = new Map<string, number>()
  for (const hash of hashes.flat()) counted.set(hash, (counted.get(hash) ?? 0) + 1)
  assert.deepEqual([...counted.values()].sort(), [1, 2, 2, 2, 2, 7], JSON.stringify([first, second, third]))
  const { body } = await gateway.rest('GET', '/v1/decisions')
  const shown = body.decisions.map(({ context }: { context: string[] }) => context.length).sort()
  assert.deepEqual(shown, [0, 1, 4, 4])
  assert.ok(!JSON.stringify(gateway.calls).includes('77-'))
})

test('a key can demand who is behind a request', async () => {
  await using gateway = await startGateway()
  const key = await makeKey(gateway, { bounds: { context: ['ip', 'account_id'] } })
  const ask = (context?: object) =>
    gateway.rest('POST', '/v1/verifications', { number: drama, brand: 'Acme', context }, bearer(key))
  const refused = await ask({ ip: '203.0.113.1' })
  assert.equal(gist(refused), '422 invalid_request')
  assert.deepEqual(refused.body.invalid_parameters, [
    { name: 'context.account_id', reason: 'has to be given with this key' },
  ])
  assert.equal(gist(await ask()), '422 invalid_request')
  assert.equal(gist(await ask({ ip: 'somewhere', account_id: 'a' })), '422 invalid_request')
  assert.equal(gist(await ask({ ip: '203.0.113.1', account_id: 'a' })), '200 pending')
})
