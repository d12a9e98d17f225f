import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { operations } from '../src/operations.ts'
import { request, startGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { legacy, modern } from './support/mcp.ts'
import { tollgate } from './support/serving.ts'
import { main, runStdio, stdioClients, temporaryFolder } from './support/stdio.ts'

const number = '447700900123'
const ask = (id: number, method: string, params = {}) => ({ ...legacy(method, params).body, id })
const list = ask(1, 'tools/list')

/** What stands on standard output: JSON-RPC, a message a line, and nothing else. */
function messages(stdout: string) {
  const lines = stdout.split('\n')
  assert.equal(lines.pop(), '')
  return lines.map((line) => {
    const message = JSON.parse(line)
    assert.equal(message.jsonrpc, '2.0', line)
    return message
  })
}

/** Ways in which the process ends while its input is still open. */
const endings: Record<string, (child: ChildProcessByStdio<Writable, Readable, null>) => void> = {
  'a SIGTERM': (child) => {
    child.stdout.resume()
    child.kill('SIGTERM')
  },
  'a client that reads no more': (child) => {
    child.stdout.destroy()
    child.stdin.write(`${JSON.stringify(list)}\n${JSON.stringify(list)}\n`)
  },
}

describe('tollgate mcp --stdio', { concurrency: 2 }, () => {
  for (const [name, connect] of Object.entries(stdioClients)) {
    test(`is a sandbox of its own without a gateway, for ${name}`, async () => {
      using folder = temporaryFolder()
      const client = await connect({ ...folder.env, TOLLGATE_SIMULATOR_PORT: '0' })
      try {
        const [, inbox] = /codes arrive at (\S+)/.exec(client.stderr()) ?? []
        const requested = await client.call('request-verification', { number, brand: 'Acme' })
        const arrived = await request(`${inbox}/messages?to=${number}`)
        const { request_id } = requested.body
        const checked = await client.call('check-verification', { request_id, code: arrived.body.messages[0].code })
        assert.equal(checked.body.state, 'verified')
        const again = await client.call('check-verification', { request_id, code: '123456' })
        assert.deepEqual([again.isError, again.body.code], [true, 'already_verified'])
      } finally {
        await client[Symbol.asyncDispose]()
      }
      assert.throws(() => process.kill(client.pid, 0), { code: 'ESRCH' })
      assert.deepEqual(folder.leftovers(), [])
    })

    test(`forwards to a running gateway, for ${name}`, async () => {
      using folder = temporaryFolder()
      await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
      await using client = await connect({ ...folder.env, TOLLGATE_URL: gateway.addresses.mcp })
      assert.equal((await client.tools()).length, operations.filter(({ tool }) => tool !== 'never').length)
      const { body } = await client.call('request-verification', { number, brand: 'Acme' })
      const code = await gateway.code(number)
      const checked = await client.call('check-verification', { request_id: body.request_id, code })
      assert.equal(checked.body.state, 'verified')
      const { body: seen } = await gateway.rest('GET', `/v1/verifications/${body.request_id}`)
      assert.equal(seen.state, 'verified')
      assert.deepEqual([client.stderr(), folder.leftovers()], ['', []])
    })
  }

  test('answers everything before it ends with the input, and writes nothing else', async () => {
    using folder = temporaryFolder()
    const env = { ...folder.env, TOLLGATE_SIMULATOR_PORT: '0', TOLLGATE_LOG_LEVEL: 'info' }
    const lines = [
      'this is no JSON',
      '',
      list,
      '[]',
      { id: 7, method: 5 },
      { jsonrpc: '2.0', id: 'eight' },
      { ...modern('server/discover').body, id: 2 },
      { ...list, id: 'three' },
    ]
    const { code, stdout, stderr } = await runStdio(lines, env)
    assert.equal(code, 0, stderr)
    const answers = messages(stdout)
    const errors = answers.filter(({ error }) => error)
    assert.deepEqual(
      errors.map(({ id, error }) => [id, error.code]),
      [
        [null, -32700],
        [null, -32600],
        [7, -32600],
        ['eight', -32600],
      ],
    )
    const found = answers.filter(({ result }) => result).map(({ id }) => id)
    assert.deepEqual(found.map(String).sort(), ['1', '2', 'three'])
    assert.match(stderr, /"surface":"mcp"/)
    assert.deepEqual(folder.leftovers(), [])
  })

  test('answers with an error when the gateway is not there, and goes on', async () => {
    using folder = temporaryFolder()
    const env = { ...folder.env, TOLLGATE_URL: 'http://127.0.0.1:2/mcp' }
    const note = { jsonrpc: '2.0', method: 'notifications/initialized' }
    const { code, stdout, stderr } = await runStdio([list, note, { ...list, id: 'two' }], env)
    const answers = messages(stdout)
    assert.deepEqual(
      answers
        .map(({ id }) => id)
        .map(String)
        .sort(),
      ['1', 'two'],
    )
    for (const { error } of answers) {
      assert.equal(error.code, -32603)
      assert.match(error.message, /gateway at http:\/\/127\.0\.0\.1:2 could not be asked: .*ECONNREFUSED/)
    }
    assert.deepEqual([code, stderr], [0, ''])
  })

  test('tells what a gateway refuses outside of JSON-RPC', async () => {
    using folder = temporaryFolder()
    await using gateway = await startGateway()
    const { stdout } = await runStdio([list], { ...folder.env, TOLLGATE_URL: `${gateway.addresses.mcp}/elsewhere` })
    const [answer] = messages(stdout)
    assert.deepEqual([answer.id, answer.error.code], [1, -32603])
    assert.match(answer.error.message, /HTTP 404 Nothing is served under this path/)
  })

  test('every request is answered under its id, whatever the gateway says', async () => {
    using folder = temporaryFolder()
    const says = ['{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Not now."}}', '']
    await using server = createServer((_incoming, outgoing) => {
      outgoing.setHeader('content-type', 'application/json')
      outgoing.end(says.pop())
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const env = { ...folder.env, TOLLGATE_URL: `http://127.0.0.1:${port}` }
    const [one] = messages((await runStdio([list], env)).stdout)
    assert.deepEqual([one.id, one.error.code], [1, -32603])
    assert.match(one.error.message, /HTTP 200 and no message/)
    const [other] = messages((await runStdio([list], env)).stdout)
    assert.deepEqual(other, { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'Not now.' } })
  })

  test('beside another sandbox it takes a free port, unless one is set', async () => {
    using folder = temporaryFolder()
    await using taken = createServer()
    taken.on('error', () => {}).listen(8083, '127.0.0.1')
    const { code, stdout, stderr } = await runStdio([list], folder.env)
    assert.deepEqual([code, messages(stdout).length], [0, 1], stderr)
    assert.match(stderr, /codes arrive at http:\/\/127\.0\.0\.1:(?!8083\/)\d+\/inbox/)
    const refused = await runStdio([list], { ...folder.env, TOLLGATE_SIMULATOR_PORT: '8083' })
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^tollgate: port 8083 is in use: [^\n]+\n$/)
    assert.deepEqual(folder.leftovers(), [])
  })

  test('is refused without a key where there are keys, and acts for the caller whose key it carries', async () => {
    using folder = temporaryFolder()
    await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
    const key = await makeKey(gateway, { scopes: ['verify', 'verifications:read'] })
    const request = ask(1, 'tools/call', { name: 'request-verification', arguments: { number, brand: 'Acme' } })
    const env = { ...folder.env, TOLLGATE_URL: gateway.addresses.mcp }
    const [refused] = messages((await runStdio([request], env)).stdout)
    assert.match(refused.error.message, /HTTP 401 The gateway asks for a key/)
    assert.equal(gateway.calls.length, 0)
    const [answer] = messages((await runStdio([request], { ...env, TOLLGATE_KEY: key })).stdout)
    const { request_id } = answer.result.structuredContent
    const { body } = await gateway.rest('GET', `/v1/verifications/${request_id}`, undefined, bearer(key))
    assert.equal(body.state, 'pending')
  })

  test('says how what its agent wants to buy is approved', async () => {
    using folder = temporaryFolder()
    const client = await stdioClients['the older SDK']({ ...folder.env, TOLLGATE_SIMULATOR_PORT: '0' })
    try {
      const { body } = await client.call('search-available-numbers', { country: 'GB', size: 1 })
      const wanted = { country: 'GB', msisdn: body.numbers[0].msisdn }
      const asked = await client.call('buy-number', wanted)
      const [, dataDir = ''] = /approved with TOLLGATE_DATA_DIR=(\S+) tollgate approvals/.exec(client.stderr()) ?? []
      const { approval_id } = asked.body.approval
      const { code, stderr } = await tollgate(['approvals', 'approve', approval_id], { TOLLGATE_DATA_DIR: dataDir })
      assert.equal(code, 0, stderr)
      assert.equal((await client.call('buy-number', wanted)).body['error-code'], '200')
    } finally {
      await client[Symbol.asyncDispose]()
    }
  })

  test('gives no answer to a cancelled request', async () => {
    using folder = temporaryFolder()
    await using gateway = await startGateway({ env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '1000' } })
    await gateway.fault('/verify/json', { connection: 'stall' })
    const slow = ask(7, 'tools/call', { name: 'request-verification', arguments: { number, brand: 'Acme' } })
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }
    const { code, stdout } = await runStdio([slow, cancel, list], {
      ...folder.env,
      TOLLGATE_URL: gateway.addresses.mcp,
    })
    assert.deepEqual([code, messages(stdout).map(({ id }) => id)], [0, [1]])
  })

  test('sends the key as a bearer token, and what routes a message as headers', async () => {
    using folder = temporaryFolder()
    const seen: { url: string | undefined; headers: Record<string, unknown>; body: unknown }[] = []
    const server = createServer(async (incoming, outgoing) => {
      seen.push({ url: incoming.url, headers: incoming.headers, body: await json(incoming) })
      outgoing.setHeader('content-type', 'text/event-stream')
      outgoing.end('event: message\r\ndata: {"jsonrpc":"2.0",\r\ndata: "id":1,"result":{}}\r\n\r\n')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const { body } = modern('tools/call', { name: 'prüfen', arguments: {} })
      const env = { ...folder.env, TOLLGATE_URL: `http://127.0.0.1:${port}`, TOLLGATE_KEY: 'secret-key' }
      const { stdout } = await runStdio([body], env)
      assert.deepEqual(messages(stdout), [{ jsonrpc: '2.0', id: 1, result: {} }])
      const [{ url, headers, body: sent } = { url: '', headers: {}, body: {} }] = seen
      assert.deepEqual([url, sent], ['/mcp', body])
      assert.equal(headers.authorization, 'Bearer secret-key')
      assert.equal(headers['mcp-protocol-version'], '2026-07-28')
      assert.equal(headers['mcp-method'], 'tools/call')
      assert.equal(headers['mcp-name'], `=?base64?${Buffer.from('prüfen').toString('base64')}?=`)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('does not go live by itself, and says in one line what to do', async () => {
    using folder = temporaryFolder()
    const live = {
      VONAGE_API_KEY: 'abcd1234',
      VONAGE_API_SECRET: 'secret',
      TOLLGATE_COUNTRIES: 'GB',
      TOLLGATE_DAILY_SENDS: '1',
    }
    const { code, stdout, stderr } = await runStdio([list], { ...folder.env, ...live })
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^tollgate: [^\n]*set TOLLGATE_URL\n$/)
    assert.deepEqual(folder.leftovers(), [])
  })

  test('needs no Vonage credentials to forward, and uses none', async () => {
    using folder = temporaryFolder()
    await using gateway = await startGateway()
    const half = { VONAGE_API_KEY: 'abcd1234', TOLLGATE_URL: gateway.addresses.mcp }
    const { code, stdout, stderr } = await runStdio([list], { ...folder.env, ...half })
    assert.deepEqual([code, stderr, messages(stdout).length], [0, '', 1])
  })

  for (const [what, end] of Object.entries(endings)) {
    test(`${what} ends it, with nothing left behind`, async () => {
      using folder = temporaryFolder()
      const env = { ...folder.env, TOLLGATE_SIMULATOR_PORT: '0' }
      const child = spawn(process.execPath, [main, 'mcp', '--stdio'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
      const closed = once(child, 'close')
      child.stdin.write(`${JSON.stringify(list)}\n`)
      await once(child.stdout, 'data')
      end(child)
      assert.deepEqual(await closed, [0, null])
      assert.deepEqual(folder.leftovers(), [])
    })
  }
})
