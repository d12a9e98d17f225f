import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { localCaller } from '../src/access/caller.ts'
import { type Scope, scopes } from '../src/access/scopes.ts'
import { SimulatedClock } from '../src/clock.ts'
import { createLog } from '../src/log.ts'
import type { AnyOperation } from '../src/operation.ts'
import { operations } from '../src/operations.ts'
import { OwnHosts } from '../src/surfaces/own-hosts.ts'
import { RequestRates } from '../src/surfaces/rate-limits.ts'
import { createRest } from '../src/surfaces/rest.ts'
import { fillPath, takesBody } from '../src/surfaces/rest-shape.ts'
import { addSite } from '../src/surfaces/site.ts'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { legacy, modern, NoServices } from './support/mcp.ts'

type Input = Record<string, unknown>
type Name = (typeof operations)[number]['name']

/** Calls an operation with a key, or without, and answers with the body: a problem's, or the operation's own. */
type Call = (gateway: TestGateway, operation: AnyOperation, input: Input, key?: string) => Promise<Input>

const overMcp =
  (era: typeof modern): Call =>
  async (gateway, { name }, input, key) => {
    const { body, headers } = era('tools/call', { name, arguments: input })
    const given = key === undefined ? {} : bearer(key)
    const answer = await request(gateway.addresses.mcp, 'POST', body, { ...headers, ...given })
    if (answer.status === 401) assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
    return answer.status === 401 ? answer.body : answer.body.result.structuredContent
  }

const surfaces: Record<string, Call> = {
  async REST(gateway, { rest }, input, key) {
    const { path, others } = fillPath(rest, input)
    const query = new URLSearchParams(Object.entries(others).map(([name, value]) => [name, String(value)]))
    const given = key === undefined ? {} : bearer(key)
    const answer = takesBody(rest)
      ? await gateway.rest(rest.method, path, others, given)
      : await gateway.rest(rest.method, `${path}?${query}`, undefined, given)
    if (answer.status === 401) assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
    return answer.body
  },
  'MCP, 2026': overMcp(modern),
  'MCP, 2025': overMcp(legacy),
}

/** What the operation needs to succeed for the caller with this key. */
async function inputOf(name: Name, gateway: TestGateway, key: string): Promise<Input> {
  const number = `447700900${String(++count).padStart(3, '0')}`
  const requested = async () => {
    const { body } = await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' }, bearer(key))
    return body.request_id
  }
  const owned = async () => {
    const chosen = await forSale(gateway, key)
    await gateway.rest('POST', '/v1/numbers', chosen, bearer(key))
    return chosen
  }
  const inputs: Record<Name, () => Promise<Input>> = {
    'request-verification': async () => ({ number, brand: 'Acme' }),
    'check-verification': async () => ({ request_id: await requested(), code: await gateway.code(number) }),
    'cancel-verification': async () => ({ request_id: await requested() }),
    async 'trigger-next-event'() {
      const request_id = await requested()
      await gateway.clock.advance(60)
      return { request_id }
    },
    'get-verification': async () => ({ request_id: await requested() }),
    'list-verifications': async () => ({}),
    'list-owned-numbers': async () => ({}),
    'search-available-numbers': async () => ({ country: 'GB' }),
    'buy-number': () => forSale(gateway, key),
    'update-number': async () => ({ ...(await owned()), voiceStatusCallback: 'https://acme.example/voice' }),
    'cancel-number': owned,
    'list-decisions': async () => ({}),
    'get-conversion': async () => ({}),
    'list-approvals': async () => ({}),
    async 'decide-approval'() {
      const asking = await makeKey(gateway, { name: `asking-${count}`, scopes: ['numbers:buy'] })
      const call = modern('tools/call', { name: 'buy-number', arguments: await forSale(gateway, key) })
      const answer = await request(gateway.addresses.mcp, 'POST', call.body, { ...call.headers, ...bearer(asking) })
      return { approval_id: answer.body.result.structuredContent.approval.approval_id, decision: 'approve' }
    },
  }
  return inputs[name]()
}
let count = 0

