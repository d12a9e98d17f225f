import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import type { SimulatedClock } from '../../src/clock.ts'
import { startGateway, type TestOptions } from './gateway.ts'

export const someSecret = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`

export interface Heard {
  id: string
  type: string
  timestamp: string
  // biome-ignore lint/suspicious/noExplicitAny: what is told is what a test asserts
  data: any
  headers: Record<string, string>
  body: string
}

type Reply = { status: number; location?: string } | 'never'

/** An application's server for webhooks: what it heard, oldest first. It demands Standard Webhooks, and answers as told. */
export async function startReceiver(secret = someSecret) {
  const heard: Heard[] = []
  let reply: (heard: Heard) => Reply = () => ({ status: 204 })
  const faults: unknown[] = []
  const webhook = new Webhook(secret)
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'content-type'].map((name) => [
        name,
        String(request.headers[name]),
      ]),
    )
    try {
      webhook.verify(body, headers)
    } catch (error) {
      faults.push(error)
    }
    const one = { id: String(headers['webhook-id']), headers, body, ...JSON.parse(body) }
    heard.push(one)
    const answer = reply(one)
    if (answer === 'never') return
    const { status, ...more } = answer
    response.writeHead(status, more).end('heard')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/hooks`
  return {
    url,
    /** What makes a gateway tell it. */
    env: {
      TOLLGATE_WEBHOOK_URLS: url,
      TOLLGATE_WEBHOOK_SECRET: secret,
      TOLLGATE_WEBHOOK_PRIVATE_TARGETS: 'allow',
    },
    heard,
    /** Signatures that were wrong. */
    faults,
    answer(how: (heard: Heard) => Reply) {
      reply = how
    },
    /** What it heard of a verification or an order, such as `1 requested`. */
    of: (subject: string) =>
      heard
        .filter(({ data }) => [data.request_id, data.order_id].includes(subject))
        .map(({ type, data }) => `${data.sequence} ${type.split('.')[1]}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A gateway that tells a receiver. Its clock stands, so what is due is sent when the clock is moved. */
export async function startTelling({ env = {}, overrides = {}, ...more }: TestOptions = {}) {
  const receiver = await startReceiver()
  const gateway = await startGateway({
    env: { ...receiver.env, ...env },
    overrides: { random: () => 0.5, ...overrides },
    ...more,
  })
  return {
    ...gateway,
    receiver,
    /** Sends what is due. */
    tell: () => deliver(gateway.clock),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

export const deliver = (clock: SimulatedClock) => clock.advance(0)
