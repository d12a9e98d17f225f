import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { readConfig } from '../src/config.ts'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { legacy, modern } from './support/mcp.ts'
import { gist } from './support/verifying.ts'

const issuer = 'https://auth.example'
const audience = 'https://verify.example/mcp'

/** An authorization server's keys, and tokens signed with them. */
async function startAuthorization() {
  const pair = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }]
  let isUp = true
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.statusCode = isUp ? 200 : 500
    response.end(JSON.stringify({ keys }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
  const sign = (claims: JWTPayload, { key = pair.privateKey, kid = 'one' } = {}) =>
    new SignJWT({ iss: issuer, aud: audience, client_id: 'agent', exp: inSeconds(300), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(key)
  return {
    env: {
      TOLLGATE_OAUTH_ISSUER: issuer,
      TOLLGATE_OAUTH_AUDIENCE: audience,
      TOLLGATE_OAUTH_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    },
    sign,
    inSeconds,
    asked: () => asked,
    fail: () => {
      isUp = false
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

const list = (gateway: TestGateway, token?: string) =>
  gateway.rest('GET', '/v1/verifications', undefined, token === undefined ? {} : bearer(token))

const metadataUrl = 'https://verify.example/.well-known/oauth-protected-resource/mcp'

test('a token of the issuer for this gateway opens what its scopes allow, for its client', async () => {
  await using authorization = await startAuthorization()
  await using gateway = await startGateway({ env: authorization.env })
  const token = await authorization.sign({ scope: 'openid verify verifications:read', sub: 'somebody' })
  const number = { number: '447700900123', brand: 'Acme' }
  assert.equal(gist(await gateway.rest('POST', '/v1/verifications', number, bearer(token))), '200 pending')
  const renewed = await authorization.sign({ scp: ['verifications:read'] })
  assert.equal((await list(gateway, renewed)).body.verifications.length, 1)
  const other = await authorization.sign({ client_id: 'other', scope: 'verifications:read' })
  assert.deepEqual((await list(gateway, other)).body, { verifications: [] })
  const byAzp = await authorization.sign({ client_id: undefined, azp: 'agent', scope: 'verifications:read' })
  assert.equal((await list(gateway, byAzp)).body.verifications.length, 1)
  assert.ok(gateway.log.some((line) => JSON.parse(line).caller === 'oauth:agent'))
  assert.ok(!gateway.log.join('').includes(token))
  for (const call of gateway.calls) assert.ok(!JSON.stringify(call).includes(token), 'no token is passed on')
  assert.equal(authorization.asked(), 1, 'the keys are remembered')
})

test('no other token opens anything', async () => {
  await using authorization = await startAuthorization()
  await using gateway = await startGateway({ env: authorization.env })
  const { sign, inSeconds } = authorization
  const scope = 'verify verifications:read'
  const stranger = (await generateKeyPair('ES256')).privateKey
  const wrong: Record<string, string> = {
    'of another issuer': await sign({ scope, iss: 'https://evil.example' }),
    'for somebody else': await sign({ scope, aud: 'https://other.example/mcp' }),
    'for nobody': await sign({ scope, aud: undefined }),
    expired: await sign({ scope, exp: inSeconds(-1) }),
    'without an end': await sign({ scope, exp: undefined }),
    'not good yet': await sign({ scope, nbf: inSeconds(60) }),
    'of no client': await sign({ scope, client_id: undefined }),
    'of a client with a line break': await sign({ scope, client_id: 'a\nb' }),
    'signed by a stranger': await sign({ scope }, { key: stranger }),
    'of an unknown key': await sign({ scope }, { kid: 'two' }),
    unsigned: new UnsecuredJWT({ iss: issuer, aud: audience, client_id: 'agent', exp: inSeconds(300), scope }).encode(),
    'signed with the public key as a secret': await new SignJWT({ iss: issuer, aud: audience, client_id: 'a', scope })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setExpirationTime(inSeconds(300))
      .sign(new TextEncoder().encode('public')),
    'no token': 'a.b.c',
    'half a token': (await sign({ scope })).split('.').slice(0, 2).join('.'),
  }
  for (const [kind, token] of Object.entries(wrong)) {
    const refused = await list(gateway, token)
    assert.equal(gist(refused), '401 unauthenticated', kind)
    assert.equal(
      refused.headers.get('www-authenticate'),
      `Bearer error="invalid_token", resource_metadata="${metadataUrl}"`,
      kind,
    )
  }
  assert.equal((await list(gateway)).headers.get('www-authenticate'), `Bearer resource_metadata="${metadataUrl}"`)
})

test('a token that lacks a scope is told which', async () => {
  await using authorization = await startAuthorization()
  await using gateway = await startGateway({ env: authorization.env })
  const token = await authorization.sign({ scope: 'verify' })
  const challenge = (scope: string) =>
    `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${metadataUrl}"`
  const refused = await list(gateway, token)
  assert.equal(gist(refused), '403 forbidden')
  assert.equal(refused.headers.get('www-authenticate'), challenge('verifications:read'))
  for (const era of [modern, legacy]) {
    const buy = { name: 'buy-number', arguments: { country: 'GB', msisdn: '447418012439' } }
    const { body, headers } = era('tools/call', buy)
    const answer = await request(gateway.addresses.mcp, 'POST', body, { ...headers, ...bearer(token) })
    assert.equal(gist(answer), '403 forbidden')
    assert.equal(answer.headers.get('www-authenticate'), challenge('numbers:buy'))
    const listing = era('tools/list')
    const tools = await request(gateway.addresses.mcp, 'POST', listing.body, { ...listing.headers, ...bearer(token) })
    assert.equal(tools.status, 200)
    const bare = await request(gateway.addresses.mcp, 'POST', listing.body, listing.headers)
    assert.deepEqual(
      [bare.status, bare.headers.get('www-authenticate')],
      [401, `Bearer resource_metadata="${metadataUrl}"`],
    )
  }
  assert.equal(gateway.calls.length, 0)
})

test('where tokens are taken it says of what and from whom, else there is nothing to discover', async () => {
  await using authorization = await startAuthorization()
  await using gateway = await startGateway({ env: authorization.env })
  await using keysOnly = await startGateway()
  await makeKey(keysOnly)
  const paths = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']
  const { origin } = new URL(gateway.addresses.mcp)
  const without = new URL(keysOnly.addresses.mcp).origin
  for (const path of paths) {
    const { status, body } = await request(`${origin}${path}`)
    assert.equal(status, 200)
    assert.deepEqual(
      [body.resource, body.authorization_servers, body.bearer_methods_supported],
      [audience, [issuer], ['header']],
    )
    assert.ok(body.scopes_supported.includes('numbers:buy'))
    assert.equal((await request(`${without}${path}`)).status, 404)
  }
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    assert.equal((await request(`${without}${path}`)).status, 404)
  }
})

test('keys go on beside tokens, and without any key the door is closed', async () => {
  await using authorization = await startAuthorization()
  await using gateway = await startGateway({ env: authorization.env })
  assert.equal((await list(gateway)).status, 401)
  const key = await makeKey(gateway, { scopes: ['verifications:read'] })
  assert.equal((await list(gateway, key)).status, 200)
  await using open = await startGateway({
    env: { ...authorization.env, TOLLGATE_HOST: '0.0.0.0', TOLLGATE_MODE: 'sandbox' },
  })
  assert.equal((await list(open)).status, 401)
})

test('the audience is compared as it is written', async () => {
  await using authorization = await startAuthorization()
  const plain = 'https://verify.example'
  await using gateway = await startGateway({ env: { ...authorization.env, TOLLGATE_OAUTH_AUDIENCE: plain } })
  const token = await authorization.sign({ aud: plain, scope: 'verifications:read' })
  assert.equal((await list(gateway, token)).status, 200)
  const { origin } = new URL(gateway.addresses.mcp)
  assert.equal((await request(`${origin}/.well-known/oauth-protected-resource`)).body.resource, plain)
})

test('while the keys of the issuer can’t be had, nobody is told that their token is wrong', async () => {
  await using authorization = await startAuthorization()
  await using gateway = await startGateway({ env: authorization.env })
  authorization.fail()
  const refused = await list(gateway, await authorization.sign({ scope: 'verifications:read' }))
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['503 overloaded', '5'])
})

test('all of OAuth is set or none, and the keys come by https or from here', () => {
  const all = {
    TOLLGATE_OAUTH_ISSUER: issuer,
    TOLLGATE_OAUTH_AUDIENCE: audience,
    TOLLGATE_OAUTH_JWKS_URL: 'https://auth.example/jwks',
  }
  assert.equal(readConfig(all).oauth?.issuer, issuer)
  assert.equal(readConfig({}).oauth, undefined)
  for (const name of Object.keys(all)) {
    assert.throws(() => readConfig({ ...all, [name]: '' }), new RegExp(`${name} is not set but others of OAuth are`))
  }
  assert.throws(() => readConfig({ ...all, TOLLGATE_OAUTH_JWKS_URL: 'http://auth.example/jwks' }), /use https/)
})
