import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallerBounds } from '../src/access/caller.ts'
import { scopes } from '../src/access/scopes.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { gist } from './support/verifying.ts'

/** What a caller whose key has these bounds is answered. */
async function bounded(gateway: TestGateway, bounds: CallerBounds, name = 'checkout') {
  const key = await makeKey(gateway, { name, scopes, bounds })
  const call = (method: string, path: string, body?: unknown) => gateway.rest(method, path, body, bearer(key))
  return {
    call,
    request: (more: Record<string, unknown> = {}) =>
      call('POST', '/v1/verifications', { number: '447700900123', brand: 'Acme', ...more }),
  }
}

test('a key sends codes for its brands only', async () => {
  await using gateway = await startGateway()
  const { request } = await bounded(gateway, { brands: ['Acme', 'Acme Pay'] })
  const refused = await request({ brand: 'ACME' })
  assert.equal(gist(refused), '403 forbidden')
  assert.match(refused.body.detail, /for Acme, Acme Pay only/)
  assert.equal(gateway.calls.length, 0)
  assert.equal(gist(await request()), '200 pending')
})

test('a key sends codes to its countries only, and has to do with numbers of these only', async () => {
  await using gateway = await startGateway()
  const { request, call } = await bounded(gateway, { countries: ['GB'] })
  const abroad = '/v1/numbers/US/12015550100'
  const refused = [
    await request({ number: '+1 212 555 0100' }),
    await call('GET', '/v1/numbers/available?country=US'),
    await call('POST', '/v1/numbers', { country: 'US', msisdn: '12015550100' }),
    await call('PATCH', abroad, { app_id: 'a' }),
    await call('DELETE', abroad),
  ]
  for (const answer of refused) {
    assert.equal(gist(answer), '403 country_not_allowed')
    assert.match(answer.body.detail, /belongs to US; this caller is allowed GB/)
  }
  assert.equal(gateway.calls.length, 0)
  assert.equal(gist(await request()), '200 pending')
  assert.equal((await call('GET', '/v1/numbers/available?country=GB')).status, 200)
})

test('a key sends codes in its ways only, also where they would come later', async () => {
  await using gateway = await startGateway()
  const { request } = await bounded(gateway, { channels: ['sms'] })
  for (const workflow_id of [1, 2, 3, 5, 7]) {
    const refused = await request({ workflow_id })
    assert.equal(gist(refused), '403 forbidden')
    assert.match(refused.body.detail, /by sms only; the workflow has .*tts/)
  }
  assert.equal(gateway.calls.length, 0)
  assert.equal(gist(await request({ workflow_id: 4 })), '200 pending')
})

test('a key sends so many messages a UTC day, other keys their own, and repeats count once', async () => {
  await using gateway = await startGateway()
  const { request, call } = await bounded(gateway, { dailySends: 3 })
  const other = await bounded(gateway, { dailySends: 1 }, 'login')
  const { request_id } = (await request()).body
  await request()
  await gateway.clock.advance(60)
  assert.equal(gist(await call('POST', `/v1/verifications/${request_id}/next`)), '200 pending')
  const refused = await request({ number: '447700900124', workflow_id: 4 })
  assert.equal(gist(refused), '429 quota_exceeded')
  assert.match(refused.body.detail, /for this caller in a day/)
  assert.equal(refused.headers.get('retry-after'), String(12 * 3600 - 60))
  assert.equal(gist(await request({ number: '447700900124' })), '200 pending')
  await gateway.clock.advance(60)
  assert.equal(gist(await call('POST', `/v1/verifications/${request_id}/next`)), '429 quota_exceeded')
  assert.equal(gist(await other.request({ number: '447700900125' })), '200 pending')
  assert.equal(gist(await other.request({ number: '447700900126' })), '429 quota_exceeded')
  await gateway.clock.advance(12 * 3600)
  assert.equal(gist(await request({ number: '447700900127' })), '200 pending')
})

test('what Vonage refuses does not count for the key', async () => {
  await using gateway = await startGateway()
  const { request } = await bounded(gateway, { dailySends: 1 })
  await gateway.fault('/verify/json', { status: '7' })
  assert.equal(gist(await request()), '403 network_blocked')
  assert.equal(gist(await request()), '200 pending')
})
