import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

/** Stands before a server and can become a way on which nothing arrives any more, though it is open. */
export async function startFreezingProxy(target: URL) {
  const sockets = new Set<Socket>()
  let isFrozen = false
  const server = createServer((inbound) => {
    const outbound = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => !isFrozen && to.write(bytes))
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
  })
  const url = new URL(target)
  url.port = String(await freePort())
  server.listen(Number(url.port), url.hostname)
  await once(server, 'listening')
  return {
    url,
    freeze() {
      isFrozen = true
    },
    thaw() {
      isFrozen = false
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
