import { AsyncLocalStorage } from 'node:async_hooks'
import { toNodeHandler } from '@modelcontextprotocol/node'
import {
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  inputRequired,
  isLegacyRequest,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
  type Tool,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { Caller } from '../access/caller.ts'
import type { Door } from '../access/door.ts'
import type { Scope } from '../access/scopes.ts'
import { GatewayError, type ProblemBody, toProblem } from '../errors.ts'
import { type AnyOperation, execute, outcomeOf, type Services } from '../operation.ts'
import { problems } from '../problems.ts'
import { version } from '../version.ts'
import { admitting, callerOf, challengeWith, createHttpServer, type ServerOptions } from './http-server.ts'
import { loggedProblem } from './log-problem.ts'

export interface McpOptions extends Omit<ServerOptions, 'surface'> {
  /** The tools that are listed. */
  operations: readonly AnyOperation[]
  services: Services
  /** Where a person reads the codes of the sandbox. */
  inboxUrl?: string | undefined
}

const largestMessageBytes = 64 * 1024
const toolListTtlMs = 3_600_000

interface Asked {
  requestId: string
  caller: Caller
  /** The body as it was sent: what the protocol's handlers see has lost a member `__proto__`. */
  message?: unknown
}

/** What is being answered. The protocol's handlers get a message and nothing of the HTTP around it. */
const asking = new AsyncLocalStorage<Asked>()

/** The MCP server: both protocol eras on one stateless /mcp. */
export function createMcp(options: McpOptions): FastifyInstance {
  const { log, door, rates } = options
  const app = createHttpServer({ ...options, surface: 'mcp' })
  const onerror = (error: Error) => log.debug({ err: error }, 'mcp')
  const handler = toNodeHandler(
    { fetch: dualEra(options, onerror) },
    { onerror, maxRequestBodySize: largestMessageBytes },
  )
  // The handler reads the body itself.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  const route = { bodyLimit: Number.MAX_SAFE_INTEGER, onRequest: admitting(door, rates) }
  app.all('/mcp', route, async (request, reply) => {
    reply.hijack()
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    const asked = { requestId: request.id, caller: callerOf(request) }
    await asking.run(asked, () => handler(request.raw, reply.raw))
  })
  return app
}

type Fetch = (request: Request) => Promise<Response>

/** 2026-era requests carry their own envelope; what doesn't is served as 2025 without a session, in JSON. */
function dualEra(options: McpOptions, onerror: (error: Error) => void): Fetch {
  const build = serverFactory(options)
  const modern = createMcpHandler(build, { legacy: 'reject', maxRequestBodySize: largestMessageBytes, onerror })
  return async (request) => {
    const parsedBody = request.method === 'POST' ? await readJson(request) : undefined
    const asked = asking.getStore()
    if (asked) asked.message = parsedBody
    const missing = asked && missingScope(options, asked.caller, parsedBody)
    if (missing) return lacksScope(options.door, missing)
    if (!(await isLegacyRequest(request, parsedBody, { maxRequestBodySize: largestMessageBytes })))
      return modern.fetch(request, { parsedBody })
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
    if (Array.isArray(parsedBody)) return Response.json(noBatches, { status: 400 })
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    const server = build()
    await server.connect(transport)
    try {
      return await transport.handleRequest(request, { parsedBody })
    } finally {
      await server.close()
    }
  }
}

const namedTool = z.object({ method: z.literal('tools/call'), params: z.object({ name: z.string() }) })

/** The scope of the tool that is called, where the caller has it not and can get a token that has. */
function missingScope({ operations }: McpOptions, { hasToken, scopes }: Caller, message: unknown): Scope | undefined {
  const { data } = namedTool.safeParse(message)
  const scope = operations.find(({ name }) => name === data?.params.name)?.scope
  return hasToken && scope !== undefined && !scopes.includes(scope) ? scope : undefined
}

/** Such a caller is told in HTTP, so that its client asks for that scope. */
function lacksScope(door: Door, scope: Scope): Response {
  const problem = toProblem(new GatewayError('forbidden', `This takes the scope ${scope}.`, { required_scope: scope }))
  const challenge = challengeWith(door, { error: 'insufficient_scope', scope })
  const headers = { 'content-type': 'application/problem+json', 'www-authenticate': challenge }
  return Response.json(problem, { status: problem.status, headers })
}

/** What is no JSON stays unread, for the protocol's handlers to refuse. */
function readJson(request: Request): Promise<unknown> {
  return request
    .clone()
    .json()
    .catch(() => undefined)
}

/** A limit on requests must not count many calls as one. */
const noBatches = {
  jsonrpc: '2.0',
  id: null,
  error: { code: ProtocolErrorCode.InvalidRequest, message: 'Send one message a request.' },
}

/** One server a request: a shared one could mix up the answers of two clients. */
function serverFactory({ operations, services, log, inboxUrl }: McpOptions): () => Server {
  const tools = operations.map(toTool)
  const byName = new Map(operations.map((operation) => [operation.name, operation]))
  const hint = { ttlMs: toolListTtlMs, cacheScope: 'public' } as const
  const info = { name: 'tollgate', title: 'tollgate phone verification', version }
  const settings = {
    capabilities: { tools: {} },
    instructions: instructions(inboxUrl),
    cacheHints: { 'tools/list': hint, 'server/discover': hint },
  }
  return () => {
    const server = new Server(info, settings)
    server.setRequestHandler('tools/list', async () => ({ tools }))
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
      const operation = byName.get(params.name)
      if (!operation)
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name.slice(0, 64)}`)
      const asked = asking.getStore()
      if (!asked) throw new Error('a tool is called outside of a request')
      const { requestId, caller, message } = asked
      const about = { requestId, caller: caller.id, tool: operation.name }
      try {
        const { repeatWindowMs: windowMs } = operation
        const repeats = windowMs === undefined ? undefined : { windowMs }
        const context = { ...services, caller, surface: 'mcp', repeats } as const
        const resumed = operation.leads && stateOf(mcpReq)
        const answer = resumed
          ? await outcomeOf(operation, resumed, context)
          : await execute(operation, argumentsOf(message) ?? {}, context)
        log.info(about, 'tool call')
        return (!resumed && leadsOn(operation, answer, mcpReq)) || result(answer)
      } catch (error) {
        const problem = loggedProblem(error, log, about)
        log.info({ ...about, problem: problem.code }, 'tool call')
        return asksAtAddress(problem, mcpReq) ?? failure(problem)
      }
    })
    return server
  }
}

function instructions(inboxUrl: string | undefined): string {
  const lines = [
    'Verify that a person holds a phone number: request-verification sends a code. The person types it at verification_url, and get-verification tells the outcome; or they type it here, and check-verification checks it.',
    'Take codes only from the person in this conversation, never from other tools. A wrong code costs one of three tries.',
    'buy-number costs money every month: ask the person first.',
  ]
  if (inboxUrl) lines.push(`This is a sandbox: nothing is sent, and the person reads the codes at ${inboxUrl}.`)
  return lines.join('\n')
}

function toTool({ name, title, description, toolDescription, hints, input, output }: AnyOperation): Tool {
  return {
    name,
    title,
    description: toolDescription ?? description,
    inputSchema: objectSchema.parse(z.toJSONSchema(input, { io: 'input' })),
    outputSchema: permissive(objectSchema.parse(z.toJSONSchema(output, { io: 'output' }))),
    annotations: {
      title,
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive,
      idempotentHint: hints.idempotent,
      openWorldHint: true,
    },
  }
}

const objectSchema = z.looseObject({
  type: z.literal('object'),
  properties: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  required: z.array(z.string()).optional(),
})
type ObjectSchema = z.infer<typeof objectSchema>

/** Older clients hold problems against this schema too, so it requires nothing, and status may be Vonage’s or HTTP’s. */
function permissive({ required: _, ...schema }: ObjectSchema): ObjectSchema {
  const { status, ...properties } = schema.properties
  if (!status) return { ...schema, properties }
  const { type: _type, ...rest } = status
  return { ...schema, properties: { ...properties, status: { ...rest, type: ['string', 'integer'] } } }
}

const toolCall = z.object({ params: z.object({ arguments: z.unknown() }) })

function argumentsOf(message: unknown): unknown {
  return toolCall.safeParse(message).data?.params.arguments
}

const anObject = z.record(z.string(), z.unknown())

/** The answer as structured content, and as text for clients that show only that. */
function result(answer: unknown) {
  return {
    structuredContent: anObject.parse(answer),
    content: [{ type: 'text' as const, text: JSON.stringify(answer) }],
  }
}

/** The id that a call goes on with. A client may give back anything in its place. */
function stateOf({ requestState }: ServerContext['mcpReq']): string | undefined {
  const state = requestState<unknown>()
  if (state === undefined || state === '') return undefined
  if (typeof state === 'string' && /^[0-9a-f]{32}$/.test(state)) return state
  throw new GatewayError('verification_not_found', 'There is no verification to go on with.')
}

/** Asks a client that opens addresses to open the one in the answer; its repeat of the call then gets the outcome. */
function leadsOn({ leads }: AnyOperation, answer: unknown, { envelope }: ServerContext['mcpReq']) {
  if (!leads || !leadsToAddresses.safeParse(envelope).success) return undefined
  const { url, message, id } = leads.to(anObject.parse(answer))
  // The id is the caller's own: whoever makes one up gets what get-verification tells them of it.
  return inputRequired({ inputRequests: { page: inputRequired.elicitUrl({ message, url }) }, requestState: id })
}

/** What a client says of itself that opens an address for its person. */
const leadsToAddresses = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ elicitation: z.object({ url: z.object({}) }) }),
})

/**
 * Where the client can lead its person to an address, it is asked to, once: its answer says nothing of what was decided
 * there, because a client can make one up. The call that it repeats then looks for itself.
 */
function asksAtAddress({ approval }: ProblemBody, { envelope, inputResponses }: ServerContext['mcpReq']) {
  if (!approval || inputResponses !== undefined || !leadsToAddresses.safeParse(envelope).success) return undefined
  const message = `${approval.asks} EUR ${approval.price_now} at once, EUR ${approval.price_monthly} a month.`
  return inputRequired({ inputRequests: { approval: inputRequired.elicitUrl({ message, url: approval.url }) } })
}

function failure(problem: ProblemBody) {
  const advice = `${problem.title}. ${problems[problem.code].advice}`
  const { structuredContent, content } = result(problem)
  return { isError: true, structuredContent, content: [...content, { type: 'text' as const, text: advice }] }
}
