import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import * as z from 'zod'
import { operations } from '../src/operations.ts'
import type { RecordedCall } from '../src/simulator/simulator.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { mcpCall } from './support/mcp-call.ts'

// The specification says what each operation calls and with what; this test carries it out and looks at Vonage's wire.

const exposed = z.object({
  name: z.string(),
  description: z.string(),
  call: z.string(),
  with: z.record(z.string(), z.string()).optional(),
})
const hints = z.object({ readOnly: z.boolean(), destructive: z.boolean().default(false), idempotent: z.boolean() })
const specification = z
  .object({
    binds: z.array(z.object({ keys: z.record(z.string(), z.string()) })),
    capability: z.object({
      exposes: z.tuple([
        z.object({
          type: z.literal('rest'),
          port: z.number(),
          resources: z.array(
            z.object({ path: z.string(), operations: z.array(exposed.extend({ method: z.string() })) }),
          ),
        }),
        z.object({ type: z.literal('mcp'), port: z.number(), tools: z.array(exposed.extend({ hints })) }),
      ]),
    }),
  })
  .parse(parse(readFileSync(new URL('../capability.yaml', import.meta.url), 'utf8')))
const [rest, mcp] = specification.capability.exposes
const restOperations = rest.resources.flatMap(({ path, operations: listed }) => listed.map((one) => ({ ...one, path })))

/** The operations that the specification imports, as Vonage serves them. */
const consumed: Record<string, { method: string; path: string }> = {
  'vonage-verify.request-verification': { method: 'POST', path: '/verify/json' },
  'vonage-verify.check-verification': { method: 'POST', path: '/verify/check/json' },
  'vonage-verify.control-verification': { method: 'POST', path: '/verify/control/json' },
  'vonage-numbers.list-owned-numbers': { method: 'GET', path: '/account/numbers' },
  'vonage-numbers.search-available-numbers': { method: 'GET', path: '/number/search' },
  'vonage-numbers.buy-number': { method: 'POST', path: '/number/buy' },
}

/** What the gateway adds to a request unless the caller says otherwise; it adds nothing to any other call. */
const defaults = { code_length: '6', workflow_id: '6', pin_expiry: '300' }

const number = '447700900123'

/** Input for an operation: what it is called with, and what of it Vonage knows under another id. */
async function inputFor(gateway: TestGateway, name: string): Promise<Record<string, unknown>> {
  if (name === 'request-verification') return { number, brand: 'Acme', code_length: 4 }
  if (name === 'list-owned-numbers') return {}
  if (name === 'search-available-numbers') return { country: 'GB' }
  if (name === 'buy-number') {
    const { body } = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
    return { country: 'GB', msisdn: body.numbers[0].msisdn }
  }
  const { body } = await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' })
  const { request_id } = body
  return name === 'check-verification' ? { request_id, code: await gateway.code(number) } : { request_id }
}

/** The parameters that `with` makes of an input; without `with`, the operation's own optional ones pass by name. */
function expected(
  mapping: Record<string, string> | undefined,
  input: Record<string, unknown>,
  upstreamId: string | undefined,
) {
  if (!mapping) return {}
  const entries = Object.entries(mapping).map(([name, source]) => {
    const [, member] = /^(?:rest|tools)\.(\w+)$/.exec(source) ?? []
    const value = member === undefined ? source : member === 'request_id' ? upstreamId : input[member]
    return [name, value] as const
  })
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
  )
}

async function assertOneEffect(
  gateway: TestGateway,
  spec: z.infer<typeof exposed>,
  input: Record<string, unknown>,
  before: number,
) {
  // A cancel waits until Vonage allows it.
  if (spec.name === 'cancel-verification') await gateway.clock.advance(60)
  const upstreamId = (await gateway.messages(number)).at(-1)?.request_id
  const additions = spec.name === 'request-verification' ? defaults : {}
  const calls: RecordedCall[] = gateway.calls.slice(before)
  assert.equal(calls.length, 1, `${spec.name} is one call`)
  const [call] = calls
  assert.deepEqual({ method: call?.method, path: call?.path }, consumed[spec.call])
  assert.deepEqual(call?.parameters, { ...additions, ...expected(spec.with, input, upstreamId) })
  assert.equal(call?.authorization, 'basic')
}

