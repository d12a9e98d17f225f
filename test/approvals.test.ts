import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { type Scope, scopes } from '../src/access/scopes.ts'
import { startAnsweringVonage } from './support/answering-vonage.ts'
import { engines, startBeside } from './support/beside.ts'
import { type Answer, request, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { legacy, me, modern } from './support/mcp.ts'
import { startNodes } from './support/nodes.ts'
import { gist } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

type Offer = { country: string; msisdn: string }

const buying: Scope[] = ['numbers:read', 'numbers:buy', 'numbers:write']

/** An agent over MCP and an operator over REST, each with a key. */
async function callers(gateway: TestGateway) {
  const agent = await makeKey(gateway, { name: 'agent', scopes: buying })
  const ops = await makeKey(gateway, { name: 'ops', scopes: ['admin'] })
  return {
    agent,
    ops,
    offer: () => someOffer(gateway, agent),
    call: (tool: string, input: object, key = agent) => callTool(gateway, tool, input, key),
    decide: (id: string, decision = 'approve', key = ops) =>
      gateway.rest('POST', `/v1/approvals/${id}`, { decision }, bearer(key)),
    state: async (id: string) => (await listed(gateway, ops)).find((each) => each.approval_id === id)?.state,
  }
}

async function listed(gateway: TestGateway, key: string): Promise<Answer['body'][]> {
  return (await gateway.rest('GET', '/v1/approvals', undefined, bearer(key))).body.approvals
}

async function someOffer(gateway: TestGateway, key?: string, country = 'GB'): Promise<Offer> {
  const path = `/v1/numbers/available?country=${country}&size=1`
  const { body } = await gateway.rest('GET', path, undefined, key === undefined ? {} : bearer(key))
  return { country, msisdn: body.numbers[0].msisdn }
}

/** The structured content of a tool's answer. */
async function callTool(gateway: TestGateway, name: string, input: object, key?: string, era = modern) {
  const { body, headers } = era('tools/call', { name, arguments: input })
  const given = key === undefined ? {} : bearer(key)
  return (await request(gateway.addresses.mcp, 'POST', body, { ...headers, ...given })).body.result.structuredContent
}

const bought = ({ calls }: { calls: TestGateway['calls'] }) => calls.filter(({ path }) => path === '/number/buy').length

describe('what an agent may not do by itself', () => {
  for (const [era, message] of Object.entries({ 2026: modern, 2025: legacy })) {
    test(`a purchase waits for a person, and is made when it was approved, once (${era})`, async () => {
      await using gateway = await startGateway()
      const { agent, offer, decide, state } = await callers(gateway)
      const wanted = await offer()
      const asked = await callTool(gateway, 'buy-number', wanted, agent, message)
      assert.equal(asked.code, 'approval_required')
      const { approval_id, ...told } = asked.approval
      assert.deepEqual(told, {
        url: `${gateway.addresses.rest}/approvals/${approval_id}`,
        asks: `Buy the number ${wanted.msisdn} of GB?`,
        price_now: '1.60',
        price_monthly: '0.80',
        currency: 'EUR',
        expires_at: '2026-01-01T12:10:00.000Z',
      })
      const again = await callTool(gateway, 'buy-number', wanted, agent, message)
      assert.equal(again.approval.approval_id, approval_id)
      assert.equal(gist(await decide(approval_id)), '200 approved')
      assert.equal(bought(gateway), 0)
      assert.equal((await callTool(gateway, 'buy-number', wanted, agent, message))['error-code'], '200')
      assert.deepEqual([bought(gateway), await state(approval_id)], [1, 'used'])
    })
  }

  for (const [tool, input, asks] of [
    ['update-number', { voiceStatusCallback: 'https://a.example' }, /Change where .* go\?/],
    ['cancel-number', {}, /Release the number/],
  ] as const) {
    test(`${tool} is approved like a purchase`, async () => {
      await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
      const { call, decide, offer, ops } = await callers(gateway)
      const number = await offer()
      const everything = await makeKey(gateway, { name: 'all', scopes })
      await gateway.rest('POST', '/v1/numbers', number, bearer(everything))
      const asked = await call(tool, { ...number, ...input })
      assert.match(asked.approval.asks, asks)
      const [shown] = await listed(gateway, ops)
      assert.deepEqual(shown.input, { ...number, ...input })
      await decide(asked.approval.approval_id)
      assert.equal((await call(tool, { ...number, ...input }))['error-code'], '200')
    })
  }

  test('an approval that was used buys nothing more', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
    const { call, decide, offer } = await callers(gateway)
    const wanted = await offer()
    const { approval } = await call('buy-number', wanted)
    await decide(approval.approval_id)
    await call('buy-number', wanted)
    const everything = await makeKey(gateway, { name: 'all', scopes })
    await gateway.rest('DELETE', `/v1/numbers/GB/${wanted.msisdn}`, undefined, bearer(everything))
    await gateway.clock.advance(61)
    const again = await call('buy-number', wanted)
    assert.equal(again.code, 'approval_required')
    assert.notEqual(again.approval.approval_id, approval.approval_id)
    assert.equal(gist(await decide(approval.approval_id)), '409 not_now')
    assert.equal(bought(gateway), 1)
  })

  test('it is good for the very arguments and the very caller', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
    const { call, decide, offer, state } = await callers(gateway)
    const wanted = await offer()
    const { approval } = await call('buy-number', wanted)
    await decide(approval.approval_id)
    const other = await makeKey(gateway, { name: 'other', scopes: buying })
    const [, second] = (await gateway.rest('GET', '/v1/numbers/available?country=GB&size=2', undefined, bearer(other)))
      .body.numbers
    const foreign = await call('buy-number', wanted, other)
    const altered = await call('buy-number', { country: 'GB', msisdn: second.msisdn })
    const operation = await call('cancel-number', wanted)
    for (const answer of [foreign, altered, operation]) {
      assert.equal(answer.code, 'approval_required')
      assert.notEqual(answer.approval.approval_id, approval.approval_id)
    }
    assert.deepEqual([bought(gateway), await state(approval.approval_id)], [0, 'approved'])
  })

  test('it is good for the very price', async () => {
    const numbers = [{ country: 'GB', msisdn: '447418012439', type: 'mobile-lvn', cost: '0.80', initialPrice: '0.80' }]
    const offers = { count: 1, numbers }
    await using vonage = await startAnsweringVonage({ '/number/search': offers })
    await using gateway = await startGateway({ env: vonage.env })
    const { call, decide } = await callers(gateway)
    const wanted = { country: 'GB', msisdn: '447418012439' }
    const { approval } = await call('buy-number', wanted)
    await decide(approval.approval_id)
    offers.numbers = numbers.map((number) => ({ ...number, cost: '80.00' }))
    const again = await call('buy-number', wanted)
    assert.deepEqual([again.code, again.approval.price_now], ['approval_required', '80.80'])
  })

  test('it lives for ten minutes, asked or approved', async () => {
    await using gateway = await startGateway()
    const { call, decide, offer, state } = await callers(gateway)
    const wanted = await offer()
    const first = (await call('buy-number', wanted)).approval
    await gateway.clock.advance(599)
    assert.equal(gist(await decide(first.approval_id)), '200 approved')
    await gateway.clock.advance(1)
    assert.equal(await state(first.approval_id), 'expired')
    const second = (await call('buy-number', wanted)).approval
    assert.notEqual(second.approval_id, first.approval_id)
    await gateway.clock.advance(600)
    const late = await decide(second.approval_id)
    assert.equal(gist(late), '409 not_now')
    assert.match(late.body.detail, /is expired/)
    assert.equal(bought(gateway), 0)
  })

  test('what was denied is refused until it is over, and then asked anew', async () => {
    await using gateway = await startGateway()
    const { call, decide, offer } = await callers(gateway)
    const wanted = await offer()
    const { approval } = await call('buy-number', wanted)
    assert.equal(gist(await decide(approval.approval_id, 'deny')), '200 denied')
    const refused = await call('buy-number', wanted)
    assert.equal(refused.code, 'forbidden')
    assert.match(refused.detail, /denied by a person; .* from 2026-01-01T12:10:00.000Z on/)
    await gateway.clock.advance(600)
    assert.equal((await call('buy-number', wanted)).code, 'approval_required')
  })

  test('nobody decides on what they have asked for, nor without an admin key', async () => {
    await using gateway = await startGateway()
    const { call, decide, offer, agent, state } = await callers(gateway)
    const both = await makeKey(gateway, { name: 'both', scopes })
    const { approval_id } = (await call('buy-number', await offer(), both)).approval
    const itsOwn = await decide(approval_id, 'approve', both)
    assert.equal(gist(itsOwn), '403 forbidden')
    assert.match(itsOwn.body.detail, /asked for themselves/)
    assert.equal(gist(await decide(approval_id, 'approve', agent)), '403 forbidden')
    assert.equal((await gateway.rest('POST', `/v1/approvals/${approval_id}`, { decision: 'approve' })).status, 401)
    assert.equal(await state(approval_id), 'pending')
    assert.equal(gist(await decide('0'.repeat(32))), '404 not_found')
  })

  test('a caller has twenty at a time to be decided', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
    const { call } = await callers(gateway)
    const release = (index: number) => call('cancel-number', { country: 'GB', msisdn: `4477009001${10 + index}` })
    for (let index = 0; index < 20; index += 1) assert.equal((await release(index)).code, 'approval_required')
    assert.equal((await release(20)).code, 'quota_exceeded')
    assert.equal((await release(0)).code, 'approval_required')
    await gateway.clock.advance(600)
    assert.equal((await release(20)).code, 'approval_required')
  })

  test('they are listed page by page, the newest first', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
    const { call, ops } = await callers(gateway)
    const ids: string[] = []
    for (const last of [1, 2, 3]) {
      const { approval } = await call('cancel-number', { country: 'GB', msisdn: `44770090010${last}` })
      ids.unshift(approval.approval_id)
      await gateway.clock.advance(1)
    }
    const page = (query: string) => gateway.rest('GET', `/v1/approvals?limit=2${query}`, undefined, bearer(ops))
    const first = (await page('')).body
    const second = (await page(`&cursor=${first.next_cursor}`)).body
    const listedIds = [...first.approvals, ...second.approvals].map(({ approval_id }) => approval_id)
    assert.deepEqual([listedIds, second.next_cursor], [ids, undefined])
    const wrong = await page('&cursor=nowhere')
    assert.deepEqual([gist(wrong), wrong.body.invalid_parameters[0].name], ['422 invalid_request', 'cursor'])
  })

  test('no answer of a client spends: neither a confirmed form nor an argument', async () => {
    await using gateway = await startGateway()
    const { agent, offer } = await callers(gateway)
    const wanted = await offer()
    const able = (message: ReturnType<typeof modern>, more: object = {}) => {
      const sent = message.body as { params: { _meta: Record<string, unknown> } }
      const capabilities = { elicitation: { url: {}, form: {} } }
      const meta = { ...sent.params._meta, 'io.modelcontextprotocol/clientCapabilities': capabilities }
      const body = { ...sent, params: { ...sent.params, ...more, _meta: meta } }
      return request(gateway.addresses.mcp, 'POST', body, { ...message.headers, ...bearer(agent) })
    }
    const buy = (input: object) => modern('tools/call', { name: 'buy-number', arguments: input })
    const { result: asked } = (await able(buy(wanted))).body
    assert.equal(asked.resultType, 'input_required')
    const { method, params } = asked.inputRequests.approval
    assert.deepEqual([method, params.mode], ['elicitation/create', 'url'])
    assert.match(params.url, /\/approvals\/[0-9a-f]{32}$/)
    assert.match(params.message, /^Buy the number \d+ of GB\? EUR 1\.60 at once, EUR 0\.80 a month\.$/)
    for (const answer of [{ action: 'accept' }, { action: 'accept', content: { confirm: true } }]) {
      const forged = await able(buy(wanted), { inputResponses: { approval: answer } })
      assert.equal(forged.body.result.isError, true)
      assert.equal(forged.body.result.structuredContent.code, 'approval_required')
    }
    const confirmed = (await able(buy({ ...wanted, confirm: true }))).body.result.structuredContent
    assert.equal(confirmed.code, 'invalid_request')
    assert.equal(bought(gateway), 0)
  })

  test('a client that opens addresses leads its person there, and buys when they have approved', async () => {
    await using gateway = await startGateway()
    const { agent, offer, decide } = await callers(gateway)
    const client = new Client(me, {
      capabilities: { elicitation: { url: {} } },
      versionNegotiation: { mode: { pin: '2026-07-28' } },
    })
    const opened: string[] = []
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      if (!('url' in params)) return { action: 'decline' }
      opened.push(params.url)
      await decide(params.url.split('/').at(-1) ?? '')
      return { action: 'accept' }
    })
    const transport = new StreamableHTTPClientTransport(new URL(gateway.addresses.mcp), {
      requestInit: { headers: bearer(agent) },
    })
    await client.connect(transport)
    const answer = await client.callTool({ name: 'buy-number', arguments: await offer() })
    await client.close()
    assert.deepEqual([opened.length, bought(gateway)], [1, 1], JSON.stringify(answer))
  })
})

