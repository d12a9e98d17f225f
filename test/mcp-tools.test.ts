import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../src/operations.ts'
import { request, startGateway } from './support/gateway.ts'
import { legacy, modern } from './support/mcp.ts'
import { assertSnapshot } from './support/snapshot.ts'

const six = [
  'request-verification',
  'check-verification',
  'cancel-verification',
  'list-owned-numbers',
  'search-available-numbers',
  'buy-number',
]

/** The result of a call in either era. */
async function ask(url: string, { body, headers }: ReturnType<typeof modern>) {
  const answer = await request(url, 'POST', body, headers)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.result
}

interface ListedTool {
  name: string
  title: string
  annotations: Record<string, unknown>
  inputSchema: { properties: Record<string, { description?: string }>; additionalProperties: unknown }
  outputSchema: Record<string, unknown> & { properties: Record<string, { type?: unknown }> }
}

async function listAll(): Promise<ListedTool[]> {
  await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
  const { tools } = await ask(gateway.addresses.mcp, modern('tools/list'))
  assert.equal(tools.length, operations.filter(({ tool }) => tool !== 'never').length)
  return tools
}

test('the six tools are listed by default, the same in every answer and in both eras', async () => {
  await using gateway = await startGateway()
  const url = gateway.addresses.mcp
  const [first, again, older] = [
    await ask(url, modern('tools/list')),
    await ask(url, modern('tools/list')),
    await ask(url, legacy('tools/list')),
  ]
  assert.deepEqual(
    first.tools.map(({ name }: ListedTool) => name),
    six,
  )
  assert.equal(JSON.stringify(again.tools), JSON.stringify(first.tools))
  assert.equal(JSON.stringify(older.tools), JSON.stringify(first.tools))
})

test('a tool that is not listed cannot be called', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'get-verification,list-owned-numbers' } })
  const url = gateway.addresses.mcp
  const { tools } = await ask(url, modern('tools/list'))
  assert.deepEqual(
    tools.map(({ name }: ListedTool) => name),
    ['get-verification', 'list-owned-numbers'],
  )
  const { body, headers } = modern('tools/call', {
    name: 'buy-number',
    arguments: { country: 'GB', msisdn: '442039050911' },
  })
  const refused = await request(url, 'POST', body, headers)
  assert.deepEqual(refused.body.error, { code: -32602, message: 'Unknown tool: buy-number' })
  assert.deepEqual(gateway.calls, [])
})

test('every tool has a title and states all four hints, those of its operation', async () => {
  for (const { name, title, annotations } of await listAll()) {
    const operation = operations.find((candidate) => candidate.name === name)
    assert.ok(operation)
    const { readOnly, destructive, idempotent } = operation.hints
    assert.equal(title, operation.title)
    assert.deepEqual(annotations, {
      title,
      readOnlyHint: readOnly,
      destructiveHint: destructive,
      idempotentHint: idempotent,
      openWorldHint: true,
    })
  }
})

test('every input is strict, and each of its members is described', async () => {
  for (const { name, inputSchema } of await listAll()) {
    assert.equal(inputSchema.additionalProperties, false, name)
    for (const [member, { description }] of Object.entries(inputSchema.properties)) {
      assert.ok(description, `${name}: ${member} has no description`)
    }
  }
})

test('schemas are plain: no reference, and no choice at the top', async () => {
  const tools = await listAll()
  assert.doesNotMatch(JSON.stringify(tools), /"\$(ref|defs)"/)
  for (const { name, inputSchema, outputSchema } of tools) {
    for (const schema of [inputSchema, outputSchema]) {
      assert.deepEqual(
        ['anyOf', 'oneOf', 'allOf'].filter((word) => word in schema),
        [],
        name,
      )
    }
  }
})

test('an output schema requires nothing, forbids nothing, and a status may be of Vonage or of HTTP', async () => {
  for (const { name, outputSchema } of await listAll()) {
    assert.equal('required' in outputSchema, false, name)
    assert.notEqual(outputSchema.additionalProperties, false, name)
    const { status } = outputSchema.properties
    if (status) assert.deepEqual(status.type, ['string', 'integer'], name)
  }
})

test('lists and discovery may be cached in the 2026 era, and nobody is promised news of them', async () => {
  await using gateway = await startGateway()
  for (const method of ['tools/list', 'server/discover']) {
    const { ttlMs, cacheScope, resultType } = await ask(gateway.addresses.mcp, modern(method))
    assert.deepEqual([ttlMs, cacheScope, resultType], [3_600_000, 'public', 'complete'], method)
  }
  const { capabilities } = await ask(gateway.addresses.mcp, modern('server/discover'))
  assert.deepEqual(capabilities, { tools: {} })
})

test('both eras are told how to use the tools, and where the codes of a sandbox are', async () => {
  await using gateway = await startGateway()
  const { mcp, simulator } = gateway.addresses
  const discovered = await ask(mcp, modern('server/discover'))
  const handshake = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const initialized = await ask(mcp, legacy('initialize', handshake))
  assert.equal(initialized.protocolVersion, '2025-06-18')
  assert.deepEqual(initialized.capabilities, { tools: {} })
  assert.equal(initialized.instructions, discovered.instructions)
  assert.match(discovered.instructions, /request-verification sends a code/)
  assert.ok(discovered.instructions.includes(`${simulator}/inbox`))
})

test('a live gateway names no inbox', async () => {
  await using gateway = await startGateway({
    env: {
      VONAGE_API_KEY: '5a4db0c5',
      VONAGE_API_SECRET: 'sandboxSecret1',
      VONAGE_API_HOST: 'http://127.0.0.1:1',
      VONAGE_REST_HOST: 'http://127.0.0.1:1',
      TOLLGATE_MODE: 'live',
      TOLLGATE_COUNTRIES: 'GB',
      TOLLGATE_DAILY_SENDS: '10',
    },
  })
  const { instructions } = await ask(gateway.addresses.mcp, modern('server/discover'))
  assert.doesNotMatch(instructions, /sandbox|inbox/)
})

test('the tools are those that were reviewed', async () => {
  assertSnapshot('mcp-tools', await listAll())
})
