import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAnsweringVonage } from './support/answering-vonage.ts'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { modern } from './support/mcp.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const run = '6814d0cc4cc968952f4e6da726a876e1'
const number = { country: 'GB', msisdn: '442039050911' }

test('what Vonage has done stays a success, whatever it says besides', async () => {
  await using vonage = await startAnsweringVonage({
    '/verify/json': { request_id: run, status: '0', error_text: null },
    '/verify/check/json': {
      request_id: null,
      status: 0,
      event_id: null,
      price: 0.1,
      currency: { code: 'EUR' },
      estimated_price_messages_sent: null,
    },
    '/number/buy': { 'error-code': 200, 'error-code-label': null },
    '/account/numbers': {
      count: 1,
      numbers: [{ ...number, type: null, features: 'SMS', cost: 1.25, initialPrice: false }],
    },
  })
  await using gateway = await startGateway({ env: vonage.env })
  const { start, check } = verifying(gateway)
  const checked = await check(await start(), '123456')
  assert.equal(gist(checked), '200 verified')
  assert.equal(checked.body.price, '0.1')
  for (const odd of ['event_id', 'currency', 'estimated_price_messages_sent']) assert.ok(!(odd in checked.body), odd)
  const bought = await gateway.rest('POST', '/v1/numbers', number)
  assert.deepEqual([bought.status, bought.body], [200, { ...number, 'error-code': '200' }])
  const owned = await gateway.rest('GET', '/v1/numbers')
  assert.deepEqual([owned.status, owned.body.numbers], [200, [{ ...number, cost: '1.25' }]])
})

/** The lines of the log, what changes with every run apart. */
function logged(gateway: TestGateway, msg: string) {
  return gateway.log
    .map((line) => JSON.parse(line))
    .filter((line) => line.msg === msg)
    .map(({ time: _time, pid: _pid, hostname: _hostname, msg: _msg, ...line }) => line)
}

async function callTool(gateway: TestGateway, name: string, input: object, requestId: string) {
  const { body, headers } = modern('tools/call', { name, arguments: input })
  return request(gateway.addresses.mcp, 'POST', body, { ...headers, 'x-request-id': requestId })
}

test('why Vonage could not be asked is in the log once, with the request and without what it was about', async () => {
  await using vonage = await startAnsweringVonage({
    '/verify/json': (response) => response.destroy(),
    '/account/numbers': (response) => response.end(`<html>${run} ${someNumber}</html>`),
    '/number/search': (response) => response.writeHead(503).end(),
  })
  await using gateway = await startGateway({ env: vonage.env })
  const input = { number: someNumber, brand: 'Acme' }
  const lost = await gateway.rest('POST', '/v1/verifications', input, { 'x-request-id': 'by-rest' })
  assert.equal(gist(lost), '504 upstream_unreachable')
  await callTool(gateway, 'list-owned-numbers', {}, 'by-mcp')
  await gateway.rest('GET', '/v1/numbers/available?country=GB', undefined, { 'x-request-id': 'search' })
  assert.deepEqual(
    logged(gateway, 'Vonage failed').map(({ requestId, tool, level, code, cause }) => [
      requestId,
      tool,
      level,
      code,
      cause?.code,
    ]),
    [
      ['by-rest', undefined, 40, 'upstream_unreachable', 'UND_ERR_SOCKET'],
      ['by-mcp', 'list-owned-numbers', 40, 'upstream_error', 'SyntaxError'],
      ['search', undefined, 40, 'upstream_error', undefined],
    ],
  )
  for (const secret of [run, run.slice(0, 12), someNumber, '<html>'])
    assert.ok(!JSON.stringify(logged(gateway, 'Vonage failed')).includes(secret), secret)
})

test('a timeout of Vonage’s is in the log as one', async () => {
  await using vonage = await startAnsweringVonage({ '/number/search': () => {} })
  await using gateway = await startGateway({ env: { ...vonage.env, TOLLGATE_UPSTREAM_TIMEOUT_MS: '10' } })
  await gateway.rest('GET', '/v1/numbers/available?country=GB')
  assert.deepEqual(
    logged(gateway, 'Vonage failed').map(({ cause }) => cause),
    [{ code: 'TimeoutError', message: 'The operation was aborted due to timeout' }],
  )
})

test('each call of a tool is in the log with its request, its tool and its problem', async () => {
  await using gateway = await startGateway()
  await callTool(gateway, 'list-owned-numbers', {}, 'first')
  await callTool(gateway, 'buy-number', { country: 'GB', msisdn: '442039999999' }, 'second')
  assert.deepEqual(logged(gateway, 'tool call'), [
    { level: 30, requestId: 'first', caller: 'local', tool: 'list-owned-numbers' },
    { level: 30, requestId: 'second', caller: 'local', tool: 'buy-number', problem: 'number_unavailable' },
  ])
})

test('stopping breaks off what Vonage does not answer, tells the caller so, and is over in time', async () => {
  const asked = Promise.withResolvers<void>()
  await using vonage = await startAnsweringVonage({ '/verify/json': () => asked.resolve() })
  const env = { ...vonage.env, TOLLGATE_UPSTREAM_TIMEOUT_MS: '30000' }
  const gateway = await startGateway({ env, overrides: { patienceMs: 2000 } })
  const running = verifying(gateway).request()
  await asked.promise
  await gateway[Symbol.asyncDispose]()
  assert.equal(gist(await running), '504 upstream_unreachable')
})

test('stopping is over in time, also when the sweeper waits for Vonage', { timeout: 20_000 }, async () => {
  const asked = Promise.withResolvers<void>()
  await using gateway = await startGateway({
    env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '30000' },
    overrides: { patienceMs: 1000, onUpstreamCall: ({ path }) => path === '/verify/control/json' && asked.resolve() },
  })
  const { start, cancel } = verifying(gateway)
  await cancel(await start())
  await gateway.fault('/verify/control/json', { connection: 'stall' })
  void gateway.clock.advance(40)
  await asked.promise
  await gateway[Symbol.asyncDispose]()
})
