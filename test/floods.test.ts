import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { freePorts } from './support/gateway.ts'
import { countOf } from './support/rounds.ts'
import { dataFolder, type Served, serve } from './support/serving.ts'

/** A gateway in a process of its own, because each end of a connection takes a file. */
async function served(): Promise<{ rest: string; gateway: Served } & AsyncDisposable> {
  const folder = dataFolder()
  const gateway = await serve([], { TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'warn', ...freePorts })
  return {
    rest: gateway.addresses[0] ?? '',
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

async function connected(rest: string): Promise<Socket> {
  const { hostname, port } = new URL(rest)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Several at a time: the system queues so many that are not taken yet. */
async function crowd(rest: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const more = Array.from({ length: Math.min(200, count - sockets.length) }, () => connected(rest))
    sockets.push(...(await Promise.all(more)))
  }
  return sockets
}

let count = 0

async function assertServes(rest: string): Promise<void> {
  const number = `447700900${String(++count % 1000).padStart(3, '0')}`
  const response = await fetch(`${rest}/v1/verifications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ number, brand: 'Acme' }),
  })
  assert.equal(response.status, 200, await response.text())
}

test('connections on which nothing comes keep nobody from being answered', { timeout: 120_000 }, async () => {
  await using on = await served()
  const sockets = await crowd(on.rest, countOf(1000, 10_000))
  try {
    for (let asked = 0; asked < 20; asked += 1) await assertServes(on.rest)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  await assertServes(on.rest)
})

test('heads that come byte by byte keep nobody from being answered', { timeout: 120_000 }, async () => {
  await using on = await served()
  const sockets = await crowd(on.rest, countOf(200, 2000))
  try {
    for (const byte of 'GET /v1/numbers HTTP/1.1\r\nHost: localhost\r\nX: ') {
      for (const socket of sockets) socket.write(byte)
      await assertServes(on.rest)
    }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

test('bodies of 100 MiB are refused, and the next request is answered', { timeout: 120_000 }, async () => {
  await using on = await served()
  const size = 100 * 1024 * 1024
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const head = 'POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  /** The first line of the answer; who sends on is cut off, and the answer may be lost with that. */
  const send = async (framing: 'Content-Length' | 'Transfer-Encoding') => {
    const isChunked = framing === 'Transfer-Encoding'
    const socket = await connected(on.rest)
    const answered = new Promise<string | undefined>((resolve) => {
      socket.once('data', (data) => resolve(String(data).split('\r\n')[0]))
      socket.once('close', () => resolve(undefined))
    })
    function* body() {
      yield `${head}${framing}: ${isChunked ? 'chunked' : size}\r\n\r\n`
      for (let sent = 0; sent < size; sent += chunk.length) {
        if (isChunked) yield `${chunk.length.toString(16)}\r\n`
        yield chunk
        if (isChunked) yield '\r\n'
      }
    }
    Readable.from(body(), { objectMode: false }).pipe(socket)
    const status = await answered
    socket.destroy()
    return status
  }
  const framings = Array.from({ length: countOf(4, 40) }, (_, index) =>
    index % 2 ? ('Content-Length' as const) : ('Transfer-Encoding' as const),
  )
  const statuses = new Set(await Promise.all(framings.map(send)))
  statuses.delete(undefined)
  assert.deepEqual(statuses, new Set(['HTTP/1.1 413 Payload Too Large']))
  await assertServes(on.rest)
})

test('floods of headers are refused, and the next request is answered', { timeout: 120_000 }, async () => {
  await using on = await served()
  const flood = async () => {
    const socket = await connected(on.rest)
    const answered = once(socket, 'data').then(([data]) => String(data).split('\r\n')[0])
    socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X-Flood: yes\r\n'.repeat(100_000)}\r\n`)
    const status = await answered
    socket.destroy()
    return status
  }
  const statuses = await Promise.all(Array.from({ length: countOf(20, 500) }, flood))
  assert.deepEqual(new Set(statuses), new Set(['HTTP/1.1 400 Bad Request']))
  await assertServes(on.rest)
})
