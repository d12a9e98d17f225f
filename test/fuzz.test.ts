import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { operations } from '../src/operations.ts'
import { fillPath, takesBody } from '../src/surfaces/rest-shape.ts'
import { long, numRuns } from './support/fuzzing.ts'
import { type Answer as Parsed, startGateway, type TestGateway } from './support/gateway.ts'
import { makeKey } from './support/keys.ts'
import { legacy, modern } from './support/mcp.ts'

type Answered = Parsed['body']

interface Answer {
  status: number
  type: string
  text: string
}

/** Sends what fetch would not. */
function send(url: string, method: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = httpRequest(url, { method, headers, timeout: 20_000 }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(Buffer.from(chunk))
      const text = Buffer.concat(chunks).toString('utf8')
      resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text })
    })
    asking.on('timeout', () => asking.destroy(new Error('it hangs')))
    asking.on('error', reject)
    asking.end(body)
  })
}

/** Statuses of which the gateway itself is the reason. */
function assertNoFault({ status, text }: Answer): void {
  assert.ok(status >= 200 && status < 500, `${status} ${text.slice(0, 300)}`)
}

const headerValue = fc.oneof(
  fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '~').trim()),
  fc.constantFrom('', '*', 'null', '-1', '"', 'k', '0'.repeat(300), 'application/json; charset=utf-16', 'gzip'),
)
const headers = fc.dictionary(
  fc.constantFrom(
    'accept',
    'accept-language',
    'content-type',
    'idempotency-key',
    'mcp-method',
    'mcp-name',
    'mcp-protocol-version',
    'mcp-session-id',
    'origin',
    'range',
    'x-forwarded-for',
    'x-request-id',
  ),
  headerValue,
  { maxKeys: 4 },
)

/** What a member may hold: what is right, nearly right, or anything. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '447700900123',
    '+44 7700 900124',
    '00447700900125',
    'GB',
    'Acme',
    '__proto__',
    '\u202e1',
    '0'.repeat(32),
  ),
  fc.stringMatching(/^[0-9a-f]{32}$/),
  fc.stringMatching(/^\d{4,10}$/),
)
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)

const hexId = fc.stringMatching(/^[0-9a-f]{32}$/)

/** What members may well be. */
const likely: Record<string, fc.Arbitrary<unknown>> = {
  number: fc.integer({ min: 0, max: 899 }).map((last) => `+44 7700 900${String(last).padStart(3, '0')}`),
  brand: fc.constantFrom('Acme', 'Other'),
  request_id: hexId,
  approval_id: hexId,
  decision: fc.constantFrom('approve', 'deny'),
  code: fc.stringMatching(/^\d{4,10}$/),
  country: fc.constantFrom('GB', 'US', 'DE'),
  msisdn: fc.stringMatching(/^[1-9]\d{4,14}$/),
  state: fc.constantFrom('pending', 'verified', 'cancelled'),
  limit: fc.integer({ min: 1, max: 100 }),
  size: fc.integer({ min: 1, max: 100 }),
  index: fc.integer({ min: 1, max: 100 }),
  workflow_id: fc.integer({ min: 1, max: 7 }),
}

/** An operation with its members, mostly as they may be, and now and then with others. */
const call = fc.constantFrom(...operations).chain((operation) => {
  const members = Object.entries(operation.input.shape).map(([name, schema]) => {
    const isRequired = !schema.safeParse(undefined).success
    const right = likely[name] ?? text
    const given = fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: value })
    const [present, absent] = isRequired ? ([19, 1] as const) : ([1, 4] as const)
    return fc
      .oneof({ weight: present, arbitrary: given }, { weight: absent, arbitrary: fc.constant(undefined) })
      .map((member) => [name, member] as const)
  })
  const other = fc.oneof(
    { weight: 19, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(fc.tuple(text, value)) },
  )
  return fc.tuple(fc.tuple(...members), other).map(([own, others]) => ({
    operation,
    input: Object.fromEntries([...own, ...others].filter(([, member]) => member !== undefined)),
  }))
})