for (const spec of restOperations) {
  test(`REST ${spec.name} is ${spec.method} ${spec.path} and one call of ${spec.call}`, async () => {
    const operation = operations.find(({ name }) => name === spec.name)
    assert.ok(operation)
    assert.deepEqual(
      [operation.rest.method, operation.rest.path, operation.description],
      [spec.method, spec.path, spec.description],
    )
    await using gateway = await startGateway()
    const input = await inputFor(gateway, spec.name)
    const before = gateway.calls.length
    const query = new URLSearchParams(
      spec.method === 'GET' ? Object.entries(input).map(([name, value]) => [name, String(value)]) : [],
    )
    const path = query.size > 0 ? `${spec.path}?${query}` : spec.path
    const { status } = await gateway.rest(spec.method, path, spec.method === 'GET' ? undefined : input)
    assert.equal(status, 200)
    await assertOneEffect(gateway, spec, input, before)
  })
}

for (const spec of mcp.tools) {
  test(`the MCP tool ${spec.name} is one call of ${spec.call}`, async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SPENDING_MCP: 'allow' } })
    const input = await inputFor(gateway, spec.name)
    if (spec.with?.type) input.type = 'mobile-lvn'
    const before = gateway.calls.length
    const { body } = await mcpCall(gateway.addresses.mcp, 'tools/call', { name: spec.name, arguments: input })
    assert.equal(body.result.isError, undefined)
    await assertOneEffect(gateway, spec, input, before)
  })
}

test('MCP lists exactly the tools of the specification, with their descriptions and hints', async () => {
  await using gateway = await startGateway()
  const { body } = await mcpCall(gateway.addresses.mcp, 'tools/list')
  const listed = z
    .array(z.object({ name: z.string(), description: z.string(), annotations: z.record(z.string(), z.unknown()) }))
    .parse(body.result.tools)
  assert.deepEqual(
    listed.map(({ annotations: { title: _, ...annotations }, name, description }) => ({
      name,
      description,
      annotations,
    })),
    mcp.tools.map(({ name, description, hints: { readOnly, destructive, idempotent } }) => ({
      name,
      description,
      annotations: {
        readOnlyHint: readOnly,
        destructiveHint: destructive,
        idempotentHint: idempotent,
        openWorldHint: true,
      },
    })),
  )
})

test('the whole upstream object comes back, with our request_id in place of Vonage’s', async () => {
  await using gateway = await startGateway()
  const input = await inputFor(gateway, 'check-verification')
  const { body } = await gateway.rest('POST', '/v1/verifications/check', input)
  const upstream = z.record(z.string(), z.unknown()).parse(gateway.calls.at(-1)?.answer)
  const { verification_token, ...others } = body
  assert.deepEqual(others, { ...upstream, request_id: input.request_id, state: 'verified' })
  assert.equal(typeof verification_token, 'string')
})

test('an optional parameter that is not given is left to the defaults, and one that is given passes by name', async () => {
  await using gateway = await startGateway()
  await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' })
  assert.deepEqual(gateway.calls.at(-1)?.parameters, { number, brand: 'Acme', ...defaults })
  await gateway.rest('GET', '/v1/numbers?size=5&index=2')
  assert.deepEqual(gateway.calls.at(-1)?.parameters, { size: '5', index: '2' })
})

test('the ports and the two secrets are those of the specification', async () => {
  const { settings } = await import('../src/settings.ts')
  assert.deepEqual(
    [settings.TOLLGATE_REST_PORT.default, settings.TOLLGATE_MCP_PORT.default],
    [String(rest.port), String(mcp.port)],
  )
  for (const name of Object.values(specification.binds[0]?.keys ?? {})) assert.ok(Object.hasOwn(settings, name), name)
})
