import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Caller } from '../access/caller.ts'
import type { Door } from '../access/door.ts'
import { GatewayError, type ProblemBody, toProblem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ProblemCode } from '../problems.ts'
import { allowCors } from './cors.ts'
import { loggedProblem } from './log-problem.ts'
import type { OwnHosts } from './own-hosts.ts'
import type { RequestRates } from './rate-limits.ts'

export interface ServerOptions {
  log: Log
  door: Door
  hosts: OwnHosts
  rates: RequestRates
  /** Proxies whose word about who asks is believed, as addresses or networks. */
  trustedProxies?: readonly string[] | undefined
  /** For the log: which surface it is. */
  surface: 'rest' | 'mcp'
  /** How long a request may take to arrive, in milliseconds. */
  requestWithinMs?: number | undefined
  /** How many connections are open at once. */
  mostConnections?: number | undefined
}

const arrivesWithinMs = 20_000

const largestBodyBytes = 16 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    door: Door
  }
  interface FastifyRequest {
    /** The code of the problem that was answered, for the log. */
    problem?: ProblemCode
    /** Who asks; absent on routes that are open to anybody. */
    caller?: Caller
  }
}

/** What REST and MCP share: request ids, Host and Origin, one log line a request, and problems for every error. */
export function createHttpServer(options: ServerOptions): FastifyInstance {
  const { log, door, hosts, rates, surface, requestWithinMs, mostConnections = 16_384, trustedProxies = [] } = options
  const requestTimeout = requestWithinMs ?? arrivesWithinMs
  const app = fastify({
    bodyLimit: largestBodyBytes,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    logger: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    // The head has to be there as soon as all of it; a connection on which nothing comes counts as one that is slow.
    requestTimeout,
    http: { headersTimeout: requestTimeout, connectionsCheckingInterval: Math.min(1000, requestTimeout) },
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 100 },
    frameworkErrors: (error, request, reply) => sendProblem(log, error, request, reply as FastifyReply),
    clientErrorHandler: (error, socket) => answerBrokenHttp(error, socket as Socket),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  })
  // Beyond it a connection is closed at once, so that those that are there go on.
  app.server.maxConnections = mostConnections
  app.decorateRequest('problem')
  app.decorateRequest('caller')
  app.decorate('door', door)
  serveMetadata(app, door)

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('cache-control', 'no-store')
    // Pages have policies of their own; nothing else is to be shown as one.
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    hosts.demand(request.headers)
    rates.ofAddress(request, reply)
    const { origin } = request.headers
    return origin !== undefined && hosts.allowsCors(origin) ? allowCors(origin, request, reply) : undefined
  })

  app.addHook('onResponse', async (request, reply) => {
    log.info(
      {
        surface,
        requestId: request.id,
        method: request.method,
        // The pattern of the route, not the address: addresses hold numbers.
        route: request.routeOptions.url ?? '(none)',
        status: reply.statusCode,
        caller: request.caller?.id,
        problem: request.problem,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    )
  })

  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(log, error, request, reply))

  app.setNotFoundHandler((request, reply) =>
    sendProblem(log, new GatewayError('not_found', 'Nothing is served under this path.'), request, reply),
  )

  return app
}

/** What stands before a route that is not open to anybody: nothing of a body is read before it is known who asks. */
export function admitting(door: Door, rates: RequestRates) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    request.caller = await door.admit(request.headers.authorization)
    rates.ofCaller(request, reply)
  }
}

/** Who asks on a route behind `admitting`. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) throw new Error('nobody was asked who asks')
  return caller
}

function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID()
}

const frameworkCodes: Record<string, ProblemCode> = {
  400: 'malformed_request',
  404: 'not_found',
  413: 'payload_too_large',
  414: 'malformed_request',
  415: 'unsupported_media_type',
  503: 'overloaded',
}

const details: Partial<Record<ProblemCode, string>> = {
  malformed_request: 'The request could not be read.',
  payload_too_large: `The body is larger than ${largestBodyBytes} bytes.`,
  unsupported_media_type: 'The body must be JSON, with the header Content-Type: application/json.',
  overloaded: 'The gateway is stopping.',
}

/** What the framework refuses by itself becomes one of our problems; anything unknown is internal. */
function ours(error: unknown): unknown {
  if (error instanceof GatewayError || !(error instanceof Error) || !('statusCode' in error)) return error
  const code = frameworkCodes[String(error.statusCode)]
  return code ? new GatewayError(code, details[code] ?? 'Nothing is served under this path.', { cause: error }) : error
}

export function sendProblem(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = loggedProblem(ours(error), log, { requestId: request.id })
  request.problem = problem.code
  if (problem.retry_after_seconds !== undefined) reply.header('retry-after', problem.retry_after_seconds)
  const challenge = challengeOf(problem, request)
  if (challenge !== undefined) reply.header('www-authenticate', challenge)
  return reply
    .status(problem.status)
    .header('x-request-id', request.id)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problem))
}

/** RFC 9728, on the address of the server and on that of what is protected. In keys mode there is nothing to discover. */
function serveMetadata(app: FastifyInstance, { oauth }: Door): void {
  if (!oauth) return
  for (const path of new Set(['/.well-known/oauth-protected-resource', new URL(oauth.metadataUrl).pathname])) {
    app.get(path, async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(oauth.metadata))
  }
}

/** RFC 6750: without a word of what is wrong for who showed nothing, and with the scope that was missing. */
function challengeOf({ code, required_scope }: ProblemBody, { headers, server }: FastifyRequest): string | undefined {
  if (code !== 'unauthenticated' && required_scope === undefined) return undefined
  return challengeWith(server.door, {
    ...(code === 'unauthenticated' && headers.authorization !== undefined && { error: 'invalid_token' }),
    ...(required_scope !== undefined && { error: 'insufficient_scope', scope: required_scope }),
  })
}

export function challengeWith({ oauth }: Door, parameters: Record<string, string>): string {
  const all = { ...parameters, ...(oauth && { resource_metadata: oauth.metadataUrl }) }
  const written = Object.entries(all).map(([name, value]) => `${name}="${value}"`)
  return ['Bearer', written.join(', ')].filter((part) => part !== '').join(' ')
}

const brokenHttp: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time.',
  HPE_HEADER_OVERFLOW: 'The headers are larger than 16 KiB.',
}

/** HTTP that can't even be parsed, or does not come, gets a problem too, written straight to the socket. */
function answerBrokenHttp({ code }: { code?: string }, socket: Socket): void {
  if (!socket.writable) return
  const detail = brokenHttp[code ?? ''] ?? 'This is not HTTP/1.1 that can be read.'
  const body = JSON.stringify(toProblem(new GatewayError('malformed_request', detail)))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
