import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { account, basic } from '../simulator-under-test.ts'
import { applicationId, jwt, keys, startVerify2 } from './verify2-under-test.ts'

const [head = '', body = ''] = jwt().split('.')
const nowSeconds = Math.floor(Date.now() / 1000)

const refused: Record<string, string> = {
  nothing: '',
  'a JWT of two parts': `Bearer ${head}.${body}`,
  'a JWT whose claims are no JSON': `Bearer ${head}.${head.slice(1)}.c2ln`,
  'a JWT that HS256 signs': `Bearer ${jwt({}, { alg: 'HS256', typ: 'JWT' })}`,
  'a JWT that nothing signs': `Bearer ${jwt({}, { alg: 'none' })}`,
  'a JWT without an application': `Bearer ${jwt({ application_id: undefined })}`,
  'a JWT whose application has no UUID': `Bearer ${jwt({ application_id: 'mine' })}`,
  'a JWT without the time it was made': `Bearer ${jwt({ iat: undefined })}`,
  'a JWT without an id': `Bearer ${jwt({ jti: undefined })}`,
  'a wrong secret': `Basic ${btoa(`${account.apiKey}:wrong`)}`,
  'another key': `Basic ${btoa(`abcd1234:${account.apiSecret}`)}`,
}

for (const [name, authorization] of Object.entries(refused)) {
  test(`${name} is no way in`, async () => {
    await using vonage = await startVerify2()
    const answer = await vonage.create({}, authorization)
    assert.deepEqual([answer.status, answer.contentType], [401, 'application/problem+json'])
    assert.deepEqual(
      { ...answer.body, instance: '' },
      {
        type: 'https://developer.vonage.com/api-errors#unauthorized',
        title: 'Unauthorized',
        detail: 'You did not provide correct credentials',
        instance: '',
      },
    )
    assert.equal(vonage.simulator.messages().length, 0)
  })
}

test('a key and a secret among the parameters are no way in', async () => {
  await using vonage = await startVerify2()
  const inQuery = `api_key=${account.apiKey}&api_secret=${account.apiSecret}`
  assert.equal((await vonage.call('POST', `/v2/verify?${inQuery}`, {}, '')).status, 401)
})

for (const claims of [{ exp: nowSeconds - 1 }, { iat: nowSeconds - 15 * 60 - 1, exp: undefined }]) {
  test(`a JWT with ${JSON.stringify(Object.keys(claims))} that has expired says so`, async () => {
    await using vonage = await startVerify2()
    const answer = await vonage.create({}, `Bearer ${jwt(claims)}`)
    assert.equal(answer.status, 401)
    assert.equal(answer.body.type, 'https://developer.vonage.com/en/api-errors#jwt-expired')
    assert.equal(answer.body.detail, 'The JWT provided has expired.')
  })
}

test('the simulated time does not age a JWT', async () => {
  await using vonage = await startVerify2()
  await vonage.clock.advance(365 * 24 * 3600)
  assert.equal((await vonage.create()).status, 202)
})

test('a signature is checked where the public key of the application is known, and nowhere else', async () => {
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  await using right = await startVerify2({ applications: [{ id: applicationId, publicKey: keys.publicKey }] })
  await using wrong = await startVerify2({ applications: [{ id: applicationId.toUpperCase(), publicKey }] })
  assert.equal((await right.create()).status, 202)
  assert.equal((await wrong.create()).status, 401)
  assert.equal((await wrong.create({}, `Bearer ${jwt({ application_id: crypto.randomUUID() })}`)).status, 202)
  assert.equal((await wrong.call('GET', '/v2/verify/templates', undefined, basic)).status, 200)
})

test('a public key that is none stops the start', async () => {
  await assert.rejects(
    startVerify2({ applications: [{ id: applicationId, publicKey: 'x' }] }),
    /public key .* is no PEM/,
  )
})
