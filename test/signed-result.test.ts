import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { resultReader } from '../examples/signed-result.ts'
import { SimulatedClock } from '../src/clock.ts'
import { DataKeys, Secret } from '../src/privacy.ts'
import { someFolder } from './support/folder.ts'
import { noon, startGateway } from './support/gateway.ts'
import { isReplay, keyed } from './support/keyed.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { mcpCall } from './support/mcp-call.ts'
import { stage } from './support/provoking.ts'
import { readToken, withFacts } from './support/signed-result.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

const noonS = noon / 1000
const session = { nonce: 'n-0S6_WzA2Mj', purpose: 'login' }

describe('the signed result', { concurrency: 4 }, () => {
  test('of a right code says who was verified for whom and what, and is signed with a key that is served', async () => {
    await using gateway = await startGateway()
    const { start, checkRight } = verifying(gateway)
    const id = await start(session)
    await gateway.clock.advance(20)
    const { body } = await checkRight(id)
    const { jti, ...claims } = await readToken(gateway, body.verification_token)
    assert.deepEqual(claims, {
      iss: 'urn:tollgate:sandbox',
      aud: 'Acme',
      iat: noonS + 20,
      exp: noonS + 320,
      auth_time: noonS + 20,
      ...session,
      request_id: id,
      phone_number_verified: true,
      phone_number: '+447700900123',
      amr: ['otp', 'sms'],
      sandbox: true,
    })
    assert.match(String(jti), /^[0-9a-f-]{36}$/)
    const { kid, ...header } = decodeProtectedHeader(body.verification_token)
    assert.deepEqual(header, { alg: 'ES256', typ: 'JWT' })
    await gateway.clock.advance(299)
    await readToken(gateway, body.verification_token)
    await gateway.clock.advance(1)
    await assert.rejects(readToken(gateway, body.verification_token), /"exp" claim/)
  })

  test('comes over MCP too', async () => {
    await using gateway = await startGateway()
    const request_id = await verifying(gateway).start()
    const input = { request_id, code: await gateway.code(someNumber) }
    const { body } = await mcpCall(gateway.addresses.mcp, 'tools/call', {
      name: 'check-verification',
      arguments: input,
    })
    const { verification_token } = body.result.structuredContent
    const claims = await readToken(gateway, verification_token)
    assert.deepEqual([claims.request_id, claims.nonce, claims.purpose], [request_id, undefined, undefined])
  })

  test('of a live gateway names its address as issuer, the public one where there is one', async () => {
    const clock = new SimulatedClock({ standsAt: noon })
    await using vonage = await startVonageApart(clock)
    const live = {
      TOLLGATE_MODE: 'live',
      VONAGE_REST_HOST: vonage.url,
      TOLLGATE_COUNTRIES: 'GB',
      TOLLGATE_DAILY_SENDS: '9',
    }
    for (const published of [undefined, 'https://verify.example.com/', 'https://example.com/verify']) {
      const env = { ...vonage.env, ...live, ...(published && { TOLLGATE_PUBLIC_URL: published }) }
      await using gateway = await startGateway({ env, overrides: { clock } })
      const { start, check } = verifying(gateway, '447400123456')
      const id = await start()
      const code = vonage.simulator.messages('447400123456').at(-1)?.code ?? ''
      const { iss, sandbox, phone_number } = await readToken(gateway, (await check(id, code)).body.verification_token)
      assert.deepEqual([sandbox, phone_number], [false, '+447400123456'])
      assert.equal(iss, published?.replace(/\/$/, '') ?? gateway.addresses.rest)
    }
  })

  test('holds the nonce and purpose of the verification that the code was given with, also where two share a message', async () => {
    await using gateway = await startGateway()
    const { start, checkRight } = verifying(gateway)
    await start({ nonce: 'of the stranger', purpose: 'transfer' })
    const id = await start(session)
    await start({ nonce: 'of the next one' })
    const claims = await readToken(gateway, (await checkRight(id)).body.verification_token)
    assert.deepEqual([claims.request_id, claims.nonce, claims.purpose], [id, session.nonce, session.purpose])

    const [, plain] = [await start(session), await start()]
    const { nonce, purpose } = await readToken(gateway, (await checkRight(plain)).body.verification_token)
    assert.deepEqual([nonce, purpose], [undefined, undefined])
  })

  test('keeps the nonce when a new run takes the place of the first, and when the answer to the request was lost', async () => {
    await using gateway = await startGateway()
    const { next, checkRight } = verifying(gateway)
    const { request } = keyed(gateway)
    await gateway.fault('/verify/json', { connection: 'cut' })
    await request('k', session)
    const { body } = await request('k', session)
    await gateway.clock.advance(60)
    assert.equal(gist(await next(body.request_id)), '200 pending')
    const claims = await readToken(gateway, (await checkRight(body.request_id)).body.verification_token)
    assert.deepEqual([claims.nonce, claims.purpose, claims.amr], [session.nonce, session.purpose, ['otp', 'sms']])
  })

  test('tells how the messages came until the check', async () => {
    await using gateway = await startGateway()
    const { start, checkRight, next } = verifying(gateway)
    const amrAfter = async (workflow_id: number, seconds: number, asks = false) => {
      const id = await start({ workflow_id })
      await gateway.clock.advance(seconds)
      if (asks) assert.equal(gist(await next(id)), '200 pending')
      return (await readToken(gateway, (await checkRight(id)).body.verification_token)).amr
    }
    assert.deepEqual(await amrAfter(4, 125), ['otp', 'sms'])
    assert.deepEqual(await amrAfter(7, 0), ['otp', 'tel'])
    assert.deepEqual(await amrAfter(5, 119), ['otp', 'sms'])
    assert.deepEqual(await amrAfter(5, 120), ['otp', 'sms', 'tel'])
    assert.deepEqual(await amrAfter(5, 60, true), ['otp', 'sms', 'tel'])
  })

  test('names no number where that is switched off', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_TOKEN_PHONE_NUMBER: 'off' } })
    const { start, checkRight } = verifying(gateway)
    const claims = await readToken(gateway, (await checkRight(await start())).body.verification_token)
    assert.deepEqual([claims.phone_number, claims.phone_number_verified], [undefined, true])
  })

  test('is given to nobody but who gave the right code, and once', async () => {
    await using gateway = await startGateway()
    const { start, request, check, checkRight, checkWrong, cancel, look } = verifying(gateway)
    const right = async (id: string) => check(id, await gateway.code(someNumber))
    const [superseded, verified] = [await start(), await start()]
    const code = await gateway.code(someNumber)
    const others = [await checkWrong(verified)]
    assert.ok((await check(verified, code)).body.verification_token)
    others.push(await check(superseded, code), await check(verified, code), await look(verified))
    const cancelled = await start()
    others.push(await cancel(cancelled), await right(cancelled))
    await gateway.clock.advance(31)
    const failed = await start()
    for (let tries = 0; tries < 3; tries += 1) others.push(await checkWrong(failed))
    others.push(await right(failed))
    others.push(await request())
    const expired = others.at(-1)?.body.request_id
    await gateway.clock.advance(300)
    others.push(await checkRight(expired), await gateway.rest('GET', '/v1/verifications'))
    assert.deepEqual(others.map(gist), [
      '400 wrong_code',
      '410 verification_superseded',
      '409 already_verified',
      '200 verified',
      '200 cancelled',
      '410 verification_cancelled',
      '400 wrong_code',
      '400 wrong_code',
      '410 attempts_exhausted',
      '410 attempts_exhausted',
      '200 pending',
      '410 verification_expired',
      '200 undefined',
    ])
    assert.doesNotMatch(JSON.stringify(others), /verification_token|eyJ/)
  })

  test('is signed anew for a repeat under the same key for a day, and tells the same and when the code was checked', async () => {
    await using gateway = await startGateway()
    const { start } = verifying(gateway)
    const { check } = keyed(gateway)
    const id = await start(session)
    const code = await gateway.code(someNumber)
    const first = await check('k', id, code)
    const facts = await readToken(gateway, first.body.verification_token)
    const seen = new Set([facts.jti])
    for (const hours of [0, 0.5, 23]) {
      await gateway.clock.advance(hours * 3600)
      const again = await check('k', id, code)
      assert.deepEqual([isReplay(again), withFacts(again.body)], [true, withFacts(first.body)])
      const claims = await readToken(gateway, again.body.verification_token)
      assert.deepEqual([claims.iat, claims.auth_time], [gateway.clock.now() / 1000, noonS])
      seen.add(claims.jti)
    }
    assert.equal(seen.size, 4)
    await gateway.clock.advance(1800)
    assert.equal(gist(await check('k', id, code)), '409 already_verified')
  })

  test('of a code whose answer was lost comes with the success that is found out, and with its repeats', async () => {
    await using gateway = await startGateway()
    const id = await verifying(gateway).start(session)
    await loseAnswer(gateway.addresses.simulator, '/verify/check/json')
    const { check } = keyed(gateway)
    const code = await gateway.code(someNumber)
    const found = await check('k', id, code)
    assert.equal(found.body.reconciled, true)
    await gateway.clock.advance(3600)
    const again = await check('k', id, code)
    assert.deepEqual([isReplay(again), withFacts(again.body)], [true, withFacts(found.body)])
    assert.equal((await readToken(gateway, again.body.verification_token)).nonce, session.nonce)
  })

  test('is read as the README shows, for its own session, brand and issuer only', async () => {
    await using gateway = await startGateway({ overrides: { clock: new SimulatedClock() } })
    const { start, checkRight } = verifying(gateway)
    const token = (await checkRight(await start(session))).body.verification_token
    const ours = { gateway: gateway.addresses.rest, issuer: 'urn:tollgate:sandbox', audience: 'Acme' }
    const read = (theirs = {}, its = {}) => resultReader({ ...ours, ...theirs })(token, { ...session, ...its })
    assert.equal(await read(), '+447700900123')
    await assert.rejects(read({}, { nonce: 'another' }), /another session/)
    await assert.rejects(read({}, { purpose: 'transfer' }), /another session/)
    await assert.rejects(read({ audience: 'Umbrella' }), /"aud"/)
    await assert.rejects(read({ issuer: gateway.addresses.rest }), /"iss"/)
  })

  test('leaves the number out once that is erased', async () => {
    await using ours = await stage()
    const id = await ours.start()
    const code = await ours.gateway.code(someNumber)
    const { check } = keyed(ours.gateway)
    await check('k', id, code)
    ours.sql('update runs set number_sealed = null')
    const again = await check('k', id, code)
    const claims = await readToken(ours.gateway, again.body.verification_token)
    assert.deepEqual([claims.phone_number, claims.phone_number_verified], [undefined, true])
  })

  test('is never made for a verification that is not verified, whatever answer is stored', async () => {
    await using ours = await stage()
    const id = await ours.start()
    const code = await ours.gateway.code(someNumber)
    const { check } = keyed(ours.gateway)
    assert.equal(gist(await check('k', id, code)), '200 verified')
    ours.sql(`update verifications set state = 'superseded'`)
    const again = await check('k', id, code)
    assert.deepEqual([gist(again), again.body.verification_token], ['500 internal', undefined])
  })
})

