import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from './support/gateway.ts'
import { mcpCall } from './support/mcp-call.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

test('Vonage gets neither a nonce nor a purpose, and the purpose alone is shown', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
  const { request, look, next } = verifying(gateway)
  const [nonce, purpose] = ['n-0S6_WzA2Mj ~', 'payment:4711']
  const requested = await request({ nonce, purpose, workflow_id: 4 })
  assert.equal(gist(requested), '200 pending')
  const input = { number: '447700900124', brand: 'Acme', nonce, purpose }
  const { body } = await mcpCall(gateway.addresses.mcp, 'tools/call', {
    name: 'request-verification',
    arguments: input,
  })
  await gateway.clock.advance(60)
  const shown = [
    requested.body,
    body.result.structuredContent,
    (await next(requested.body.request_id)).body,
    (await look(requested.body.request_id)).body,
    ...(await gateway.rest('GET', '/v1/verifications')).body.verifications,
  ]
  assert.equal(shown.length, 6)
  for (const view of shown) assert.equal(view.purpose, purpose)
  assert.doesNotMatch(JSON.stringify([shown, gateway.log]), /WzA2Mj/)
  const atVonage = JSON.stringify([gateway.calls, await gateway.messages(someNumber)])
  assert.ok(atVonage.includes(someNumber))
  assert.doesNotMatch(atVonage, /nonce|WzA2Mj|purpose|4711/)
})

test('a verification that was given no purpose shows none', async () => {
  await using gateway = await startGateway()
  const { start, look } = verifying(gateway)
  assert.ok(!('purpose' in (await look(await start())).body))
})

test('a nonce or a purpose of another form is refused by name, and nothing is sent', async () => {
  await using gateway = await startGateway()
  const { request, runs } = verifying(gateway)
  const refused: [name: string, values: unknown[]][] = [
    ['nonce', ['', 'n'.repeat(129), 'ä', 'a\n', 'a\u0000', '\ud800', 7, null, {}]],
    ['purpose', ['', 'p'.repeat(65), 'log in', 'a"b', 'é', 'login\n', 7, null]],
  ]
  for (const [name, values] of refused) {
    for (const value of values) {
      const { status, body } = await request({ [name]: value })
      assert.deepEqual([status, body.code, body.invalid_parameters[0].name], [422, 'invalid_request', name])
      assert.match(body.invalid_parameters[0].reason, /^must be 1 to|expected string/, String(value))
    }
  }
  assert.equal(runs(), 0)
  assert.equal(gist(await request({ nonce: '~ '.repeat(64), purpose: 'p'.repeat(64) })), '200 pending')
})
