import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { startGateway } from './support/gateway.ts'

/** Sends this and no more; what came until the connection was closed by the other side. */
async function silentAfter(address: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  const heard: string[] = []
  for await (const chunk of socket.setEncoding('utf8')) heard.push(chunk)
  return heard.join('')
}

const parts = {
  'the head': 'POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  'the body':
    'POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"number":',
  nothing: '',
}

for (const [part, bytes] of Object.entries(parts)) {
  test(`who sends ${part} and then no more holds no connection for long, on either port`, async () => {
    await using gateway = await startGateway({ overrides: { requestWithinMs: 1000 } })
    const { rest, mcp } = gateway.addresses
    const slow = Promise.all([silentAfter(rest, bytes), silentAfter(mcp, bytes.replace('/v1/verifications', '/mcp'))])
    assert.equal((await gateway.rest('GET', '/healthz')).status, 200)
    for (const heard of await slow) assert.match(heard, /^(HTTP\/1\.1 4\d\d |$)/)
    assert.equal((await gateway.rest('GET', '/healthz')).status, 200)
  })
}

test('a request that does not arrive whole is told why', async () => {
  await using gateway = await startGateway({ overrides: { requestWithinMs: 1000 } })
  for (const bytes of [parts['the head'], parts['the body']]) {
    const [head = '', body = ''] = (await silentAfter(gateway.addresses.rest, bytes)).split('\r\n\r\n')
    assert.match(head, /^HTTP\/1\.1 400 .*content-type: application\/problem\+json/s)
    assert.equal(JSON.parse(body).detail, 'The request did not arrive in time.')
  }
})

test('headers beyond 16 KiB are refused, and the next request is answered', async () => {
  await using gateway = await startGateway()
  const bytes = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'X-Flood: 0123456789\r\n'.repeat(1200)}\r\n`
  const [head = '', body = ''] = (await silentAfter(gateway.addresses.rest, bytes)).split('\r\n\r\n')
  assert.match(head, /^HTTP\/1\.1 400 /)
  assert.equal(JSON.parse(body).detail, 'The headers are larger than 16 KiB.')
  assert.equal((await gateway.rest('GET', '/healthz')).status, 200)
})

const lastRequest = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

test('so many connections are open at once on each port, and one more is closed; the next gets the place of one that ends', async () => {
  await using gateway = await startGateway({ overrides: { mostConnections: 8 } })
  for (const address of [gateway.addresses.rest, gateway.addresses.mcp]) {
    const { hostname, port } = new URL(address)
    const held: Socket[] = []
    while (held.length < 8) held.push(await answering(hostname, port))
    assert.equal(await silentAfter(address, lastRequest), '')
    for (const socket of held) assert.match(await asked(socket), /^HTTP\/1\.1 \d+ /, 'those that are there go on')
    const [first] = held
    first?.destroy()
    let heard = ''
    while (heard === '') heard = await silentAfter(address, lastRequest)
    for (const socket of held) socket.destroy()
  }
})

/** A connection that the gateway has taken. */
async function answering(hostname: string, port: string): Promise<Socket> {
  const socket = connect(Number(port), hostname)
  await asked(socket)
  return socket
}

async function asked(socket: Socket): Promise<string> {
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [chunk] = await once(socket, 'data')
  return String(chunk)
}
