import * as z from 'zod'
import type { ProblemBody } from '../errors.ts'
import { examplesOf } from '../examples.ts'
import { type AnyOperation, type Example, problemsOf, takesIdempotencyKey } from '../operation.ts'
import { type ProblemCode, problems } from '../problems.ts'
import { version } from '../version.ts'
import { schemaOf } from './json-schema.ts'
import { webhookDocs } from './openapi-webhooks.ts'
import { fillPath, isInPath, takesBody } from './rest-shape.ts'

type Json = z.core.util.JSONType
type Schema = Record<string, Json>

/** The OpenAPI 3.1 document of the operations, with their examples. */
export function openApiDocument(operations: readonly AnyOperation[], baseUrl: string): Record<string, Json> {
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of operations) {
    const { path, method } = operation.rest
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'tollgate',
      version,
      summary: 'Phone verification and number provisioning over Vonage Verify and Numbers.',
      description: 'Every error is application/problem+json (RFC 9457); its type is a page of this server.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: baseUrl, description: 'This gateway' }],
    security: [{ key: [] }, {}],
    tags: [
      { name: 'verifications', description: 'Send, check and end codes.' },
      { name: 'numbers', description: 'Numbers that the account owns or can buy.' },
      { name: 'approvals', description: 'What a person decides before it is done.' },
      { name: 'webhooks', description: 'What the gateway tells by itself, as Standard Webhooks.' },
    ],
    paths,
    webhooks: webhookDocs(),
    components: { schemas: { Problem: problemSchema }, securitySchemes: { key: keyScheme } },
  }
}

const keyScheme: Json = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A key of `tollgate keys create`, with the scope that the operation names. Nobody needs one before there is any.',
}

function describe(operation: AnyOperation): Json {
  const { name, title, description, scope, rest, output } = operation
  const input = inputSchema(operation)
  const [succeeding, failing] = split(examplesOf(name))
  const successExamples = named(succeeding.map(({ summary, output: value }) => ({ summary, value: toJson(value) })))
  return {
    operationId: name,
    summary: title,
    description: `${description} Scope: \`${scope}\`.`,
    tags: [rest.path.split('/')[2] ?? 'other'],
    ...(input.parameters.length > 0 && { parameters: input.parameters }),
    ...(input.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: input.body, ...bodyExamples(operation, succeeding) } },
      },
    }),
    responses: {
      200: {
        description: 'Success',
        headers: replayHeader(operation),
        content: { 'application/json': { schema: schemaOf(output, 'output'), ...successExamples } },
      },
      ...problemResponses(operation, failing),
    },
  }
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
  required: z.array(z.string()).default([]),
})

/** Where each member of an operation's input goes in HTTP. */
export function inputSchema({ rest, input }: AnyOperation): { parameters: Json[]; body: Schema | undefined } {
  const { properties, required } = objectSchema.parse(schemaOf(input, 'input'))
  const parameters = Object.entries(properties)
    .filter(([name]) => isInPath(rest, name) || !takesBody(rest))
    .map(([name, { description = '', ...schema }]) =>
      toJson({
        name,
        in: isInPath(rest, name) ? 'path' : 'query',
        required: required.includes(name),
        description,
        schema,
      }),
    )
  if (takesIdempotencyKey(rest)) parameters.push(idempotencyKey)
  const members = Object.entries(properties).filter(([name]) => !isInPath(rest, name))
  if (!takesBody(rest) || members.length === 0) return { parameters, body: undefined }
  const body = {
    type: 'object',
    properties: toJson(Object.fromEntries(members)),
    required: required.filter((name) => !isInPath(rest, name)),
    additionalProperties: false,
  }
  return { parameters, body }
}

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Any 1 to 255 printable ASCII characters of your choice, in quotes or as a token: for 24 hours, repeats of the same request with it have one effect together and get its answer.',
  schema: { type: 'string', minLength: 1, maxLength: 512 },
  example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
}

type Succeeding = Extract<Example, { output: object }>
type Failing = Extract<Example, { problem: ProblemBody }>

function split(examples: readonly Example[]): [Succeeding[], Failing[]] {
  return [examples.filter((example) => 'output' in example), examples.filter((example) => 'problem' in example)]
}

function bodyExamples({ rest }: AnyOperation, examples: Succeeding[]): { examples?: Json } {
  const bodyOf = (input: Example['input']) => fillPath(rest, z.record(z.string(), z.json()).parse(input)).others
  return named(examples.map(({ summary, input }) => ({ summary, value: bodyOf(input) })))
}

/** One response a status: the problems that share it are told apart by their code. */
function problemResponses(operation: AnyOperation, examples: Failing[]): Record<string, Json> {
  const codes = problemsOf(operation)
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort((a, b) => a - b)
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => problems[code].status === status)
      const shown = examples.filter(({ problem }) => problem.status === status)
      const content = {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          ...named(shown.map(({ summary, problem }) => ({ summary, value: toJson(problem) }))),
        },
      }
      const retry = ofStatus.some((code) => retried.has(code))
      const headers = { ...(retry && retryAfter), ...replayHeader(operation) }
      return [status, { description: ofStatus.join(', '), headers, content }]
    }),
  )
}

const retried = new Set<ProblemCode>([
  'verification_pending',
  'request_in_progress',
  'check_in_progress',
  'not_now',
  'quota_exceeded',
  'upstream_throttled',
])

const retryAfter: Schema = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } }

/** On what a repeat may be answered with. */
function replayHeader({ rest }: AnyOperation): Schema {
  if (!takesIdempotencyKey(rest)) return {}
  const description = 'true: the stored answer to the first call with this Idempotency-Key.'
  return { 'Idempotent-Replayed': { description, schema: { type: 'string', enum: ['true'] } } }
}

function named(examples: { summary: string; value: Json }[]): { examples?: Json } {
  if (examples.length === 0) return {}
  const key = (summary: string) => summary.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return { examples: Object.fromEntries(examples.map((example) => [key(example.summary), example])) }
}

function toJson(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)))
}

const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457. Switch on code, never on a text.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'The page that explains it.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(problems) },
    request_id: { type: 'string', description: 'The verification it is about.' },
    upstream: {
      type: 'object',
      description: 'What Vonage said.',
      required: ['status'],
      properties: { status: { type: 'string' }, error_text: { type: 'string' } },
    },
    attempts_left: { type: 'integer' },
    challenge_token: { type: 'string', description: 'For the same request, after a proof of a person.' },
    decision_id: { type: 'string', description: 'The record of why a message was refused, for the operator.' },
    required_scope: { type: 'string', description: 'What the caller is not allowed.' },
    approval: {
      type: 'object',
      description: 'What a person has to approve first, and where; prices in euros.',
      required: ['approval_id', 'url', 'asks', 'price_now', 'price_monthly', 'currency', 'expires_at'],
      properties: {
        approval_id: { type: 'string' },
        url: { type: 'string', format: 'uri' },
        asks: { type: 'string' },
        price_now: { type: 'string' },
        price_monthly: { type: 'string' },
        currency: { type: 'string' },
        expires_at: { type: 'string', format: 'date-time' },
      },
    },
    retry_after_seconds: { type: 'integer' },
    invalid_parameters: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'reason'],
        properties: { name: { type: 'string' }, reason: { type: 'string' } },
      },
    },
  },
}
