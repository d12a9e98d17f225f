import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError, type ProblemMembers } from '../src/errors.ts'
import { operations } from '../src/operations.ts'
import { type ProblemCode, problems } from '../src/problems.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { clients, serveTools, type ToolAnswer, type ToolClient } from './support/mcp.ts'
import { writtenPolicy } from './support/written-policy.ts'

type ToolName = Exclude<(typeof operations)[number]['name'], 'list-approvals' | 'decide-approval'>
const isTool = (name: string): name is ToolName => !/-approvals?$/.test(name)
/** Those that MCP lists. */
const tooled = operations.flatMap((each) => (isTool(each.name) ? [{ ...each, name: each.name }] : []))

const problemCodes = Object.keys(problems) as ProblemCode[]

interface Scene {
  gateway: TestGateway
  client: ToolClient
  /** Of this problem alone. */
  number: string
}

type Provoke = (scene: Scene) => Promise<ToolAnswer>

/** Problems of HTTP itself; a tool never answers with them. */
const onlyOverHttp = [
  'unauthenticated',
  'malformed_request',
  'not_found',
  'method_not_allowed',
  'payload_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
]

/** Problems that need a race or a broken gateway. */
const notAtWill = ['check_in_progress', 'request_in_progress', 'overloaded', 'internal']

const provocations = {
  invalid_request: ({ client }) => client.call('request-verification', { number: '12', brand: 'Acme', size: 1 }),
  wrong_code: (scene) => wrongCode(scene, 1),
  attempts_exhausted: (scene) => wrongCode(scene, 3),
  async verification_expired(scene) {
    const { request_id } = await start(scene)
    await scene.gateway.clock.advance(300)
    return check(scene, request_id)
  },
  async verification_cancelled(scene) {
    const { request_id } = await start(scene)
    await scene.client.call('cancel-verification', { request_id })
    return check(scene, request_id)
  },
  async verification_superseded(scene) {
    const first = await start(scene)
    await check(scene, (await start(scene)).request_id)
    return scene.client.call('cancel-verification', { request_id: first.request_id })
  },
  async already_verified(scene) {
    const { request_id } = await start(scene)
    await check(scene, request_id)
    return check(scene, request_id)
  },
  async delivery_unknown(scene) {
    const { body } = await refusedStart(scene, { connection: 'cut' })
    return scene.client.call('check-verification', { request_id: body.request_id, code: '123456' })
  },
  async verification_pending(scene) {
    await start(scene)
    return scene.client.call('request-verification', { number: scene.number, brand: 'Other' })
  },
  verification_not_found: ({ client }) => client.call('get-verification', { request_id: '0'.repeat(32) }),
  async not_now(scene) {
    const { request_id } = await start(scene)
    return scene.client.call('trigger-next-event', { request_id })
  },
  number_unreachable: (scene) => refusedStart(scene, { status: '6' }),
  number_not_allowed: ({ client }) =>
    client.call('request-verification', { number: '+44 909 879 0000', brand: 'Acme' }),
  country_not_allowed: ({ client }) =>
    client.call('request-verification', { number: '+1 212 555 0100', brand: 'Acme' }),
  destination_not_supported: (scene) => refusedStart(scene, { status: '15' }),
  network_blocked: (scene) => refusedStart(scene, { status: '7' }),
  async quota_exceeded(scene) {
    for (const _ of Array(3)) await check(scene, (await start(scene)).request_id)
    return requestVerification(scene)
  },
  number_unavailable: ({ client }) => client.call('cancel-number', { country: 'GB', msisdn: '442039999999' }),
  async address_required({ client }) {
    const { body } = await client.call('search-available-numbers', { country: 'DE', size: 1 })
    return client.call('buy-number', { country: 'DE', msisdn: body.numbers[0].msisdn })
  },
  upstream_throttled: (scene) => refusedStart(scene, { status: '1' }),
  upstream_unauthorized: (scene) => refusedStart(scene, { status: '4' }),
  upstream_error: (scene) => refusedStart(scene, { status: '5' }),
  upstream_unreachable: (scene) => refusedStart(scene, { connection: 'cut' }),
  challenge_required: ({ client }) =>
    client.call('request-verification', { number: '+44 56 1234 5678', brand: 'Acme' }),
  upstream_unavailable: ({ client, number }) =>
    client.call('request-verification', { number, brand: 'Acme', workflow_id: 7 }),
  upstream_out_of_credit: (scene) => refusedStart(scene, { status: '9' }),
} satisfies Partial<Record<ProblemCode, Provoke>>

const env = {
  TOLLGATE_MCP_TOOLS: 'all',
  TOLLGATE_COUNTRIES: 'GB',
  TOLLGATE_POLICY: writtenPolicy('{mode: enforce, outages: [{channel: tts, reason: of a test}]}'),
  TOLLGATE_SENDS_PER_NUMBER: '3/10m',
  TOLLGATE_SPENDING_MCP: 'allow',
}

