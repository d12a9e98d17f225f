import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { examplesOf } from '../src/examples.ts'
import { operations } from '../src/operations.ts'
import { createClient, TollgateError } from '../src/surfaces/client.ts'
import { events } from '../src/webhooks/events.ts'
import { startGateway } from './support/gateway.ts'
import { makeKey } from './support/keys.ts'
import { withFacts } from './support/signed-result.ts'
import { approvalStory, story } from './support/story.ts'
import { verifying } from './support/verifying.ts'
import { startTelling } from './support/webhooks.ts'

const named = (step: { operation: string; summary: string }) => `${step.operation}: ${step.summary}`

async function happens(step: { operation: string; summary: string }, client: object): Promise<void> {
  const example = examplesOf(step.operation).find(({ summary }) => summary === step.summary)
  assert.ok(example, `there is no example ${named(step)}`)
  const answer = await answerOf(client, step.operation, example.input)
  const shown = 'output' in example ? example.output : example.problem
  assert.deepEqual(withFacts(answer), withFacts(shown), step.summary)
}

test('every example in the documentation happens exactly so', async () => {
  await using gateway = await startGateway()
  const client = createClient({ url: gateway.addresses.rest })
  for (const step of story) {
    if ('passSeconds' in step) {
      await gateway.clock.advance(step.passSeconds)
      continue
    }
    await happens(step, client)
  }
})

test('every example of approvals happens exactly so', async () => {
  const env = { TOLLGATE_PUBLIC_URL: 'https://tollgate.example', TOLLGATE_SPENDING_REST: 'approve' }
  await using gateway = await startGateway({ env })
  const url = gateway.addresses.rest
  const agent = createClient({ url, key: await makeKey(gateway, { name: 'agent', scopes: ['numbers:buy'] }) })
  const ops = createClient({ url, key: await makeKey(gateway, { name: 'ops', scopes: ['admin'] }) })
  for (const step of approvalStory) await happens(step, step.caller === 'ops' ? ops : agent)
})

test('every example is in a story', () => {
  const told = new Set([...story.filter((step) => 'operation' in step), ...approvalStory].map(named))
  const examples = operations.flatMap(({ name: operation }) =>
    examplesOf(operation).map(({ summary }) => named({ operation, summary })),
  )
  assert.deepEqual(
    examples.filter((example) => !told.has(example)),
    [],
  )
})

/** What an operation answers, a problem included. */
async function answerOf(client: object, name: string, input: object): Promise<unknown> {
  const method: unknown = Reflect.get(
    client,
    name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
  )
  assert.ok(typeof method === 'function')
  try {
    return await method(input)
  } catch (error) {
    if (error instanceof TollgateError) return error.problem
    throw error
  }
}

test('each operation shows an answer', () => {
  const silent = operations.filter(({ name }) => !examplesOf(name).some((example) => 'output' in example))
  assert.deepEqual(silent, [])
})

test('the document says of every operation that changes something how it is repeated', async () => {
  await using gateway = await startGateway()
  const { body } = await gateway.rest('GET', '/openapi.json')
  for (const { name, rest } of operations) {
    const described = body.paths[rest.path][rest.method.toLowerCase()]
    const headers = (described.parameters ?? []).filter((parameter: { in: string }) => parameter.in === 'header')
    const changes = rest.method !== 'GET'
    assert.deepEqual(
      headers.map((header: { name: string }) => header.name),
      changes ? ['Idempotency-Key'] : [],
      name,
    )
    assert.equal('Idempotent-Replayed' in (described.responses[200].headers ?? {}), changes)
    assert.equal(/idempotency_key_reused/.test(described.responses[422].description), changes)
    assert.equal(/request_in_progress/.test(described.responses[409]?.description), changes)
    if (changes) assert.ok(described.responses[409].headers['Retry-After'])
  }
})

test('the document shows every webhook as it is sent', async () => {
  await using gateway = await startTelling()
  const { body } = await gateway.rest('GET', '/openapi.json')
  assert.deepEqual(Object.keys(body.webhooks), Object.keys(events))
  const { start, cancel } = verifying(gateway)
  await cancel(await start())
  const offers = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
  await gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn: offers.body.numbers[0].msisdn })
  await gateway.tell()
  assert.equal(gateway.receiver.heard.length, 3)
  for (const told of gateway.receiver.heard) {
    const described = body.webhooks[told.type].post
    const ajv = addFormats.default(new Ajv2020({ strict: false }))
    const validate = ajv.compile(described.requestBody.content['application/json'].schema)
    assert.ok(validate(JSON.parse(told.body)), JSON.stringify(validate.errors))
    for (const { name } of described.parameters) assert.ok(name in told.headers, name)
  }
})

test('the document holds every operation under its method and path, with every problem that it can answer with', async () => {
  await using gateway = await startGateway()
  const { status, body } = await gateway.rest('GET', '/openapi.json')
  assert.equal(status, 200)
  assert.equal(body.openapi, '3.1.1')
  assert.equal(body.servers[0].url, gateway.addresses.rest)
  const described = Object.entries<Record<string, { operationId: string }>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(described.sort(), operations.map(({ name, rest }) => `${name} ${rest.method} ${rest.path}`).sort())
  const check = body.paths['/v1/verifications/check'].post
  assert.match(check.responses[410].description, /attempts_exhausted, verification_expired/)
  assert.equal(check.requestBody.content['application/json'].schema.additionalProperties, false)
  const owned = body.paths['/v1/numbers'].get
  assert.deepEqual(
    owned.parameters.map(({ name, in: place }: { name: string; in: string }) => `${place} ${name}`),
    ['query country', 'query pattern', 'query search_pattern', 'query size', 'query index'],
  )
})