async function forSale(gateway: TestGateway, key: string): Promise<{ country: string; msisdn: string }> {
  const { body } = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1', undefined, bearer(key))
  return { country: 'GB', msisdn: body.numbers[0].msisdn }
}

/** What another caller, who may do everything, is told of what belongs to this one. */
const toAnother: Partial<Record<Name, Input>> = {
  'request-verification': { code: 'verification_pending' },
  'check-verification': { code: 'verification_not_found' },
  'cancel-verification': { code: 'verification_not_found' },
  'trigger-next-event': { code: 'verification_not_found' },
  'get-verification': { code: 'verification_not_found' },
  'list-verifications': { verifications: [] },
}

const someSecret = (prefix: string) => prefix + randomBytes(32).toString('base64url')

const env = { TOLLGATE_MCP_TOOLS: 'all', TOLLGATE_SENDS_PER_NUMBER: 'off' }

describe('who may do what', () => {
  let gateway: TestGateway
  let right: string
  let another: string
  /** Credentials that open nothing. */
  const foreign: Record<string, string | undefined> = {
    none: undefined,
    unknown: someSecret('tg_test_'),
    'of a live gateway': someSecret('tg_live_'),
    'of no such form': 'secret',
  }
  const withoutScope = new Map<Scope, string>()
  before(async () => {
    gateway = await startGateway({ env })
    foreign.expired = await makeKey(gateway, { name: 'expired', scopes, livesMs: 60_000 })
    await gateway.clock.advance(60)
    right = await makeKey(gateway, { name: 'right', scopes })
    another = await makeKey(gateway, { name: 'another', scopes })
    foreign['cut off'] = right.slice(0, -1)
    for (const scope of scopes) {
      const others = scopes.filter((other) => other !== scope)
      withoutScope.set(scope, await makeKey(gateway, { name: `no-${scope.replace(':', '-')}`, scopes: others }))
    }
  })
  after(() => gateway[Symbol.asyncDispose]())

  for (const [surface, call] of Object.entries(surfaces)) {
    for (const operation of operations) {
      const { name, scope, tool } = operation
      if (tool === 'never' && surface !== 'REST') continue
      test(`${surface}: ${name}`, async () => {
        const input = await inputOf(name, gateway, right)
        const asked = gateway.calls.length
        for (const [kind, key] of Object.entries(foreign)) {
          assert.equal((await call(gateway, operation, input, key)).code, 'unauthenticated', kind)
        }
        const refused = await call(gateway, operation, input, withoutScope.get(scope))
        assert.equal(refused.code, 'forbidden')
        assert.match(String(refused.detail), new RegExp(`the scope ${scope};`))
        assert.equal(gateway.calls.length, asked)
        const answer = await call(gateway, operation, input, right)
        const asksFirst = surface !== 'REST' && /^numbers:(buy|write)$/.test(scope)
        assert.equal(answer.code, asksFirst ? 'approval_required' : undefined, JSON.stringify(answer))
        const told = toAnother[name]
        if (told) assert.deepEqual(shared(await call(gateway, operation, input, another), told), told)
      })
    }
  }

  test('over MCP nobody lists approvals or decides on them', async () => {
    for (const { name } of operations.filter(({ tool }) => tool === 'never')) {
      const { body, headers } = modern('tools/call', { name, arguments: {} })
      const answer = await request(gateway.addresses.mcp, 'POST', body, { ...headers, ...bearer(right) })
      assert.match(answer.body.error.message, /Unknown tool/)
    }
    const { body, headers } = modern('tools/list')
    const listed = await request(gateway.addresses.mcp, 'POST', body, { ...headers, ...bearer(right) })
    const names = listed.body.result.tools.map(({ name }: { name: string }) => name)
    assert.deepEqual(
      names,
      operations.filter(({ tool }) => tool !== 'never').map(({ name }) => name),
    )
  })

  test('over MCP nothing else is answered without a key either', async () => {
    for (const era of [modern, legacy]) {
      for (const method of ['initialize', 'server/discover', 'tools/list', 'no/such']) {
        const { body, headers } = era(method)
        assert.equal((await request(gateway.addresses.mcp, 'POST', body, headers)).status, 401, method)
      }
    }
    for (const method of ['GET', 'DELETE']) {
      assert.equal((await request(gateway.addresses.mcp, method)).status, 401)
    }
  })

  test('what a caller is shows in the log, its key does not', async () => {
    await gateway.rest('GET', '/v1/verifications', undefined, bearer(right))
    const { body, headers } = modern('tools/call', { name: 'list-owned-numbers', arguments: {} })
    await request(gateway.addresses.mcp, 'POST', body, { ...headers, ...bearer(right) })
    const lines = gateway.log.map((line) => JSON.parse(line)).filter(({ caller }) => caller === 'right')
    assert.deepEqual(new Set(lines.map(({ msg }) => msg)), new Set(['request', 'tool call']))
    for (const key of [right, another]) assert.ok(!gateway.log.join('').includes(key.slice(8)))
  })

  test('no path of REST is open but those that tell nothing of anybody', async () => {
    const open = [
      '/',
      '/healthz',
      '/readyz',
      '/.well-known/jwks.json',
      '/openapi.json',
      '/docs',
      '/docs/style.css',
      '/problems/:code',
      // Only who was asked knows the address, and deciding there takes a key.
      '/approvals/:id',
      // The same, of the person whose code it takes.
      '/v/:token',
    ]
    const routes = routesOf()
    const known = new Set([...open, ...operations.map(({ rest }) => rest.path.replaceAll(/\{(\w+)\}/g, ':$1'))])
    assert.deepEqual(new Set(routes.keys()), known)
    for (const [path, methods] of routes) {
      for (const method of methods) {
        const isOperation = operations.some(
          ({ rest }) => rest.path.replaceAll(/\{(\w+)\}/g, ':$1') === path && rest.method === method,
        )
        const { status } = await gateway.rest(method, path.replaceAll(/:\w+/g, 'internal'))
        assert.ok(isOperation ? status === 401 : [200, 404, 405].includes(status), `${method} ${path}: ${status}`)
      }
    }
  })
})