test('no token is stored or logged, nor a private key in clear', async () => {
  using folder = someFolder()
  const secrets = new Set<string>()
  const read = () => readdirSync(folder.path).map((name) => ({ name, bytes: readFileSync(join(folder.path, name)) }))
  const assertNone = () => {
    for (const { name, bytes } of read()) {
      for (const secret of secrets) assert.ok(!bytes.includes(secret), `${name} holds ${secret}`)
    }
  }
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    const id = await verifying(gateway).start(session)
    const code = await gateway.code(someNumber)
    const { check } = keyed(gateway)
    for (const { body } of [await check('k', id, code), await check('k', id, code)]) {
      const [, payload = '', signature = ''] = body.verification_token.split('.')
      const { jti } = await readToken(gateway, body.verification_token)
      for (const secret of [code, payload, signature, String(jti), '"d":']) secrets.add(secret)
    }
    assert.equal(secrets.size, 8)
    assert.ok(read().some(({ name, bytes }) => name.endsWith('-wal') && bytes.includes('"crv":"P-256"')))
    assertNone()
    assert.doesNotMatch(gateway.log.join(''), /eyJ|verification_token/)
  }
  assertNone()
  const keys = new DataKeys(new Secret(readFileSync(join(folder.path, 'data.keys'), 'utf8')))
  const ledger = new DatabaseSync(join(folder.path, 'ledger.db'))
  const answers = ledger.prepare('select answer_sealed as sealed from idempotency_keys').all()
  ledger.close()
  const opened = answers.map(({ sealed }) => (sealed instanceof Uint8Array ? keys.open(sealed) : ''))
  assert.match(opened.join(), /"state":"verified"/)
  assert.doesNotMatch(opened.join(), /verification_token|eyJ/)
})
