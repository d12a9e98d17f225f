import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import type { SimulatedClock } from '../clock.ts'
import { registerFaultsApi } from './faults-api.ts'
import type { InboxMessage } from './inbox.ts'
import { InboxFeed } from './inbox-feed.ts'
import { registerInboxPage } from './inbox-page.ts'
import { numbersApi } from './numbers-api.ts'
import { isOwnHost } from './own-host.ts'
import { readPhoneNumber } from './phone-number.ts'
import { registerSimulatorApi } from './simulator-api.ts'
import { verifyApi } from './verify-api.ts'
import { verify2Apis } from './verify2/api.ts'
import { type Application, readPublicKeys } from './verify2/bearer.ts'
import type { WebhookTarget } from './verify2/webhooks.ts'
import { registerWebhooksList } from './verify2/webhooks-list.ts'
import { openVonageDoor, type RecordedCall } from './vonage-door.ts'
import { registerVonageEdge } from './vonage-edge.ts'
import { createWorld } from './world.ts'

export type { InboxMessage, RecordedCall }

export interface SimulatorOptions {
  clock: SimulatedClock
  apiKey: string
  apiSecret: string
  /** Codes, ids and the stock of numbers come from it; without it they differ from start to start. */
  seed?: string | undefined
  /** The account's credit at the beginning; 100,000 € unless given. */
  balanceEuro?: number
  /** Whether Vonage's limits on calls a second hold: Verify 30, search 1, Numbers 1. They don't unless it is true. */
  throttling?: boolean
  /** Where Verify v2 tells applications what happens: of verifications that were asked for with a JWT. */
  webhooks?: WebhookTarget
  /** Applications whose JWTs have their signature checked; of any other, a well-formed RS256 JWT is enough. */
  applications?: Application[]
  /** Told of every request on a Vonage path, just before it is answered. */
  onCall?: (call: RecordedCall) => void
}

export interface Simulator {
  /** Resolves to the base URL. Port 0 takes any free one. */
  listen(address: { host: string; port: number }): Promise<string>
  /** Ends open connections too; the clock stays the caller's. */
  close(): Promise<void>
  /** Oldest first; `to` as people write numbers. */
  messages(to?: string): InboxMessage[]
  /** Back to the beginning, the clock apart. Without a seed it is that of the start, or a new one if there was none. */
  reset(seed?: string): void
}

const defaultBalanceEuro = 100_000
const maxBodyBytes = 16 * 1024
const notSimulated = [
  '/verify/xml',
  '/verify/check/xml',
  '/verify/search/xml',
  '/verify/control/xml',
  '/verify/psd2/json',
  '/verify/network-unblock',
  '/v2/verify/network-unblock',
]

/** A Vonage of one account, in memory: Verify v1 and v2, Numbers, the phones that receive, and a time that can be moved. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { clock, apiKey, apiSecret, onCall = () => {} } = options
  const { balanceEuro = defaultBalanceEuro, throttling = false, webhooks } = options
  const feed = new InboxFeed({ clock, messages: () => world.inbox.all() })
  let listenHost = ''
  let listenUrl = ''
  const baseUrl = () => listenUrl
  const surroundings = { apiKey, webhooks, baseUrl }
  const begin = (seed = options.seed ?? randomSeed()) =>
    createWorld({ clock, seed, balanceEuro, throttling, surroundings, onInboxChange: (message) => feed.tell(message) })
  let world = begin()
  const reset = (seed?: string) => {
    world.end()
    world = begin(seed)
    feed.tellAll()
  }
  const messages = (to?: string) => {
    if (to === undefined) return world.inbox.all()
    return world.inbox.to(readPhoneNumber(to) ?? to)
  }
  const publicKeys = readPublicKeys(options.applications ?? [])
  const apis = [
    verifyApi(() => world, apiKey),
    numbersApi(() => world, apiKey),
    ...verify2Apis({ world: () => world, publicKeys, baseUrl }),
  ]
  const app = createServer()
  app.addHook('preClose', async () => feed.close())
  registerVonageEdge(app, { apis, traceId: () => world.traces.hex(32) })
  openVonageDoor(app, { apis, account: { apiKey, apiSecret }, clock, world: () => world, onCall })
  for (const url of notSimulated) {
    app.all(url, (_, reply) => reply.code(501).send({ error: `${url} is not simulated` }))
  }
  app.register(async (own) => {
    own.addHook('onRequest', async (request, reply) => {
      if (isOwnHost(request.headers, listenHost)) return
      await reply.code(403).send({ error: 'the Host or Origin of this request is not this server' })
    })
    registerInboxPage(own, { messages, feed })
    registerWebhooksList(own, () => world.verify2.webhooks)
    const vonageRoutes = apis.flatMap((api) => api.routes)
    registerSimulatorApi(own, { clock, world: () => world, apiKey, reset })
    registerFaultsApi(own, { faults: () => world.faults, routes: vonageRoutes })
  })

  return {
    async listen(address) {
      listenHost = address.host
      listenUrl = await app.listen(address)
      return listenUrl
    },
    async close() {
      await app.close()
      world.end()
    },
    messages,
    reset,
  }
}

/** Bodies arrive as text, because Vonage and our own paths read them in different ways. */
function createServer(): FastifyInstance {
  const app = Fastify({
    bodyLimit: maxBodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    // Room for the URLs that are refused with an answer.
    http: { maxHeaderSize: 64 * 1024 },
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ error: `there is no ${request.method} ${request.url.split('?')[0]}` })
  })
  app.setErrorHandler<{ statusCode?: number; message: string }>((error, _, reply) => {
    reply.code(error.statusCode ?? 500).send({ error: error.message })
  })
  return app
}

function randomSeed(): string {
  return randomBytes(16).toString('hex')
}
