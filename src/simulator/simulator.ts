import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import type { SimulatedClock } from '../clock.ts'
import type { InboxMessage } from './inbox.ts'
import { InboxFeed } from './inbox-feed.ts'
import { registerInboxPage } from './inbox-page.ts'
import { numbersApi } from './numbers-api.ts'
import { isOwnHost } from './own-host.ts'
import { readPhoneNumber } from './phone-number.ts'
import { registerSimulatorApi } from './simulator-api.ts'
import { verifyApi } from './verify-api.ts'
import { openVonageDoor, type RecordedCall } from './vonage-door.ts'
import { createWorld } from './world.ts'

export type { InboxMessage, RecordedCall }

export interface SimulatorOptions {
  clock: SimulatedClock
  apiKey: string
  apiSecret: string
  /** Codes, ids and the stock of numbers come from it; without it they differ from start to start. */
  seed?: string
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

const maxBodyBytes = 16 * 1024
const notSimulated = [
  '/verify/xml',
  '/verify/check/xml',
  '/verify/search/xml',
  '/verify/control/xml',
  '/verify/psd2/json',
  '/verify/network-unblock',
]

/** A Vonage of one account, in memory: Verify v1, Numbers, the phones that receive, and a time that can be moved. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { clock, apiKey, apiSecret, onCall = () => {} } = options
  const feed = new InboxFeed({ clock, messages: () => world.inbox.all() })
  const begin = (seed = options.seed ?? randomSeed()) => createWorld(clock, seed, (message) => feed.tell(message))
  let world = begin()
  let listenHost = ''
  const reset = (seed?: string) => {
    world.end()
    world = begin(seed)
    feed.tellAll()
  }
  const messages = (to?: string) => {
    if (to === undefined) return world.inbox.all()
    return world.inbox.to(readPhoneNumber(to) ?? to)
  }
  const apis = [verifyApi(() => world, apiKey), numbersApi(() => world, apiKey)]
  const app = createServer()
  app.addHook('preClose', async () => feed.close())
  openVonageDoor(app, { apis, account: { apiKey, apiSecret }, faults: () => world.faults, onCall })
  for (const url of notSimulated) {
    app.all(url, (_, reply) => reply.code(501).send({ error: `${url} is not simulated` }))
  }
  app.register(async (own) => {
    own.addHook('onRequest', async (request, reply) => {
      if (isOwnHost(request.headers, listenHost)) return
      await reply.code(403).send({ error: 'the Host or Origin of this request is not this server' })
    })
    registerInboxPage(own, { messages, feed })
    const vonageRoutes = apis.flatMap((api) => api.routes)
    registerSimulatorApi(own, { clock, world: () => world, vonageRoutes, reset })
  })

  return {
    listen(address) {
      listenHost = address.host
      return app.listen(address)
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
  const app = Fastify({ bodyLimit: maxBodyBytes, exposeHeadRoutes: false, forceCloseConnections: true })
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
