import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { operations } from '../src/operations.ts'
import { type Answer, startGateway, type TestGateway } from './support/gateway.ts'
import { gist } from './support/verifying.ts'

const verification = { number: '447700900123', brand: 'Acme' }
const json = { 'content-type': 'application/json' }
const id = '0'.repeat(32)

const concrete = (path: string) =>
  path.replace('{request_id}', id).replace('{country}', 'GB').replace('{msisdn}', '447700900123')

/** Every path there is, with its methods. */
const paths = new Map<string, Set<string>>()
for (const { rest } of operations) paths.set(rest.path, (paths.get(rest.path) ?? new Set()).add(rest.method))
const pages = ['/docs', '/docs/style.css', '/problems/internal']
for (const path of ['/', '/healthz', '/readyz', '/openapi.json', '/.well-known/jwks.json', ...pages]) {
  paths.set(path, new Set(['GET']))
}

/** fetch sets Host by itself and refuses some methods, so this goes without it. */
function raw(url: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, headers, agent: false }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end()
  })
}

/** The bytes that come back for these bytes. */
async function overSocket(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}

const named = ({ body }: Answer) => body.invalid_parameters.map(({ name }: { name: string }) => name)

describe('the edges of REST', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startGateway()
  })
  after(() => gateway[Symbol.asyncDispose]())

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    gateway.rest('POST', '/v1/verifications', body, { ...json, ...headers })

  test('a path that nobody serves is 404, also with another letter or a slash at its end', async () => {
    for (const path of ['/v1', '/v1/verification', '/v1/numbers/', '/V1/numbers', '/v1//numbers', '/v1/numbers/GB']) {
      assert.equal(gist(await gateway.rest('GET', path)), '404 not_found', path)
    }
  })

  test('every path refuses the methods that it does not have and says which it has', async () => {
    for (const [path, methods] of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (methods.has(method)) continue
        const answer = await gateway.rest(method, concrete(path))
        assert.equal(gist(answer), '405 method_not_allowed', `${method} ${path}`)
        const allow = (answer.headers.get('allow') ?? '').split(', ')
        const allowed = methods.has('GET') ? [...methods, 'HEAD'] : [...methods]
        assert.deepEqual(new Set(allow), new Set(allowed), path)
      }
    }
    assert.equal(gateway.calls.length, 0)
  })

  test('HEAD answers as GET does, and is refused where GET is', async () => {
    for (const [path, methods] of paths) {
      const { status } = await gateway.rest('GET', concrete(path))
      const head = await raw(`${gateway.addresses.rest}${concrete(path)}`, 'HEAD', {})
      const follows = path === '/' ? 302 : status
      assert.equal(head, methods.has('GET') ? follows : 405, path)
    }
    assert.equal(await raw(`${gateway.addresses.rest}/v1/nothing`, 'HEAD', {}), 404)
  })

  test('a body is read up to 16 KiB', async () => {
    const around = (length: number) => `{"${'x'.repeat(length - 6)}":1}`
    const largest = await post(around(16 * 1024 + 1 - 1))
    assert.equal(gist(largest), '422 invalid_request')
    assert.equal(gist(await post(around(16 * 1024 + 1))), '413 payload_too_large')
  })

  test('a body that is no JSON object is refused before anything else', async () => {
    for (const body of ['{', 'nonsense', '{"a":1}}', '[]', '[{}]', '"text"', '1', 'true', 'null']) {
      assert.equal(gist(await post(body)), '400 malformed_request', body)
    }
    for (const body of ['', '{}']) {
      const answer = await post(body)
      assert.equal(gist(answer), '422 invalid_request', body)
      assert.deepEqual(named(answer), ['number', 'brand'])
    }
  })

  test('a body of another type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data']) {
      assert.equal(
        gist(await post(JSON.stringify(verification), { 'content-type': type })),
        '415 unsupported_media_type',
      )
    }
  })

  test('a member that is unknown, in the wrong place or given twice is named', async () => {
    const asked = gateway.calls.length
    const cancel = `/v1/verifications/${id}/cancel`
    const refused: [method: string, path: string, body: unknown, name: string][] = [
      ['POST', '/v1/verifications', { ...verification, pin_code: '1234' }, 'pin_code'],
      ['POST', '/v1/verifications?lg=en-gb', verification, 'lg'],
      ['POST', cancel, { request_id: id }, 'request_id'],
      ['POST', cancel, { force: true }, 'force'],
      ['POST', cancel, '{"__proto__":{"a":1}}', '__proto__'],
      ['PATCH', '/v1/numbers/GB/447700900123', { msisdn: '447700900124' }, 'msisdn'],
      ['PATCH', '/v1/numbers/GB/447700900123', { mo_http_url: 'https://example.com' }, 'mo_http_url'],
      ['DELETE', '/v1/numbers/GB/447700900123?country=US', undefined, 'country'],
      ['DELETE', '/v1/numbers/GB/447700900123', { force: true }, 'force'],
      ['GET', '/v1/numbers?sise=5', undefined, 'sise'],
      ['GET', '/v1/numbers?index=100001', undefined, 'index'],
      ['GET', '/v1/numbers?country=GB&country=US', undefined, 'country'],
      ['GET', `/v1/verifications/${id}?request_id=${id}`, undefined, 'request_id'],
    ]
    for (const [method, path, body, name] of refused) {
      const answer = await gateway.rest(method, path, body)
      assert.equal(gist(answer), '422 invalid_request', path)
      assert.deepEqual(named(answer), [name], path)
      assert.ok(answer.body.detail.startsWith(`${name}: `))
    }
    assert.equal(gateway.calls.length, asked)
  })

  test('numbers in a query are whole numbers in digits', async () => {
    assert.equal((await gateway.rest('GET', '/v1/verifications?limit=5')).status, 200)
    for (const limit of ['0', '-1', '101', '5.0', '5e0', '0x5', '', ' 5', '5%00', '٥', '9'.repeat(30), 'true']) {
      const answer = await gateway.rest('GET', `/v1/verifications?limit=${limit}`)
      assert.equal(gist(answer), '422 invalid_request', limit)
      assert.deepEqual(named(answer), ['limit'])
    }
  })

  test('an id of another form than ours is refused, however long or odd', async () => {
    const odd = [
      'short',
      id.toUpperCase().replaceAll('0', 'A'),
      `${id}0`,
      '%00',
      '%F0%9F%98%80',
      '..%2f..',
      'a'.repeat(90),
    ]
    for (const text of odd) {
      assert.equal(gist(await gateway.rest('GET', `/v1/verifications/${text}`)), '422 invalid_request', text)
    }
    for (const text of ['a'.repeat(5000), '%']) {
      const { status, body } = await gateway.rest('GET', `/v1/verifications/${text}`)
      assert.ok([400, 404, 422].includes(status), `${status}`)
      assert.equal(body.type, `/problems/${body.code}`)
    }
  })

  test('a request whose Host or Origin is foreign is refused, so that no web page can spend', async () => {
    const url = `${gateway.addresses.rest}/healthz`
    const { host, port } = new URL(url)
    for (const own of [host, `localhost:${port}`, 'LOCALHOST', '[::1]:1']) {
      assert.equal(await raw(url, 'GET', { host: own }), 200, own)
    }
    const foreign = [
      'evil.example',
      `127.0.0.1.evil.example:${port}`,
      'localhost.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      ' ',
      'a@b',
    ]
    for (const other of foreign) assert.equal(await raw(url, 'GET', { host: other }), 403, other)
    assert.equal(await raw(url, 'POST', { host: 'evil.example' }), 403, 'before the method is judged')
    assert.equal(await raw(`${gateway.addresses.rest}/none`, 'GET', { host: 'evil.example' }), 403)
    for (const origin of [`http://${host}`, 'http://localhost:3000', 'http://[::1]']) {
      assert.equal(await raw(url, 'GET', { origin }), 200, origin)
    }
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', '']) {
      assert.equal(await raw(url, 'GET', { origin }), 403, origin)
    }
  })

  test('a public address makes its host an own one', async () => {
    await using published = await startGateway({ env: { TOLLGATE_PUBLIC_URL: 'https://verify.example.com/' } })
    const url = `${published.addresses.rest}/healthz`
    assert.equal(await raw(url, 'GET', { host: 'verify.example.com', origin: 'https://verify.example.com' }), 200)
    assert.equal(await raw(url, 'GET', { host: 'example.com' }), 403)
  })

  test('another loopback address that is listened on is an own one', async () => {
    await using other = await startGateway({ env: { TOLLGATE_HOST: '127.8.9.1' } })
    for (const url of [`${other.addresses.rest}/healthz`, `${other.addresses.simulator}/inbox`]) {
      assert.ok(url.startsWith('http://127.8.9.1:'), url)
      assert.equal(await raw(url, 'GET', {}), 200)
    }
    assert.equal(await raw(`${gateway.addresses.rest}/healthz`, 'GET', { host: '127.8.9.1' }), 403)
  })

  test('HTTP that cannot be read gets a problem, and the next request an answer', async () => {
    for (const bytes of ['NONSENSE\r\n\r\n', 'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n']) {
      const [head = '', body = ''] = (await overSocket(gateway.addresses.rest, bytes)).split('\r\n\r\n')
      assert.match(head, /^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json/s)
      assert.equal(JSON.parse(body).code, 'malformed_request')
    }
    assert.equal((await gateway.rest('GET', '/healthz')).status, 200)
  })

  test('a request keeps an X-Request-Id that is sane and gets its own otherwise, in the answer and in the log', async () => {
    const idOf = async (given?: string) => {
      const { headers } = await gateway.rest(
        'GET',
        '/healthz',
        undefined,
        given === undefined ? {} : { 'x-request-id': given },
      )
      return headers.get('x-request-id') ?? ''
    }
    for (const sane of ['a', 'checkout-7:4.2_x', 'x'.repeat(64)]) assert.equal(await idOf(sane), sane)
    const made = await Promise.all(['', 'a b', 'x'.repeat(65), '<b>', 'ä', undefined].map(idOf))
    for (const other of made) assert.match(other, /^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    assert.equal(new Set(made).size, made.length)
    const logged = gateway.log.map((line) => JSON.parse(line).requestId)
    assert.ok(logged.includes('checkout-7:4.2_x') && made.every((other) => logged.includes(other)))
  })
})

