import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { operations } from '../src/operations.ts'
import { type Answer, startGateway, type TestGateway } from './support/gateway.ts'
import { isReplay, keyed, someOffer } from './support/keyed.ts'
import { bearer, makeKey } from './support/keys.ts'
import { mcpCall } from './support/mcp-call.ts'
import { withFacts } from './support/signed-result.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const dayS = 86_400

function assertReplayed(again: Answer, first: Answer): void {
  assert.deepEqual([again.status, withFacts(again.body)], [first.status, withFacts(first.body)])
  assert.deepEqual([isReplay(first), isReplay(again)], [false, true])
  assert.equal(again.headers.get('content-type'), first.headers.get('content-type'))
}

/** Every operation that changes something, ready to be called with a key. */
const actions: Record<string, (gateway: TestGateway) => Promise<(key: string) => Promise<Answer>>> = {
  'request-verification': async (gateway) => (key) => keyed(gateway).request(key),
  async 'check-verification'(gateway) {
    const id = await verifying(gateway).start()
    const code = await gateway.code(someNumber)
    return (key) => keyed(gateway).check(key, id, code)
  },
  async 'cancel-verification'(gateway) {
    const id = await verifying(gateway).start()
    return (key) => keyed(gateway).cancel(key, id)
  },
  async 'trigger-next-event'(gateway) {
    const id = await verifying(gateway).start()
    await gateway.clock.advance(60)
    return (key) => keyed(gateway).next(key, id)
  },
  async 'buy-number'(gateway) {
    const offer = await someOffer(gateway)
    return (key) => keyed(gateway).buy(key, offer)
  },
  async 'update-number'(gateway) {
    const path = await owned(gateway)
    return (key) => keyed(gateway).call('PATCH', path, key, { moHttpUrl: 'https://example.com/sms' })
  },
  async 'cancel-number'(gateway) {
    const path = await owned(gateway)
    return (key) => keyed(gateway).call('DELETE', path, key)
  },
  async 'decide-approval'(gateway) {
    const { body } = await mcpCall(gateway.addresses.mcp, 'tools/call', {
      name: 'buy-number',
      arguments: await someOffer(gateway),
    })
    const { approval_id } = body.result.structuredContent.approval
    const admin = bearer(await makeKey(gateway, { scopes: ['admin'] }))
    return (key) =>
      gateway.rest('POST', `/v1/approvals/${approval_id}`, { decision: 'deny' }, { ...admin, 'idempotency-key': key })
  },
}

async function owned(gateway: TestGateway): Promise<string> {
  const offer = await someOffer(gateway)
  assert.equal((await gateway.rest('POST', '/v1/numbers', offer)).status, 200)
  return `/v1/numbers/${offer.country}/${offer.msisdn}`
}

