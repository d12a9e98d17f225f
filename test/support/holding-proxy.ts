import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

interface Held {
  /** Resolves when the answer is there and waits. */
  arrived: Promise<void>
  release: () => void
}

/** Stands before a simulated Vonage and can keep the next answer of a path back, so that something else happens meanwhile. */
export async function startHoldingProxy(target: string) {
  const holds = new Map<string, { arrive: () => void; released: Promise<void> }>()
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    const forwarded = ask(`${target}${incoming.url}`, { method: incoming.method, headers: incoming.headers })
    forwarded.on('response', async (response) => {
      const answer = await buffer(response)
      const path = incoming.url?.split('?')[0] ?? ''
      const hold = holds.get(path)
      holds.delete(path)
      hold?.arrive()
      await hold?.released
      outgoing.writeHead(response.statusCode ?? 502, response.headers).end(answer)
    })
    forwarded.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hold(path: string): Held {
      const arrived = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      holds.set(path, { arrive: arrived.resolve, released: released.promise })
      return { arrived: arrived.promise, release: released.resolve }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