/** Values that a careless or ill-meaning caller sends, beside plain nonsense. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...['447700900123', '+44 7700 900123', 'Acme', id, '123456', 'GB', 'SMS']) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(4, 6, 60, 300, 1, 7, -1, 1e21, null, true, '', '__proto__', '\u0000', '\ud800'),
  },
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }),
)

function call(operation: (typeof operations)[number]) {
  const members = [...Object.keys(operation.input.shape), '__proto__', 'constructor', 'extra']
  const body = fc.dictionary(fc.constantFrom(...members), value, { maxKeys: 6 })
  const segment = fc.oneof(
    fc.constantFrom(id, 'GB', 'check', 'available', '447700900123'),
    fc.string({ maxLength: 50 }),
  )
  return fc.record({
    method: fc.constant(operation.rest.method),
    segments: fc.array(segment, { minLength: 2, maxLength: 2 }),
    members: fc.oneof({ weight: 4, arbitrary: body }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) }),
    path: fc.constant(operation.rest.path),
  })
}

test('whatever a caller sends to an operation, the answer is a success or a problem, and never a fault of ours', async () => {
  await using gateway = await startGateway()
  const runs = process.env.TOLLGATE_TEST_FULL ? 5000 : 400
  const property = fc.asyncProperty(fc.oneof(...operations.map(call)), async ({ method, segments, path, members }) => {
    let next = 0
    const url = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent((segments[next++] ?? '').toWellFormed()))
    const isRead = method === 'GET' || method === 'DELETE'
    const pairs = Object.entries(members ?? {}).map(([name, text]) => [
      name,
      typeof text === 'string' ? text : String(JSON.stringify(text)),
    ])
    const answer = isRead
      ? await gateway.rest(method, `${url}?${new URLSearchParams(pairs)}`)
      : await gateway.rest(method, url, JSON.stringify(members))
    if (answer.status === 200) return
    assert.ok(answer.status < 500, JSON.stringify(answer.body))
    assert.equal(answer.body.status, answer.status)
    assert.equal(answer.body.type, `/problems/${answer.body.code}`)
  })
  await fc.assert(property, { numRuns: runs })
})
