import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

interface Held {
  /** Resolves when what is held is there and waits. */
  arrived: Promise<void>
  release: () => void
}

interface Hold {
  arrive: () => void
  released: Promise<void>
}

/** Stands before a simulated Vonage and can keep the next call of a path, or its answer, back, so that something else happens meanwhile. */
export async function startHoldingProxy(target: string) {
  const holds = { call: new Map<string, Hold>(), answer: new Map<string, Hold>() }
  async function pass(what: keyof typeof holds, url = ''): Promise<void> {
    const [path = ''] = url.split('?')
    const hold = holds[what].get(path)
    holds[what].delete(path)
    hold?.arrive()
    await hold?.released
  }
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    await pass('call', incoming.url)
    const forwarded = ask(`${target}${incoming.url}`, { method: incoming.method, headers: incoming.headers })
    forwarded.on('response', async (response) => {
      const answer = await buffer(response)
      await pass('answer', incoming.url)
      outgoing.writeHead(response.statusCode ?? 502, response.headers).end(answer)
    })
    forwarded.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hold(path: string, what: keyof typeof holds = 'answer'): Held {
      const arrived = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      holds[what].set(path, { arrive: arrived.resolve, released: released.promise })
      return { arrived: arrived.promise, release: released.resolve }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
