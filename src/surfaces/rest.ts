import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { GatewayError } from '../errors.ts'
import { readIdempotencyKey } from '../idempotency-key.ts'
import type { Log } from '../log.ts'
import { type AnyOperation, type Context, execute, type Services, takesIdempotencyKey } from '../operation.ts'
import { admitting, callerOf, createHttpServer, type ServerOptions, sendProblem } from './http-server.ts'
import { takesBody } from './rest-shape.ts'

export interface RestOptions extends Omit<ServerOptions, 'surface'> {
  operations: readonly AnyOperation[]
  services: Services
  /** Routes beside the operations. */
  addSite: (app: FastifyInstance) => void
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** The REST API: each operation under its method and path, and problems for everything else. */
export function createRest({ operations, services, addSite, ...options }: RestOptions): FastifyInstance {
  const { log, door, rates } = options
  const app = createHttpServer({ ...options, surface: 'rest' })
  const paths = new Set<string>()
  app.addHook('onRoute', ({ url }) => void paths.add(url))
  readOnlyJson(app)
  const admit = admitting(door, rates)
  for (const operation of operations) {
    const read = inputReader(operation)
    app.route({
      method: operation.rest.method,
      url: routeOf(operation.rest.path),
      onRequest: admit,
      handler(request, reply) {
        const repeats = repeatsOf(operation, request, reply)
        return execute(operation, read(request), { ...services, caller: callerOf(request), surface: 'rest', repeats })
      },
    })
  }
  addSite(app)
  refuseOtherMethods(app, [...paths], log)
  return app
}

/** The key of the call, where it has one; the answer to a repeat says that it is one. */
function repeatsOf({ rest }: AnyOperation, { raw }: FastifyRequest, reply: FastifyReply): Context['repeats'] {
  const key = takesIdempotencyKey(rest) ? readIdempotencyKey(raw.headersDistinct['idempotency-key']) : undefined
  return key === undefined ? undefined : { key, onReplay: () => void reply.header('idempotent-replayed', 'true') }
}

/** `/v1/verifications/{request_id}` as the router writes it. */
function routeOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A page's form is posted here. */
    takesForm?: boolean
  }
}

/** A form is taken, as text, only where a page has one. */
function readOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, text, done) => {
    if (request.routeOptions.config.takesForm) return done(null, text)
    done(
      new GatewayError(
        'unsupported_media_type',
        'The body must be JSON, with the header Content-Type: application/json.',
      ),
    )
  })
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? {} : JSON.parse(String(text)))
    } catch (cause) {
      done(new GatewayError('malformed_request', 'The body is not JSON.', { cause }))
    }
  })
}

const members = z.record(z.string(), z.unknown())

/** Gathers an operation's input from where REST puts it: path, and query (GET, DELETE) or body (POST, PATCH). */
function inputReader(operation: AnyOperation): (request: FastifyRequest) => Record<string, unknown> {
  const isInBody = takesBody(operation.rest)
  const numeric = numericMembers(operation)
  return ({ params, query, body }) => {
    const path = members.parse(params)
    const inQuery = members.parse(query)
    const inBody = readBody(body)
    const [taken, other] = isInBody ? [inBody, inQuery] : [withNumbers(inQuery, numeric), inBody]
    const twice = Object.keys(path).find((name) => name in taken)
    const misplaced = twice ?? Object.keys(other)[0]
    if (misplaced !== undefined) throw outOfPlace(misplaced, twice ? 'path' : isInBody ? 'body' : 'query')
    return { ...taken, ...path }
  }
}

function readBody(body: unknown): Record<string, unknown> {
  if (body === undefined) return {}
  // As it is: a record of zod's would lose a member `__proto__`, which is to be refused as unknown.
  if (isObject(body)) return body
  throw new GatewayError('malformed_request', 'The body must be a JSON object.')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function outOfPlace(name: string, place: string): GatewayError {
  const reason = `stands in the wrong place: this operation takes it from the ${place} only`
  const shown = name.slice(0, 64)
  return new GatewayError('invalid_request', `${shown}: ${reason}`, { invalid_parameters: [{ name: shown, reason }] })
}

/** Members that are numbers: a query can only spell them. */
function numericMembers(operation: AnyOperation): Set<string> {
  const { properties = {} } = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' })
  const isNumeric = (schema: unknown) =>
    typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'integer'
  return new Set(Object.keys(properties).filter((name) => isNumeric(properties[name])))
}

function withNumbers(query: Record<string, unknown>, numeric: Set<string>): Record<string, unknown> {
  const read = ([name, value]: [string, unknown]) =>
    numeric.has(name) && typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? [name, Number(value)] : [name, value]
  return Object.fromEntries(Object.entries(query).map(read))
}

/** Answers 405 with Allow on every path there is, for each method that it doesn't have. */
function refuseOtherMethods(app: FastifyInstance, paths: string[], log: Log): void {
  for (const url of paths) {
    const allowed = methods.filter((method) => app.hasRoute({ method, url }))
    const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
    const handler = (request: FastifyRequest, reply: FastifyReply) => {
      reply.header('allow', allow)
      const detail = `This path takes ${allow}.`
      return sendProblem(log, new GatewayError('method_not_allowed', detail), request, reply)
    }
    app.route({ method: methods.filter((method) => !allowed.includes(method)), url, handler })
  }
}
