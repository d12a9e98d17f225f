import { type LookupAddress, type LookupAllOptions, type LookupOptions, lookup } from 'node:dns'
import { Agent, buildConnector } from 'undici'
import { isPublicAddress, literalAddress } from './addresses.ts'

export interface PostOptions {
  /** Whether addresses outside the public internet are told too. */
  privateTargets: boolean
  /** How long to wait for an answer, in real milliseconds. */
  timeoutMs: number
  /** Whether the text of an answer is wanted, and not its status alone. */
  readsAnswer?: boolean
  /** How names become addresses: by the system unless given. */
  resolve?: Resolve
}

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** What came back from a target: its HTTP status and, where it is read, the text; or why there is none. */
export type Posted = { status: number; text?: string } | { error: string; isRefused: boolean }

/** Sends webhooks. Follows no redirect, reads little of an answer, and connects only to the address it has looked at. */
export interface Post {
  (target: string, headers: Record<string, string>, body: string): Promise<Posted>
  /** Breaks off what is under way. */
  close(): Promise<void>
}

const connectTimeoutMs = 5000
const readAtMostBytes = 16_384

export function createPost({ privateTargets, timeoutMs, readsAnswer = false, resolve = lookup }: PostOptions): Post {
  const agent = new Agent({ connect: privateTargets ? connector() : publicConnector(resolve) })

  async function post(target: string, headers: Record<string, string>, body: string): Promise<Posted> {
    const { origin, pathname, search } = new URL(target)
    try {
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'tollgate' },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (readsAnswer) return { status: answer.statusCode, text: await shortText(answer.body) }
      await answer.body.dump({ limit: readAtMostBytes })
      return { status: answer.statusCode }
    } catch (error) {
      return { error: reasonOf(error, timeoutMs), isRefused: error instanceof RefusedTarget }
    }
  }
  return Object.assign(post, { close: () => agent.destroy() })
}

async function shortText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length > readAtMostBytes) throw new LongAnswer()
  }
  return Buffer.concat(chunks).toString()
}

class LongAnswer extends Error {
  override name = `an answer of more than ${readAtMostBytes} bytes`
}

function connector(options: buildConnector.BuildOptions = {}): buildConnector.connector {
  return buildConnector({ timeout: connectTimeoutMs, allowH2: false, ...options })
}

class RefusedTarget extends Error {
  constructor(hostname: string, address: string) {
    super(`refused: ${hostname} is ${address}, not of the public internet (TOLLGATE_WEBHOOK_PRIVATE_TARGETS)`)
  }
}

/** An address in the URL is not looked up, so it is looked at here; a name is, each time a connection is made. */
function publicConnector(resolve: Resolve): buildConnector.connector {
  const connect = connector({ lookup: publicLookup(resolve) })
  return (options, callback) => {
    const address = literalAddress(options.hostname)
    if (address === undefined || isPublicAddress(address)) return connect(options, callback)
    callback(new RefusedTarget(options.hostname, address), null)
  }
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** What it answers is what is connected to: a name that changes its address in between gains nothing by it. */
function publicLookup(resolve: Resolve) {
  return (hostname: string, options: LookupOptions, callback: Found): void =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const refused = addresses.find(({ address }) => !isPublicAddress(address))
      if (refused) return callback(new RefusedTarget(hostname, refused.address), [])
      const [first] = addresses
      if (options.all || !first) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof RefusedTarget) return error.message
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  return 'code' in error ? String(error.code) : error.name
}
