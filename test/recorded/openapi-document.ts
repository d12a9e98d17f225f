import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import * as z from 'zod'
import type { RecordedCall } from '../../src/simulator/simulator.ts'
import { documentsOf } from './folder.ts'

export type AnsweredCall = Pick<RecordedCall, 'method' | 'path' | 'httpStatus' | 'answer'>

const methods = new Set(['get', 'post', 'patch', 'delete'])
const parameter = /\{\w+\}/g
const members = z.record(z.string(), z.unknown())
const responseShape = z.object({
  content: z
    .record(
      z.string(),
      z.object({ schema: members, examples: z.record(z.string(), z.object({ value: members })).default({}) }),
    )
    .default({}),
})
const described = z.object({ properties: z.record(z.string(), members).default({}) })
const operationShape = z.object({ responses: z.record(z.string(), responseShape) })
const documentShape = z.object({
  servers: z.tuple([z.object({ url: z.string() })]),
  paths: z.record(z.string(), members),
})

type Operation = z.infer<typeof operationShape>

export function openDocuments(prefix: string): OpenApiDocument[] {
  return documentsOf(prefix).map(({ name, content }) => new OpenApiDocument(name, content))
}

export class OpenApiDocument {
  readonly name: string
  // `strict` off: the documents have `example` and other members that are not JSON Schema's.
  readonly #ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }))
  readonly #paths: { path: string; operations: Map<string, Operation> }[]

  constructor(name: string, content: unknown) {
    this.name = name
    const { servers, paths } = documentShape.parse(expand(content, content))
    const base = new URL(servers[0].url).pathname.replace(/\/$/, '')
    this.#paths = Object.entries(paths)
      .map(([path, item]) => ({ path: (base + path).replace(/\/$/, ''), operations: operationsOf(item) }))
      .sort((one, other) => parametersOf(one.path) - parametersOf(other.path))
  }

  /** What is wrong with an answer; undefined when nothing is. */
  problem(call: AnsweredCall): string | undefined {
    const operation = this.#operationOf(call)
    if (!operation) return 'there is no such call'
    const response = operation.responses[call.httpStatus]
    if (!response) return `there is no HTTP ${call.httpStatus}`
    const json = jsonOf(response)
    if (call.answer === undefined) return json ? 'there is no body' : undefined
    if (!json) return 'there is a body'
    const sent: unknown = JSON.parse(JSON.stringify(call.answer))
    return this.#ajv.validate(json.schema, sent) ? undefined : this.#ajv.errorsText()
  }

  /** Each call and the HTTP statuses that it can be answered with. */
  operations(): { method: string; path: string; statuses: number[] }[] {
    return this.#paths.flatMap(({ path, operations }) =>
      [...operations].map(([method, { responses }]) => ({
        method,
        path,
        statuses: Object.keys(responses).map(Number),
      })),
    )
  }

  /** The examples of whole answers, each with the path of its call. */
  examples(): { path: string; name: string; value: Record<string, unknown> }[] {
    return this.#paths.flatMap(({ path, operations }) =>
      [...operations.values()]
        .flatMap(({ responses }) => Object.values(responses))
        .flatMap((response) => Object.entries(jsonOf(response)?.examples ?? {}))
        .map(([name, { value }]) => ({ path, name, value })),
    )
  }

  /** The bodies that the examples of single members make for such an answer: one, or one for each alternative. */
  samples(call: AnsweredCall): unknown[] {
    const response = this.#operationOf(call)?.responses[call.httpStatus]
    const schema = (response && jsonOf(response)?.schema) ?? {}
    return [schema.anyOf ?? schema].flat().map((alternative) =>
      Object.fromEntries(
        Object.entries(described.parse(alternative).properties)
          .filter(([, property]) => 'example' in property)
          .map(([member, property]) => [member, property.example]),
      ),
    )
  }

  /** Verify v1 takes GET and POST alike, and its document has one of them. */
  #operationOf({ method, path: called }: AnsweredCall): Operation | undefined {
    const fitting = this.#paths.find(({ path }) => new RegExp(`^${path.replace(parameter, '[^/]+')}$`).test(called))
    const { operations } = fitting ?? {}
    return operations?.get(method) ?? operations?.get('GET') ?? operations?.get('POST')
  }
}

function operationsOf(item: Record<string, unknown>): Map<string, Operation> {
  const operations = new Map<string, Operation>()
  for (const [method, content] of Object.entries(item)) {
    if (methods.has(method)) operations.set(method.toUpperCase(), operationShape.parse(content))
  }
  return operations
}

/** Of two paths that fit, the one with fewer parameters is meant. */
function parametersOf(path: string): number {
  return path.match(parameter)?.length ?? 0
}

function jsonOf({ content }: z.infer<typeof responseShape>) {
  return Object.entries(content).find(([type]) => type.includes('json'))?.[1]
}

/**
 * The document without references, and in two things stricter or laxer than it says: an object has only the members
 * that are described, and `oneOf` is `anyOf`, because as no member is required, an answer fits several at once.
 */
function expand(node: unknown, document: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => expand(item, document))
  if (typeof node !== 'object' || node === null) return node
  if ('$ref' in node) return expand(resolve(String(node.$ref), document), document)
  const expanded = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name === 'oneOf' ? 'anyOf' : name, expand(value, document)]),
  )
  return expanded.type === 'object' && expanded.properties ? { additionalProperties: false, ...expanded } : expanded
}

function resolve(reference: string, document: unknown): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce((node, name) => Object(node)[name], document)
}
