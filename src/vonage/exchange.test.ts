import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { Pool } from 'undici'
import { exchange } from './exchange.ts'

/** A server, and a pool of one connection to it. */
async function serve(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  const pool = new Pool(`http://127.0.0.1:${address.port}`, { connections: 1 })
  const get = (path: string, timeoutMs: number) => exchange(pool, { method: 'GET', path }, timeoutMs)
  const end = async () => {
    await pool.destroy()
    server.closeAllConnections()
    server.close()
  }
  return { get, pool, [Symbol.asyncDispose]: end }
}

test('an answer is read whole, also where a letter is split', async () => {
  await using server = await serve((_request, response) => {
    const [first, second] = [Buffer.from('caf\u{c3}', 'latin1'), Buffer.from([0xa9])]
    response.writeHead(201).write(first, () => setImmediate(() => response.end(second)))
  })
  assert.deepEqual(await server.get('/', 10_000), { status: 201, text: 'café' })
})

test('an answer that takes too long is a TimeoutError, though it has begun', async () => {
  await using server = await serve((_request, response) => void response.writeHead(200).write('{'))
  await assert.rejects(server.get('/', 50), { name: 'TimeoutError' })
})

test('what waited for a connection until it was too late is never sent', async () => {
  const paths: (string | undefined)[] = []
  const gate = Promise.withResolvers<void>()
  await using server = await serve(async ({ url }, response) => {
    paths.push(url)
    await gate.promise
    response.end()
  })
  const first = server.get('/first', 10_000)
  await assert.rejects(server.get('/late', 50), { name: 'TimeoutError' })
  gate.resolve()
  await first
  await server.get('/last', 10_000)
  assert.deepEqual(paths, ['/first', '/last'])
})

test('a pool that is closed rejects', async () => {
  await using server = await serve((_request, response) => void response.end())
  await server.pool.destroy()
  await assert.rejects(server.get('/', 10_000), { code: 'UND_ERR_DESTROYED' })
})
