import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { legacy, modern } from './support/mcp.ts'
import { statusWithHost } from './support/with-host.ts'

const eras = { 'the 2026 era': modern, 'the 2025 era': legacy }

describe('the wire of /mcp', () => {
  let gateway: TestGateway
  let url: string
  before(async () => {
    gateway = await startGateway()
    url = gateway.addresses.mcp
  })
  after(() => gateway[Symbol.asyncDispose]())

  for (const [era, message] of Object.entries(eras)) {
    const { body, headers } = message('tools/list')

    test(`${era}: an answer is one JSON body, not a stream, and names the request`, async () => {
      const answer = await request(url, 'POST', body, { ...headers, 'x-request-id': 'mine-1' })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'application/json')
      assert.equal(answer.headers.get('x-request-id'), 'mine-1')
      assert.equal(answer.body.id, 1)
      const call = message('tools/call', { name: 'list-owned-numbers', arguments: {} })
      const called = await request(url, 'POST', call.body, call.headers)
      assert.equal(called.headers.get('content-type'), 'application/json')
      assert.match(called.headers.get('x-request-id') ?? '', /^[\w-]{36}$/)
      assert.deepEqual(called.body.result.structuredContent, { count: 0, numbers: [] })
    })

    test(`${era}: no session is begun`, async () => {
      const answer = await request(url, 'POST', body, headers)
      assert.equal(answer.headers.get('mcp-session-id'), null)
    })

    test(`${era}: only POST is served`, async () => {
      for (const method of ['GET', 'DELETE', 'PUT']) {
        const answer = await request(url, method, undefined, headers)
        assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST'], method)
      }
    })

    test(`${era}: an unknown tool is a protocol error`, async () => {
      const call = message('tools/call', { name: 'send-money', arguments: {} })
      const { body } = await request(url, 'POST', call.body, call.headers)
      assert.deepEqual(body, { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'Unknown tool: send-money' } })
    })

    test(`${era}: a member __proto__ is refused by its name, as any unknown one`, async () => {
      const call = message('tools/call', {
        name: 'list-owned-numbers',
        arguments: JSON.parse('{"__proto__":{"size":1}}'),
      })
      const { body } = await request(url, 'POST', call.body, call.headers)
      assert.deepEqual(body.result.structuredContent.invalid_parameters, [
        { name: '__proto__', reason: 'is not a member of this request' },
      ])
    })

    test(`${era}: broken JSON is a parse error`, async () => {
      const { status, body } = await request(url, 'POST', '{"jsonrpc":', headers)
      assert.deepEqual([status, body.error.code, body.id], [400, -32700, null])
    })

    test(`${era}: a body beyond 64 KiB is too large, a type other than JSON unsupported`, async () => {
      const padded = { ...body, padding: '.'.repeat(64 * 1024) }
      assert.equal((await request(url, 'POST', padded, headers)).status, 413)
      assert.equal((await request(url, 'POST', body, { ...headers, 'content-type': 'text/plain' })).status, 415)
    })

    test(`${era}: a foreign Origin is forbidden, a loopback one is not`, async () => {
      for (const origin of ['https://evil.example', 'http://127.0.0.1.evil.example', 'null']) {
        const { status, body: problem } = await request(url, 'POST', body, { ...headers, origin })
        assert.deepEqual([status, problem.code], [403, 'forbidden'], origin)
      }
      for (const origin of ['http://localhost:6274', 'http://127.0.0.1:3000', 'http://[::1]']) {
        assert.equal((await request(url, 'POST', body, { ...headers, origin })).status, 200, origin)
      }
    })

    test(`${era}: a foreign Host is forbidden, so that no other name can be bound to this port`, async () => {
      const { port } = new URL(url)
      assert.equal(await statusWithHost(url, `evil.example:${port}`, body, headers), 403)
      assert.equal(await statusWithHost(url, `localhost:${port}`, body, headers), 200)
    })

    test(`${era}: requests at the same time under one id get each its own answer`, async () => {
      const prefix = message === modern ? '4477009006' : '4477009007'
      const brands = Array.from({ length: 20 }, (_, index) => `Brand ${index}`)
      const answers = await Promise.all(
        brands.map((brand, index) => {
          const input = { number: `${prefix}${10 + index}`, brand }
          const call = message('tools/call', { name: 'request-verification', arguments: input })
          return request(url, 'POST', call.body, call.headers)
        }),
      )
      assert.deepEqual(
        answers.map(({ body }) => body.result.structuredContent.brand),
        brands,
      )
    })
  }

  test('methods that the 2026 era does not have are not found', async () => {
    for (const method of ['ping', 'resources/list', 'no/such']) {
      const { body, headers } = modern(method)
      const answer = await request(url, 'POST', body, headers)
      assert.deepEqual([answer.status, answer.body.error.code], [404, -32601], method)
    }
  })

  test('headers that contradict the body are refused', async () => {
    const { body, headers } = modern('tools/call', { name: 'list-owned-numbers', arguments: {} })
    const answer = await request(url, 'POST', body, { ...headers, 'mcp-name': 'buy-number' })
    assert.deepEqual([answer.status, answer.body.error.code], [400, -32020])
  })

  test('other paths are problems', async () => {
    const { status, body } = await request(`${url}/other`, 'POST', {})
    assert.deepEqual([status, body.code], [404, 'not_found'])
  })
})

test('each request leaves one line in the log, without numbers, codes or ids of verifications', async () => {
  await using gateway = await startGateway()
  const url = gateway.addresses.mcp
  const number = '447700900123'
  const calls = []
  const call = async (name: string, input: Record<string, unknown>) => {
    const { body, headers } = modern('tools/call', { name, arguments: input })
    const answer = await request(url, 'POST', body, { ...headers, 'x-request-id': `call-${calls.length}` })
    calls.push(answer)
    return answer.body.result.structuredContent
  }
  const { request_id } = await call('request-verification', { number, brand: 'Acme' })
  const wrong = await gateway.wrongCode(number)
  await call('check-verification', { request_id, code: wrong })
  const code = await gateway.code(number)
  await call('check-verification', { request_id, code })
  await request(url, 'GET', undefined, { 'x-request-id': 'call-3' })

  const lines = gateway.log.map((line) => JSON.parse(line)).filter(({ surface }) => surface === 'mcp')
  assert.deepEqual(
    lines.map(({ requestId, method, route, status }) => [requestId, method, route, status]),
    [
      ['call-0', 'POST', '/mcp', 200],
      ['call-1', 'POST', '/mcp', 200],
      ['call-2', 'POST', '/mcp', 200],
      ['call-3', 'GET', '/mcp', 405],
    ],
  )
  // Times are left out: their digits could be anything.
  const logged = gateway.log.map((line) => JSON.stringify({ ...JSON.parse(line), time: 0, pid: 0 })).join('')
  for (const secret of [number, code, wrong, request_id]) assert.ok(!logged.includes(secret), `the log holds ${secret}`)
})

test('a batch of older clients is refused whole, because a limit on requests would count it as one', async () => {
  await using gateway = await startGateway()
  const call = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'request-verification', arguments: { number: '447700900123', brand: 'Acme' } },
  })
  const answer = await request(gateway.addresses.mcp, 'POST', [call(1), call(2)], {
    accept: 'application/json, text/event-stream',
  })
  assert.deepEqual([answer.status, answer.body.error.code], [400, -32600])
  assert.deepEqual(gateway.calls, [])
})
