import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { readConfig } from '../src/config.ts'
import { ConfigError } from '../src/settings.ts'
import { engines, startBeside } from './support/beside.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { gist, verifying } from './support/verifying.ts'
import { someSecret } from './support/webhooks.ts'
import { writtenPolicy } from './support/written-policy.ts'

const drama = '447700900123'

type Reply = { status?: number; text: string } | 'never' | 'half'

/** The operator's own service: what it was asked, and what it answers. It demands Standard Webhooks. */
async function startService(reply: Reply = { text: '{"answer":"allow"}' }) {
  // biome-ignore lint/suspicious/noExplicitAny: what is asked is what a test asserts
  const asked: any[] = []
  const service = { reply, asked }
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    asked.push(new Webhook(someSecret).verify(body, headers))
    if (service.reply === 'never') return
    if (service.reply === 'half') return void response.writeHead(200).write('{"answer":')
    response.writeHead(service.reply.status ?? 200).end(service.reply.text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(service, {
    env: { TOLLGATE_HOOK_URL: `http://127.0.0.1:${port}/ask`, TOLLGATE_HOOK_SECRET: someSecret },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

async function newest(gateway: TestGateway) {
  return (await gateway.rest('GET', '/v1/decisions?limit=1')).body.decisions[0]
}

test('the service is told what is asked for, and what it allows is sent', async () => {
  await using service = await startService()
  await using gateway = await startGateway({ env: service.env })
  const context = { ip: '203.0.113.7', session_id: 'tab', account_id: 'ann', device_id: 'phone' }
  const answer = await verifying(gateway, drama).request({ brand: 'Acme', context, workflow_id: 6 })
  assert.equal(gist(answer), '200 pending')
  const [{ type, timestamp, data }, ...more] = service.asked
  assert.deepEqual(more, [])
  assert.equal(type, 'guard.hook')
  assert.ok(Number.isFinite(Date.parse(timestamp)))
  const { expected_cost, caller, ...rest } = data
  assert.deepEqual(rest, {
    number: drama,
    country: 'GB',
    line_type: 'mobile',
    channels: ['sms'],
    brand: 'Acme',
    context,
    known: false,
  })
  assert.equal(expected_cost, (await newest(gateway)).expected_cost)
  assert.equal(caller, (await newest(gateway)).caller)
})

for (const engine of engines) {
  test(`${engine}: what the service blocks is not sent; what it challenges is sent with a proof`, async () => {
    await using service = await startService({ text: '{"answer":"block","rule":"too_fast"}' })
    await using on = await startBeside(engine, { env: service.env })
    const run = verifying(on.gateway(), drama)
    const blocked = await run.request()
    assert.equal(gist(blocked), '403 forbidden')
    const decision = await newest(on.gateway())
    assert.deepEqual([decision.answer, decision.rule], ['block', 'hook.too_fast'])
    assert.equal(blocked.body.decision_id, decision.decision_id)
    await on.clock.advance(1)
    service.reply = { text: '{"answer":"challenge"}' }
    const { body } = await run.request()
    assert.equal(body.code, 'challenge_required')
    assert.equal((await newest(on.gateway())).rule, 'hook')
    assert.equal(on.vonage.calls.length, 0)
    await on.clock.advance(1)
    assert.equal(gist(await run.request({ challenge_token: body.challenge_token })), '200 pending')
    const allowed = await newest(on.gateway())
    assert.deepEqual([allowed.answer, allowed.rule], ['allow', 'hook'])
  })
}

for (const [what, reply] of [
  ['nothing', 'never'],
  ['half an answer', 'half'],
  ['an error', { status: 500, text: '{"answer":"allow"}' }],
  ['another place', { status: 302, text: '{"answer":"allow"}' }],
  ['no JSON', { text: 'allow' }],
  ['another word', { text: '{"answer":"yes"}' }],
  ['a rule that is no word', { text: '{"answer":"allow","rule":"a b"}' }],
  ['too much', { text: `{"answer":"allow","more":"${'x'.repeat(20_000)}"}` }],
] as [string, Reply][]) {
  test(`a service that answers ${what} has people challenged`, async () => {
    await using service = await startService(reply)
    await using gateway = await startGateway({ env: service.env })
    const run = verifying(gateway, drama)
    const { body } = await run.request()
    assert.equal(body.code, 'challenge_required')
    assert.equal((await newest(gateway)).rule, 'hook.unanswered')
    assert.equal(gist(await run.request({ challenge_token: body.challenge_token })), '200 pending')
  })
}

test('a service that is not there has people challenged', async () => {
  const service = await startService()
  await service[Symbol.asyncDispose]()
  await using gateway = await startGateway({ env: service.env })
  assert.equal(gist(await verifying(gateway, drama).request()), '403 challenge_required')
})

test('nobody asks about what the policy refuses or allows by name', async () => {
  await using service = await startService({ text: '{"answer":"block"}' })
  const policy = `
overrides:
  - {number: "${drama}", action: allow, reason: support, until: 2099-01-01}
suppressed: [{number: "447700900124", reason: asked us}]`
  const env = { ...service.env, TOLLGATE_POLICY: writtenPolicy(policy) }
  await using gateway = await startGateway({ env })
  assert.equal(gist(await verifying(gateway, drama).request()), '200 pending')
  assert.equal(gist(await verifying(gateway, '447700900124').request()), '422 number_not_allowed')
  assert.deepEqual(service.asked, [])
})

test('half a hook is refused at the start', () => {
  const TOLLGATE_HOOK_URL = 'https://example.com/'
  const TOLLGATE_HOOK_SECRET = someSecret
  const says = (missing: string) =>
    new ConfigError(`${missing} is not set but its other half is: set both for a hook, or neither`)
  assert.throws(() => readConfig({ TOLLGATE_HOOK_URL }), says('TOLLGATE_HOOK_SECRET'))
  assert.throws(() => readConfig({ TOLLGATE_HOOK_SECRET }), says('TOLLGATE_HOOK_URL'))
  assert.throws(() => readConfig({ TOLLGATE_HOOK_SECRET, TOLLGATE_HOOK_URL: 'ftp://example.com' }), ConfigError)
})
