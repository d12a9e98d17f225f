import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import * as z from 'zod'
import type { Secret } from '../privacy.ts'

export interface StdioOptions {
  /** The /mcp of a gateway. */
  url: URL
  key?: Secret | undefined
  /** JSON-RPC, a message a line. */
  input: Readable
  output: Writable
  /** Ends it at once. */
  signal: AbortSignal
}

const requestId = z.union([z.string(), z.int()])

/** As much of a message as forwarding needs; both protocol eras. */
const message = z.looseObject({
  id: requestId.optional(),
  method: z.string().optional(),
  params: z
    .looseObject({
      name: z.string().optional(),
      uri: z.string().optional(),
      requestId: requestId.optional(),
      _meta: z.looseObject({ 'io.modelcontextprotocol/protocolVersion': z.string().optional() }).optional(),
    })
    .optional(),
})
type Message = z.infer<typeof message>

const withId = z.object({ id: requestId })
/** Whoever could not read a request answers with an error to nobody. */
const errorToNobody = z.looseObject({ id: z.null().optional(), error: z.unknown().nonoptional() })

const initialized = z.object({ result: z.object({ protocolVersion: z.string() }) })

/** Carries MCP messages between standard input and output and a gateway. Resolves when the input ends and all is answered. */
export async function forwardStdio({ url, key, input, output, signal }: StdioOptions): Promise<void> {
  const running = new Map<string | number | symbol, { done: Promise<void>; abort: AbortController }>()
  let legacyVersion: string | undefined

  const write = (answer: unknown) => void output.write(`${JSON.stringify(answer)}\n`)

  async function forward(sent: Message, line: string, abort: AbortSignal): Promise<void> {
    const headers = headersOf(sent, legacyVersion, key)
    const { id } = sent.method === undefined ? { id: undefined } : sent
    let isAnswered = false
    try {
      const response = await fetch(url, { method: 'POST', headers, body: line, signal: abort })
      for await (const received of answers(response)) {
        const answer = id === undefined ? received : addressed(received, id)
        if (sent.method === 'initialize') legacyVersion = initialized.safeParse(answer).data?.result.protocolVersion
        isAnswered ||= withId.safeParse(answer).data?.id === id
        write(answer)
      }
      if (id !== undefined && !isAnswered) throw new Error(`it answered with HTTP ${response.status} and no message`)
    } catch (error) {
      if (abort.aborted || id === undefined || isAnswered) return
      write(failure(id, -32603, `The gateway at ${url.origin} could not be asked: ${reasonOf(error)}`))
    }
  }

  const lines = createInterface({ input, signal, crlfDelay: Number.POSITIVE_INFINITY })
  signal.addEventListener('abort', () => {
    for (const { abort } of running.values()) abort.abort()
  })
  for await (const line of lines) {
    if (line.trim() === '') continue
    const { sent, refused } = read(line)
    if (!sent) {
      write(refused)
      continue
    }
    const cancelled = sent.method === 'notifications/cancelled' ? sent.params?.requestId : undefined
    // Closing the connection is what cancels a request over HTTP.
    if (cancelled !== undefined) {
      running.get(cancelled)?.abort.abort()
      continue
    }
    const key = sent.id ?? Symbol('notification')
    const abort = new AbortController()
    const done = forward(sent, line, abort.signal).finally(() => running.delete(key))
    running.set(key, { done, abort })
  }
  await Promise.all([...running.values()].map(({ done }) => done))
}

/** The message, or the error that answers what is none. */
function read(line: string): { sent: Message; refused?: never } | { sent?: never; refused: unknown } {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { refused: failure(null, -32700, 'This line is no JSON.') }
  }
  const { data } = message.safeParse(json)
  const isMessage = data && (data.method !== undefined || 'result' in data || 'error' in data)
  if (isMessage) return { sent: data }
  const id = withId.safeParse(json).data?.id ?? null
  return { refused: failure(id, -32600, 'This line is no JSON-RPC message.') }
}

function failure(id: string | number | null, code: number, message: string): unknown {
  return { jsonrpc: '2.0', id, error: { code, message } }
}

/** An answer to a request bears its id, so that the request ends. */
function addressed(answer: unknown, id: string | number): unknown {
  const error = errorToNobody.safeParse(answer)
  return error.success ? { ...error.data, id } : answer
}

/** What fetch failed of. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(reason instanceof Error)) return String(reason)
  return reason.message || ('code' in reason ? String(reason.code) : reason.name)
}

/** Over HTTP, what routes a message also stands in headers. */
function headersOf(
  { method, params }: Message,
  legacyVersion: string | undefined,
  key: Secret | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  if (key) headers.authorization = `Bearer ${key.reveal()}`
  const version = params?._meta?.['io.modelcontextprotocol/protocolVersion']
  if (version === undefined) {
    if (legacyVersion !== undefined) headers['mcp-protocol-version'] = legacyVersion
    return headers
  }
  headers['mcp-protocol-version'] = version
  if (method !== undefined) headers['mcp-method'] = headerValue(method)
  const name = params?.name ?? params?.uri
  if (name !== undefined) headers['mcp-name'] = headerValue(name)
  return headers
}

function headerValue(text: string): string {
  const isPlain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`
}

/** The JSON-RPC messages in an answer: one JSON body, a stream of events, or nothing behind a notification. */
async function* answers(response: Response): AsyncGenerator<unknown> {
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('text/event-stream')) return yield* events(response)
  const text = await response.text()
  if (text === '') {
    if (response.ok) return
    throw new Error(`it answered with HTTP ${response.status}`)
  }
  const body: unknown = JSON.parse(text)
  if (typeof body === 'object' && body !== null && 'jsonrpc' in body) return yield body
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : ''
  throw new Error(`it answered with HTTP ${response.status} ${detail}`.trim())
}

async function* events({ body }: Response): AsyncGenerator<unknown> {
  if (!body) return
  let rest = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split(/\r?\n\r?\n/)
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((line) => line.startsWith('data:'))
      if (data.length > 0) yield JSON.parse(data.map((line) => line.slice(5).trimStart()).join('\n'))
    }
  }
}