const unused = () => Promise.reject(new Error('no route is called'))
const noApprovals = { demand: unused, show: unused, list: unused, decide: unused }

/** Members of an answer that are expected. */
function shared(answer: Input, expected: Input): Input {
  return Object.fromEntries(Object.keys(expected).map((member) => [member, answer[member]]))
}

/** The paths that REST serves, with their methods, as the router itself lists them. */
function routesOf(): Map<string, string[]> {
  const door = { admit: async () => localCaller, isClosed: async () => false }
  const log = createLog('silent')
  const app = createRest({
    operations,
    services: new NoServices(),
    door,
    log,
    rates: new RequestRates(new SimulatedClock({ standsAt: 0 }), {}),
    hosts: new OwnHosts({ host: '127.0.0.1', publicUrl: undefined }),
    addSite: (site) =>
      addSite(site, {
        operations,
        baseUrl: () => '',
        sandbox: true,
        isReady: async () => true,
        signingKeys: async () => ({ keys: [] }),
        approvals: noApprovals,
        codes: { look: unused, give: unused },
        door,
        log,
      }),
  })
  const routes = new Map<string, string[]>()
  const trail: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods] = /^([│ ]*)[├└]── ([^ ]*)(?: \(([^)]*)\))?/.exec(line) ?? []
    if (part === '') continue
    const depth = indent.length / 4
    trail.splice(depth, trail.length, part)
    if (methods === undefined) continue
    const path = trail.join('')
    const served = methods.split(', ').filter((method) => method !== 'HEAD')
    routes.set(path, [...(routes.get(path) ?? []), ...served])
  }
  return routes
}