for (const [name, connect] of Object.entries(clients)) {
  describe(`to ${name}`, () => {
    test('each problem that a tool can meet is an error result with the problem and advice', async () => {
      await using gateway = await startGateway({ env })
      await using client = await connect(gateway.addresses.mcp)
      let count = 0
      for (const [code, provoke] of Object.entries<Provoke>(provocations)) {
        const number = `447700900${200 + count++}`
        assertProblem(await provoke({ gateway, client, number }), code)
      }
    })

    test('spending live is forbidden, and nothing is asked of Vonage', async () => {
      await using gateway = await startGateway({ env: live })
      await using client = await connect(gateway.addresses.mcp)
      assertProblem(await client.call('buy-number', { country: 'GB', msisdn: '442039050911' }), 'forbidden')
    })

    test('what spends or changes has to be approved, and nothing is asked of Vonage', async () => {
      await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
      await using client = await connect(gateway.addresses.mcp)
      const number = { country: 'GB', msisdn: '442039050911' }
      assertProblem(await client.call('cancel-number', number), 'approval_required')
      assertProblem(await client.call('update-number', { ...number, app_id: 'a' }), 'approval_required')
      assert.equal(gateway.calls.length, 0)
    })

    test('every problem passes through the tools and fits their output schemas', async () => {
      let code: ProblemCode = 'internal'
      const run = () => Promise.reject(new GatewayError(code, 'A test wants this.', everyMember))
      await using server = await serveTools(tooled.map((operation) => ({ ...operation, run })))
      await using client = await connect(server.url)
      const tools = tooled.map((operation) => operation.name)
      // There are more problems than tools: each tool answers with some.
      for (const [index, wanted] of problemCodes.entries()) {
        code = wanted
        const tool = tools[index % tools.length] ?? 'request-verification'
        const answer = await client.call(tool, validInputs[tool])
        assertProblem(answer, code)
        assert.deepEqual(pick(answer.body, Object.keys(everyMember)), everyMember)
      }
    })
  })
}

test('a problem is provoked, belongs to HTTP, or cannot be had at will', () => {
  const known = [...Object.keys(provocations), 'forbidden', 'approval_required', ...onlyOverHttp, ...notAtWill]
  assert.deepEqual(known.sort(), Object.keys(problems).sort())
})

test('an unexpected error tells the caller nothing and the log everything', async () => {
  const [operation] = operations
  const broken = { ...operation, run: () => Promise.reject(new TypeError('the secret reason')) }
  const log: string[] = []
  await using server = await serveTools([broken], log)
  await using client = await clients['the older SDK'](server.url)
  const answer = await client.call(operation.name, validInputs[operation.name])
  assertProblem(answer, 'internal')
  assert.doesNotMatch(JSON.stringify(answer), /secret reason/)
  assert.match(log.join(''), /secret reason/)
})

const live = {
  VONAGE_API_KEY: '5a4db0c5',
  VONAGE_API_SECRET: 'sandboxSecret1',
  // Nothing listens there: the answer must come without Vonage.
  VONAGE_API_HOST: 'http://127.0.0.1:1',
  VONAGE_REST_HOST: 'http://127.0.0.1:1',
  TOLLGATE_MODE: 'live',
  TOLLGATE_COUNTRIES: 'GB',
  TOLLGATE_DAILY_SENDS: '10',
}

const requestId = '9f86d081884c7d659a2feaa0c55ad015'
const number = { country: 'GB', msisdn: '442039050911' }

const everyMember = {
  request_id: requestId,
  upstream: { status: '16', error_text: 'The code inserted does not match the expected value' },
  attempts_left: 2,
  retry_after_seconds: 60,
  invalid_parameters: [{ name: 'number', reason: 'is required' }],
  challenge_token: 'token',
  decision_id: '0'.repeat(32),
  required_scope: 'numbers:buy',
  approval: {
    approval_id: requestId,
    url: `http://127.0.0.1:8082/approvals/${requestId}`,
    asks: 'Buy the number 442039050911 of GB?',
    price_now: '2.50',
    price_monthly: '1.25',
    currency: 'EUR',
    expires_at: '2026-01-01T12:10:00.000Z',
  },
} satisfies Required<ProblemMembers>

const validInputs = {
  'request-verification': { number: '447700900123', brand: 'Acme' },
  'check-verification': { request_id: requestId, code: '123456' },
  'cancel-verification': { request_id: requestId },
  'trigger-next-event': { request_id: requestId },
  'get-verification': { request_id: requestId },
  'list-verifications': {},
  'list-owned-numbers': {},
  'search-available-numbers': { country: 'GB' },
  'buy-number': number,
  'update-number': number,
  'cancel-number': number,
  'list-decisions': {},
  'get-conversion': {},
} satisfies Record<ToolName, Record<string, unknown>>

function assertProblem({ isError, body, texts }: ToolAnswer, code: string): void {
  const row = Object.entries(problems).find(([name]) => name === code)?.[1]
  assert.ok(row, `${code} has no row`)
  assert.equal(isError, true, code)
  assert.deepEqual(
    [body.code, body.type, body.status, body.title],
    [code, `/problems/${code}`, row.status, row.title],
    JSON.stringify(body),
  )
  assert.deepEqual(texts, [JSON.stringify(body), `${row.title}. ${row.advice}`])
}

function pick(body: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, body[name]]))
}

function requestVerification({ client, number }: Scene): Promise<ToolAnswer> {
  return client.call('request-verification', { number, brand: 'Acme' })
}

async function start(scene: Scene): Promise<ToolAnswer['body']> {
  const { isError, body } = await requestVerification(scene)
  assert.equal(isError, false, JSON.stringify(body))
  return body
}

async function refusedStart(scene: Scene, fault: Record<string, unknown>): Promise<ToolAnswer> {
  await scene.gateway.fault('/verify/json', fault)
  return requestVerification(scene)
}

async function check({ gateway, client, number }: Scene, request_id: string): Promise<ToolAnswer> {
  return client.call('check-verification', { request_id, code: await gateway.code(number) })
}

async function wrongCode(scene: Scene, times: number): Promise<ToolAnswer> {
  const { request_id } = await start(scene)
  const code = await scene.gateway.wrongCode(scene.number)
  const guess = () => scene.client.call('check-verification', { request_id, code })
  for (let done = 1; done < times; done += 1) await guess()
  return guess()
}