describe('whatever is sent', { concurrency: false }, () => {
  let gateway: TestGateway
  let validators: Map<string, ValidateFunction>
  before(async () => {
    gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all', TOLLGATE_SENDS_PER_NUMBER: '3/10m' } })
    const { body } = await gateway.rest('GET', '/openapi.json')
    validators = validatorsOf(body)
  })
  after(() => gateway[Symbol.asyncDispose]())

  /** What has come of calls of operations: the cases are none if they all end alike. */
  const outcomes = new Map<string, number>()

  /** Holds an answer to the document. */
  function assertDocumented(name: string, { status, type, text }: Answer): void {
    const outcome = `${operationKind(name)} ${status}`
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    assert.match(type, status === 200 ? /^application\/json/ : /^application\/problem\+json/)
    const validate = validators.get(`${name} ${status}`)
    assert.ok(validate, `${name} does not document ${status}: ${text.slice(0, 200)}`)
    assert.ok(validate(JSON.parse(text)), `${name} ${status}: ${JSON.stringify(validate.errors)} ${text.slice(0, 300)}`)
  }

  test('to an operation is answered as the document says', long, async () => {
    await fc.assert(
      fc.asyncProperty(call, headers, async ({ operation, input }, others) => {
        const { rest, name } = operation
        const { path, others: members } = fillPath(rest, Object.fromEntries(Object.entries({ ...input })))
        const query = new URLSearchParams(
          Object.entries(members).map(([key, given]) => [key.toWellFormed(), String(given).toWellFormed()]),
        )
        const { origin: _, 'content-type': __, ...sent } = others
        const answer = takesBody(rest)
          ? await send(
              `${gateway.addresses.rest}${path}`,
              rest.method,
              { ...sent, 'content-type': 'application/json' },
              JSON.stringify(members),
            )
          : await send(`${gateway.addresses.rest}${path}?${query}`, rest.method, sent)
        assertNoFault(answer)
        // A path that its members have changed into another one belongs to no operation.
        if (answer.status !== 404 || !answer.text.includes('"not_found"')) assertDocumented(name, answer)
      }),
      { numRuns },
    )
    for (const outcome of ['read 200', 'read 404', 'read 422', 'write 200', 'write 404', 'write 422']) {
      assert.ok(outcomes.has(outcome), `${outcome} did not come about: ${JSON.stringify([...outcomes])}`)
    }
  })

  test('as a phone number is refused, or taken as one number however it is written', long, async () => {
    const almost = fc.string({
      unit: fc.constantFrom(...'0123456789+()-. /;=extphone#*\u0660\uff11\u202e\0'),
      maxLength: 24,
    })
    const mobile = fc.integer({ min: 447_000_000_000, max: 447_999_999_999 }).map(String)
    const written = fc
      .tuple(mobile, fc.array(fc.constantFrom('', '', ' ', '-', '.'), { minLength: 12, maxLength: 12 }))
      .map(([digits, gaps]) => `+${[...digits].map((digit, index) => `${digit}${gaps[index]}`).join('')}`)
    const number = fc.oneof(almost, text, mobile, written)
    await fc.assert(
      fc.asyncProperty(number, fc.option(text, { nil: undefined }), async (given, country) => {
        const body = JSON.stringify({ number: given, brand: 'Acme', country })
        const url = `${gateway.addresses.rest}/v1/verifications`
        gateway.calls.length = 0
        const answer = await send(url, 'POST', { 'content-type': 'application/json' }, body)
        assertNoFault(answer)
        assertDocumented('request-verification', answer)
        const runs = gateway.calls.filter(({ path }) => path === '/verify/json')
        // None where the number has one under way.
        const numbers = runs.map(({ parameters }) => parameters.number)
        assert.ok(numbers.every((asked) => /^[1-9]\d{3,16}$/.test(String(asked))))
        if (/^\+?[\d .-]+$/.test(given) && !/^[+ .-]*00/.test(given) && country === undefined && numbers.length > 0) {
          assert.deepEqual(numbers, [given.replaceAll(/\D/g, '')])
        }
      }),
      { numRuns },
    )
  })

  test('to any path, by any method, with any body, is answered', long, async () => {
    const path = fc.oneof(
      fc
        .array(
          fc.oneof(
            fc.constantFrom('v1', 'v', 'approvals', 'numbers', 'verifications', 'problems', 'docs', '..', ''),
            text,
          ),
        )
        .map((parts) => `/${parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/')}`),
      fc.string({ maxLength: 40 }).map((raw) => `/${raw.replaceAll(/[^\x21-\x7e]/g, '%')}`),
    )
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND')
    const body = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.json({ maxDepth: 4 }),
      fc.constantFrom('{', '[]', 'code=1', ''),
    )
    await fc.assert(
      fc.asyncProperty(path, method, headers, body, async (where, how, others, what) => {
        assertNoFault(await send(`${gateway.addresses.rest}${where}`, how, others, how === 'HEAD' ? undefined : what))
      }),
      { numRuns },
    )
  })

  test('in envelopes of both eras of MCP is answered', long, async () => {
    const message = fc.oneof(
      call.map(({ operation, input }) => ({
        method: 'tools/call',
        params: { name: operation.name, arguments: input },
      })),
      fc.record({
        method: fc.oneof(fc.constantFrom('initialize', 'tools/list', 'server/discover', 'ping'), text),
        params: fc.jsonValue(),
      }),
    )
    const id = fc.oneof(fc.integer(), text, fc.constant(null), fc.constant(undefined), fc.jsonValue({ maxDepth: 1 }))
    const wrapped = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .record({ jsonrpc: fc.constant('2.0'), id, ...{ body: message } })
          .map(({ body, ...rest }) => ({ ...rest, ...body })),
      },
      { weight: 1, arbitrary: fc.jsonValue() },
    )
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } }
    await fc.assert(
      fc.asyncProperty(wrapped, fc.boolean(), headers, async (sent, isModern, others) => {
        const { origin: _, ...more } = others
        const era = isModern ? modern('tools/call', {}) : legacy('tools/call', {})
        const envelope = 'params' in era.body && typeof era.body.params === 'object' ? era.body.params : {}
        const body =
          isModern && typeof sent === 'object' && sent !== null && 'params' in sent && typeof sent.params === 'object'
            ? {
                ...sent,
                params: { ...sent.params, ...envelope, _meta: { ...Reflect.get(envelope ?? {}, '_meta'), ...meta } },
              }
            : sent
        const answer = await send(
          gateway.addresses.mcp,
          'POST',
          { ...era.headers, 'content-type': 'application/json', ...more },
          JSON.stringify(body),
        )
        assertNoFault(answer)
        if (/json/.test(answer.type)) JSON.parse(answer.text)
      }),
      { numRuns },
    )
  })

  test('at links and on pages is answered', long, async () => {
    // A number that no other property asks for.
    const { body } = await gateway.rest('POST', '/v1/verifications', { number: '447700900950', brand: 'Acme' })
    const token = new URL(body.verification_url).pathname.slice(3)
    const somewhere = fc.oneof(
      fc.constant(`/v/${token}`),
      fc
        .tuple(fc.nat(token.length), text)
        .map(([at, other]) => `/v/${encodeURIComponent(`${token.slice(0, at)}${other}`.toWellFormed())}`),
      fc.stringMatching(/^[\w-]{43}$/).map((other) => `/v/${other}`),
      fc.stringMatching(/^[0-9a-f]{32}$/).map((id) => `/approvals/${id}`),
    )
    const form = fc.dictionary(fc.constantFrom('code', 'key', 'decision', 'x'), text, { maxKeys: 4 })
    await fc.assert(
      fc.asyncProperty(somewhere, form, headers, async (path, fields, others) => {
        const { origin: _, ...more } = others
        const sent = new URLSearchParams(Object.entries(fields).map(([name, given]) => [name, given.toWellFormed()]))
        const type = { 'content-type': 'application/x-www-form-urlencoded' }
        assertNoFault(await send(`${gateway.addresses.rest}${path}`, 'POST', { ...more, ...type }, sent.toString()))
        assertNoFault(await send(`${gateway.addresses.rest}${path}`, 'GET', more))
      }),
      { numRuns: Math.ceil(numRuns / 2) },
    )
  })

  test('as a credential opens nothing', long, async () => {
    const key = await makeKey(gateway, { scopes: ['verifications:read'] })
    const credential = fc.oneof(
      headerValue,
      headerValue.map((given) => `Bearer ${given}`),
      fc.stringMatching(/^tg_(test|live)_[\w-]{43}$/).map((other) => `Bearer ${other}`),
      fc
        .tuple(fc.nat(key.length - 1), fc.constantFrom('A', '-', '', ' ', '~'))
        .map(([at, other]) => `Bearer ${key.slice(0, at)}${other}${key.slice(at + 1)}`),
      fc
        .tuple(text, text, text)
        .map((parts) => `Bearer ${parts.map((part) => Buffer.from(part).toString('base64url')).join('.')}`),
    )
    await fc.assert(
      fc.asyncProperty(credential, async (authorization) => {
        if (authorization === `Bearer ${key}`) return
        const answer = await send(`${gateway.addresses.rest}/v1/verifications`, 'GET', { authorization })
        assert.equal(answer.status, 401, authorization)
      }),
      { numRuns },
    )
    assert.equal(
      (await send(`${gateway.addresses.rest}/v1/verifications`, 'GET', { authorization: `Bearer ${key}` })).status,
      200,
    )
  })

  test('leaves no memory behind', long, async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const used = () => {
      collect()
      return process.memoryUsage().heapUsed / 2 ** 20
    }
    const rounds = async (count: number) => {
      for (let done = 0; done < count; done += 1) {
        const path = `/v1/verifications/${done.toString(16).padStart(32, '0')}`
        await send(`${gateway.addresses.rest}${path}`, 'GET', {
          authorization: `Bearer tg_test_${'a'.repeat(36)}${String(done).padStart(7, '0')}`,
        })
      }
    }
    await rounds(numRuns)
    gateway.log.length = 0
    const before = used()
    await rounds(2 * numRuns)
    gateway.log.length = 0
    const grown = used() - before
    assert.ok(grown < 8, `${grown.toFixed(1)} MiB more`)
  })
})

const operationKind = (name: string) => (/^(get|list|search)-/.test(name) ? 'read' : 'write')

/** By `operation status`. */
function validatorsOf(document: Answered): Map<string, ValidateFunction> {
  const ajv = addFormats.default(new Ajv2020({ strict: false }))
  ajv.addSchema(document, 'document')
  const validators = new Map<string, ValidateFunction>()
  const pointer = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
  for (const { name, rest } of operations) {
    const method = rest.method.toLowerCase()
    const responses: Record<string, { content: object }> = document.paths[rest.path][method].responses
    for (const [status, { content }] of Object.entries(responses)) {
      const [type = ''] = Object.keys(content)
      const parts = ['paths', rest.path, method, 'responses', status, 'content', type, 'schema']
      validators.set(`${name} ${status}`, ajv.compile({ $ref: `document#/${parts.map(pointer).join('/')}` }))
    }
  }
  return validators
}