for (const engine of engines) {
  test(`${engine}: fifty calls at once use an approval once, and the number is bought once`, async () => {
    await using on = await startBeside(engine, { env: { TOLLGATE_SPENDING_REST: 'approve' } })
    const gateway = on.gateway()
    const { agent, decide, offer } = await callers(gateway)
    const wanted = await offer()
    const buy = () => gateway.rest('POST', '/v1/numbers', wanted, bearer(agent))
    const asked = await Promise.all(Array.from({ length: 50 }, buy))
    const ids = new Set(asked.map(({ body }) => body.approval.approval_id))
    assert.equal(ids.size, 1, 'one is asked for')
    await decide([...ids][0] ?? '')
    const answers = await Promise.all(Array.from({ length: 50 }, buy))
    const counts = Object.groupBy(answers, gist)
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, Object.keys(counts).join(', '))
    assert.equal(on.vonage.calls.filter(({ path }) => path === '/number/buy').length, 1)
  })

  test(`${engine}: the command decides with an admin key, and in a sandbox without keys with none`, async () => {
    await using on = await startBeside(engine)
    const sandbox = { ...on.vonage.env }
    const wanted = await someOffer(on.gateway())
    const asked = await callTool(on.gateway(), 'buy-number', wanted)
    const run = (words: string, more: Record<string, string> = {}) =>
      on.command(['approvals', ...words.split(' ')], { ...sandbox, ...more })
    const waiting = JSON.parse((await run('list')).stdout)
    assert.equal(waiting.approval_id, asked.approval.approval_id)
    const open = await run(`approve ${waiting.approval_id}`, { TOLLGATE_HOST: '0.0.0.0' })
    assert.deepEqual([open.code, open.stdout], [1, ''])
    assert.match(open.stderr, /only an admin key decides/)
    const refused = await on.gateway().rest('POST', `/v1/approvals/${waiting.approval_id}`, { decision: 'approve' })
    assert.equal(gist(refused), '403 forbidden')
    assert.equal(gist(await on.gateway().rest('GET', '/v1/approvals')), '403 forbidden')
    const approved = await run(`approve ${waiting.approval_id}`)
    assert.deepEqual([approved.code, JSON.parse(approved.stdout).state], [0, 'approved'], approved.stderr)
    assert.match(JSON.parse(approved.stdout).decided_by, /^operator:/)
    assert.equal((await callTool(on.gateway(), 'buy-number', wanted))['error-code'], '200')
    assert.match((await run(`approve ${waiting.approval_id}`)).stderr, /is used, and can’t be decided/)

    const { agent, ops, call } = await callers(on.gateway())
    const { approval } = await call('buy-number', await someOffer(on.gateway(), agent))
    for (const [key, said] of [
      [undefined, /TOLLGATE_KEY is not set/],
      [agent, /takes the scope admin/],
      [`${ops.slice(0, -1)}${ops.endsWith('A') ? 'E' : 'A'}`, /does not know this key/],
    ] as const) {
      const answer = await run(`deny ${approval.approval_id}`, key === undefined ? {} : { TOLLGATE_KEY: key })
      assert.equal(answer.code, 1)
      assert.match(answer.stderr, said)
    }
    const denied = await run(`deny ${approval.approval_id}`, { TOLLGATE_KEY: ops })
    assert.deepEqual([denied.code, JSON.parse(denied.stdout).decided_by], [0, 'ops'])
    assert.equal((await run('list', { TOLLGATE_KEY: ops })).stdout, '')
  })
}

test('of two nodes that are asked at once one uses the approval', async () => {
  await using vonage = await startVonageApart()
  await using shared = await startNodes(vonage, { env: { TOLLGATE_SPENDING_REST: 'approve' } })
  const { one, other } = shared
  const { agent, decide, offer } = await callers(one)
  const wanted = await offer()
  const buy = (node: TestGateway) => node.rest('POST', '/v1/numbers', wanted, bearer(agent))
  await decide((await buy(one)).body.approval.approval_id)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => buy(index % 2 ? one : other)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal(vonage.calls.filter(({ path }) => path === '/number/buy').length, 1)
})

test('a wrong call of approvals says what is allowed', async () => {
  await using on = await startBeside('SQLite')
  for (const words of ['approvals', 'approvals list all', 'approvals approve', 'approvals deny a b']) {
    const { code, stdout } = await on.command(words.split(' '), on.vonage.env)
    assert.deepEqual([code, stdout], [2, ''], words)
  }
})
