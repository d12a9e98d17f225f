import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { legacy, modern } from './support/mcp.ts'
import { gist } from './support/verifying.ts'
import { statusWithHost } from './support/with-host.ts'

const app = 'https://app.example'
const preflight = { origin: app, 'access-control-request-method': 'POST' }

/** Fields of an answer that let foreign pages read it. */
const corsOf = ({ headers }: { headers: Headers }) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'))

test('no page of another origin may ask, unless it is allowed', async () => {
  await using gateway = await startGateway()
  for (const origin of [app, 'null', 'https://127.0.0.1.evil.example']) {
    const answer = await gateway.rest('GET', '/v1/verifications', undefined, { origin })
    assert.equal(gist(answer), '403 forbidden')
    assert.deepEqual(corsOf(answer), [])
  }
  assert.equal((await gateway.rest('OPTIONS', '/v1/verifications', undefined, preflight)).status, 403)
  const own = await gateway.rest('GET', '/v1/verifications', undefined, { origin: gateway.addresses.rest })
  assert.deepEqual([own.status, corsOf(own)], [200, []])
})

test('a page of an allowed origin may ask and read, on both surfaces, and still needs a key', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_CORS_ORIGINS: `https://other.example, ${app}` } })
  const key = await makeKey(gateway, { scopes: ['verifications:read'] })
  const asked = await gateway.rest('OPTIONS', '/v1/verifications', undefined, preflight)
  assert.equal(asked.status, 204)
  assert.equal(asked.headers.get('access-control-allow-origin'), app)
  assert.match(asked.headers.get('access-control-allow-headers') ?? '', /authorization, .*idempotency-key/)
  assert.equal((await gateway.rest('GET', '/v1/verifications', undefined, { origin: app })).status, 401)
  const answer = await gateway.rest('GET', '/v1/verifications', undefined, { origin: app, ...bearer(key) })
  assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [200, app])
  assert.deepEqual(
    [answer.headers.get('vary'), answer.headers.get('access-control-allow-credentials')],
    ['origin', null],
  )
  for (const era of [modern, legacy]) {
    const { body, headers } = era('tools/list')
    const tools = await request(gateway.addresses.mcp, 'POST', body, { ...headers, origin: app, ...bearer(key) })
    assert.deepEqual([tools.status, tools.headers.get('access-control-allow-origin')], [200, app])
  }
  assert.equal((await request(gateway.addresses.mcp, 'OPTIONS', undefined, preflight)).status, 204)
  const foreign = { ...preflight, origin: 'https://app.example:8443' }
  assert.equal((await gateway.rest('OPTIONS', '/v1/verifications', undefined, foreign)).status, 403)
  assert.equal((await gateway.rest('OPTIONS', '/v1/verifications', undefined, { origin: app })).status, 405)
})

test('the gateway is reached under the names that are allowed', async () => {
  const env = { TOLLGATE_ALLOWED_HOSTS: 'tollgate.internal,10.0.0.7', TOLLGATE_PUBLIC_URL: 'https://verify.example' }
  await using gateway = await startGateway({ env })
  const ask = async (on: TestGateway, host: string) => [
    await statusWithHost(`${on.addresses.rest}/healthz`, host),
    await statusWithHost(on.addresses.mcp, host),
  ]
  for (const host of ['tollgate.internal', 'tollgate.internal:8082', '10.0.0.7', 'verify.example', 'localhost']) {
    assert.deepEqual(await ask(gateway, host), [200, 405], host)
  }
  for (const host of ['evil.example', 'x.tollgate.internal', '10.0.0.70']) {
    assert.deepEqual(await ask(gateway, host), [403, 403], host)
  }
  const page = await gateway.rest('GET', '/healthz', undefined, { origin: 'https://tollgate.internal' })
  assert.deepEqual([page.status, corsOf(page)], [200, []])
})

test('no answer is sniffed or cached but what is the same for everybody, and none is a page but pages', async () => {
  await using gateway = await startGateway()
  const paths = [
    '/v1/verifications',
    '/v1/numbers',
    '/healthz',
    '/nothing',
    '/openapi.json',
    '/docs',
    '/problems/internal',
  ]
  for (const path of paths) {
    const { headers } = await gateway.rest('GET', path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(headers.get('cache-control'), 'no-store', path)
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*frame-ancestors 'none'$/, path)
  }
  const { headers } = await request(
    gateway.addresses.mcp,
    'POST',
    modern('tools/list').body,
    modern('tools/list').headers,
  )
  assert.equal(headers.get('cache-control'), 'no-store')
  const shared = ['/docs/style.css', '/.well-known/jwks.json']
  for (const path of shared) {
    assert.match((await gateway.rest('GET', path)).headers.get('cache-control') ?? '', /max-age/)
  }
})

test('origins and hosts are written as they are, or refused', () => {
  for (const wrong of ['app.example', 'https://app.example/page', '*', 'https://app.example,', 'ftp://a.example']) {
    assert.throws(() => readConfig({ TOLLGATE_CORS_ORIGINS: wrong }), /TOLLGATE_CORS_ORIGINS /, wrong)
  }
  for (const wrong of ['https://a.example', 'a.example:80', 'a.example/', '*', ' ', 'a b']) {
    assert.throws(() => readConfig({ TOLLGATE_ALLOWED_HOSTS: wrong }), /TOLLGATE_ALLOWED_HOSTS names/, wrong)
  }
})
