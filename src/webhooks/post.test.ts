import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createPost } from './post.ts'

async function listening(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function posting(options: Partial<Parameters<typeof createPost>[0]> = {}) {
  const post = createPost({ privateTargets: true, timeoutMs: 5000, ...options })
  return { post: (url: string) => post(url, {}, '{}'), [Symbol.asyncDispose]: () => post.close() }
}

test('an answer that does not come in time is none', async () => {
  await using silent = await listening(createServer(() => {}))
  await using on = posting({ timeoutMs: 50 })
  const posted = await on.post(`http://127.0.0.1:${silent.port}/`)
  assert.deepEqual(posted, { error: 'no answer within 0.05 s', isRefused: false })
})

test('a status counts although the rest of the answer never ends', async () => {
  let written = 0
  const endless = createServer((_request, response) => {
    response.writeHead(200)
    const write = () => {
      written += 1
      if (response.write('x'.repeat(1024))) setImmediate(write)
    }
    response.on('drain', write).on('error', () => {})
    write()
  })
  await using server = await listening(endless)
  await using on = posting()
  assert.deepEqual(await on.post(`http://127.0.0.1:${server.port}/`), { status: 200 })
  assert.ok(written < 10_000)

  await using dripping = await listening(
    createServer((_request, response) => void response.writeHead(200).write('never ')),
  )
  await using hasty = posting({ timeoutMs: 50 })
  assert.deepEqual(await hasty.post(`http://127.0.0.1:${dripping.port}/`), { status: 200 })
})

test('an address where nobody listens is told by the system’s error', async () => {
  const { port } = await listening(createServer()).then(async (server) => {
    await server[Symbol.asyncDispose]()
    return server
  })
  await using on = posting()
  assert.deepEqual(await on.post(`http://127.0.0.1:${port}/`), { error: 'ECONNREFUSED', isRefused: false })
})

test('where private targets are refused no connection is made, whatever the address looks like', async () => {
  let connections = 0
  await using server = await listening(createServer().on('connection', () => (connections += 1)))
  await using on = posting({ privateTargets: false })
  for (const host of ['127.0.0.1', '127.1', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost', 'LOCALHOST.']) {
    for (const scheme of ['http', 'https']) {
      const posted = await on.post(`${scheme}://${host}:${server.port}/`)
      assert.ok('isRefused' in posted)
      assert.ok(posted.isRefused || posted.error === 'ENOTFOUND', `${host} ${JSON.stringify(posted)}`)
    }
  }
  assert.equal(connections, 0)
})

test('a name of which one address is private is refused, and it is looked up for each connection', async () => {
  const asked: string[] = []
  const answers = [['93.184.215.14', '10.0.0.1'], ['fe80::1%eth0'], ['64:ff9b::7f00:1']]
  await using on = posting({
    privateTargets: false,
    resolve: (hostname, _options, callback) => {
      asked.push(hostname)
      const addresses = answers.shift() ?? []
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
    },
  })
  for (const address of ['10.0.0.1', 'fe80::1%eth0', '64:ff9b::7f00:1']) {
    const error = `refused: hooks.example is ${address}, not of the public internet (TOLLGATE_WEBHOOK_PRIVATE_TARGETS)`
    assert.deepEqual(await on.post('https://hooks.example/'), { error, isRefused: true })
  }
  assert.deepEqual(asked, ['hooks.example', 'hooks.example', 'hooks.example'])
})