/** fetch would join the two. */
function sentTwice(url: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const header = 'Idempotency-Key: k\r\n'
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n${header}${header}\r\n`)
  return text(socket)
}

describe('a repeat with the same key', { concurrency: 4 }, () => {
  for (const { name, rest } of operations.filter((operation) => operation.rest.method !== 'GET')) {
    test(`of ${rest.method} ${rest.path} gets the first answer, and Vonage is not asked again`, async () => {
      await using gateway = await startGateway()
      const act = await actions[name]?.(gateway)
      assert.ok(act, `${name} has no action here`)
      const first = await act('k')
      assert.equal(first.status, 200, JSON.stringify(first.body))
      const asked = gateway.calls.length
      for (const spelling of ['k', '"k"']) assertReplayed(await act(spelling), first)
      assert.equal(gateway.calls.length, asked)
    })

    test(`of ${rest.method} ${rest.path} twenty times at once has one effect`, async () => {
      await using gateway = await startGateway()
      const act = await actions[name]?.(gateway)
      assert.ok(act)
      const asked = gateway.calls.length
      const answers = await Promise.all(Array.from({ length: 20 }, () => act('k')))
      const first = answers.filter((answer) => answer.status === 200 && !isReplay(answer))
      assert.equal(first.length, 1)
      for (const answer of answers) {
        assert.ok(answer.status === 200 || gist(answer) === '409 request_in_progress', gist(answer))
        if (answer.status === 200) assert.deepEqual(withFacts(answer.body), withFacts(first[0]?.body))
        else assert.equal(answer.headers.get('retry-after'), '1')
      }
      const made = gateway.calls.slice(asked).map(({ method, path }) => `${method} ${path}`)
      assert.equal(new Set(made).size, made.length, made.join())
      assertReplayed(await act('k'), first[0] ?? (await act('k')))
    })
  }
})

test('another key, or none, is another call', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  const first = await request('one')
  const ids = [first, await request('two'), await verifying(gateway).request(), await verifying(gateway).request()]
  assert.equal(new Set(ids.map(({ body }) => body.request_id)).size, 4)
  assert.ok(!ids.some(isReplay))
})

test('another payload under a key is refused, with the members in another order it is the same', async () => {
  await using gateway = await startGateway()
  const { call, request, cancel } = keyed(gateway)
  const first = await request('k', { code_length: 6 })
  for (const other of [
    { code_length: 4 },
    { brand: 'Umbrella', code_length: 6 },
    {},
    { code_length: 6, lg: 'de-de' },
  ]) {
    assert.equal(gist(await request('k', other)), '422 idempotency_key_reused')
  }
  assert.equal(gist(await cancel('k', first.body.request_id)), '422 idempotency_key_reused', 'another operation')
  assertReplayed(
    await call('POST', '/v1/verifications', 'k', { code_length: 6, brand: 'Acme', number: someNumber }),
    first,
  )
  const second = await request('other')
  await cancel('c', first.body.request_id)
  assert.equal(gist(await cancel('c', second.body.request_id)), '422 idempotency_key_reused', 'another path')
  assert.equal((await gateway.messages(someNumber)).length, 1)
})

test('a key holds for 24 hours after the first call, then it is free', async () => {
  await using gateway = await startGateway()
  const { request } = keyed(gateway)
  const first = await request('k')
  await gateway.clock.advance(dayS - 1)
  assertReplayed(await request('k'), first)
  assert.equal(gist(await request('k', { brand: 'Umbrella' })), '422 idempotency_key_reused')
  await gateway.clock.advance(1)
  const later = await request('k', { brand: 'Umbrella' })
  assert.deepEqual([gist(later), later.body.message_sent, isReplay(later)], ['200 pending', true, false])
})

test('a wrong code under a key costs one try, and so does each under a key of its own', async () => {
  await using gateway = await startGateway()
  const { start, look, checks, checkRight } = verifying(gateway)
  const { check } = keyed(gateway)
  const id = await start()
  const wrong = await gateway.wrongCode(someNumber)
  const first = await check('one', id, wrong)
  assert.deepEqual([gist(first), first.body.attempts_left], ['400 wrong_code', 2])
  for (let repeat = 0; repeat < 5; repeat += 1) assertReplayed(await check('one', id, wrong), first)
  assert.deepEqual([(await look(id)).body.attempts_left, checks()], [2, 1])
  assert.equal(gist(await check('two', id, wrong)), '400 wrong_code')
  const last = await check('three', id, wrong)
  assert.equal(gist(last), '410 attempts_exhausted')
  assertReplayed(await check('three', id, wrong), last)
  assertReplayed(await check('one', id, wrong), first)
  assert.equal(gist(await checkRight(id)), '410 attempts_exhausted')
  assert.equal(gist(await check('four', id, wrong)), '410 attempts_exhausted')
  await gateway.clock.advance(31)
  const other = await check('four', await start(), await gateway.code(someNumber))
  assert.equal(gist(other), '200 verified', 'a check of what had failed before used nothing')
})

describe('a refusal that did nothing leaves the key free for a corrected or later request', () => {
  test('input that is not possible', async () => {
    await using gateway = await startGateway()
    const { request } = keyed(gateway)
    assert.equal(gist(await request('k', { number: '12' })), '422 invalid_request')
    assert.equal(gist(await request('k', { number: '+44 909 879 0000' })), '422 number_not_allowed')
    assert.equal(gist(await request('k')), '200 pending')
  })

  test('a verification that is not there', async () => {
    await using gateway = await startGateway()
    assert.equal(gist(await keyed(gateway).cancel('k', '0'.repeat(32))), '404 verification_not_found')
    assert.equal(gist(await keyed(gateway).cancel('k', await verifying(gateway).start())), '200 cancelled')
  })

  test('a cap that is reached', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SENDS_PER_NUMBER: '1/10m' } })
    const { start, checkRight } = verifying(gateway)
    await checkRight(await start())
    assert.equal(gist(await keyed(gateway).request('k')), '429 quota_exceeded')
    await gateway.clock.advance(600)
    assert.equal(gist(await keyed(gateway).request('k')), '200 pending')
  })

  test('a number that somebody else verifies, a resend that comes too early, a verification that ended before', async () => {
    await using gateway = await startGateway()
    const { start, cancel } = verifying(gateway)
    const { request, next, check } = keyed(gateway)
    const id = await start()
    assert.equal(gist(await request('pending', { brand: 'Umbrella' })), '409 verification_pending')
    assert.equal(gist(await next('next', id)), '409 not_now')
    await gateway.clock.advance(60)
    assert.equal(gist(await next('next', id)), '200 pending')
    await cancel(id)
    assert.equal(gist(await check('check', id, '123456')), '410 verification_cancelled')
    await gateway.clock.advance(31)
    assert.equal(gist(await request('pending', { brand: 'Umbrella' })), '200 pending')
    assert.equal(gist(await check('check', await start({ brand: 'Umbrella' }), '123456')), '400 wrong_code')
  })

  for (const [status, answer] of [
    ['1', '429 upstream_throttled'],
    ['4', '502 upstream_unauthorized'],
    ['9', '503 upstream_out_of_credit'],
  ]) {
    test(`Vonage’s status ${status}`, async () => {
      await using gateway = await startGateway()
      await gateway.fault('/verify/json', { status })
      assert.equal(gist(await keyed(gateway).request('k')), answer)
      assert.equal(gist(await keyed(gateway).request('k', { brand: 'Umbrella' })), '200 pending')
    })
  }
})

test('what Vonage refuses for good is the answer to every repeat', async () => {
  await using gateway = await startGateway()
  const { request, buy } = keyed(gateway)
  for (const [status, code] of [
    ['6', '422 number_unreachable'],
    ['7', '403 network_blocked'],
    ['15', '422 destination_not_supported'],
  ] as const) {
    await gateway.fault('/verify/json', { status })
    const refused = await request(status)
    assert.equal(gist(refused), code)
    assertReplayed(await request(status), refused)
  }
  const offer = await someOffer(gateway, 'DE')
  const refused = await buy('k', offer)
  assert.equal(gist(refused), '422 address_required')
  assertReplayed(await buy('k', offer), refused)
  assert.equal(gateway.calls.filter(({ path }) => path === '/number/buy').length, 1)
})

test('a header that is no key, or comes twice, is refused with the reason; on GET it is ignored', async () => {
  await using gateway = await startGateway()
  const { call, request } = keyed(gateway)
  for (const [key, reason] of [
    ['', 'is empty'],
    ['a b', 'must be printable ASCII in quotes'],
    ['ä', 'must be printable ASCII in quotes'],
    ['k'.repeat(256), 'has more than 255 characters'],
  ] as const) {
    const refused = await request(key)
    assert.equal(gist(refused), '400 malformed_request', key)
    assert.ok(refused.body.detail.includes(`Idempotency-Key ${reason}`), refused.body.detail)
    assert.equal((await call('GET', '/v1/verifications', key)).status, 200)
  }
  assert.equal((await request('k'.repeat(255))).status, 200)
  const twice = await sentTwice(`${gateway.addresses.rest}/v1/verifications`)
  assert.match(twice, /^HTTP\/1\.1 400 .*Idempotency-Key was sent more than once/s)
  await request('list')
  assert.ok(!isReplay(await call('GET', '/v1/verifications', 'list')))
})
