import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Verify as NewestVerify } from '@vonage/verify'
import { Verify as Verify118 } from 'vonage-verify-1-18'
import { startVonageForSdks, thrown } from './support/vonage-for-sdks.ts'

/** The part of Vonage's own client that both versions share. */
interface VerifySdk {
  start(request: object): Promise<{ requestId: string }>
  check(requestId: string, code: string): Promise<object>
  search(requestId: string): Promise<object>
  cancel(requestId: string): Promise<object>
  trigger(requestId: string): Promise<object>
}

interface VerifyVersion {
  Verify: new (credentials: { apiKey: string; apiSecret: string }, hosts: { apiHost: string }) => VerifySdk
  authorization: 'basic' | 'parameters'
}

const versions: Record<string, VerifyVersion> = {
  'the newest @vonage/verify': { Verify: NewestVerify, authorization: 'basic' },
  '@vonage/verify 1.18': { Verify: Verify118, authorization: 'parameters' },
}
const number = '447700900123'
const order = { number, brand: 'Acme' }
const notProcessed = 'The Vonage platform was unable to process this message for the following reason:'

/** The SDKs give each member in Vonage's name and in their own. */
function refused(status: string, text: string) {
  return { status, error_text: text, errorText: text }
}

for (const [version, { Verify, authorization }] of Object.entries(versions)) {
  async function start() {
    const vonage = await startVonageForSdks()
    return { ...vonage, verify: new Verify(vonage.credentials, vonage.hosts) }
  }

  test(`${version} starts a verification and checks its code`, async () => {
    await using vonage = await start()
    const { verify, codeFor, wire } = vonage
    const wish = { ...order, senderId: 'BANK', codeLength: 6, lg: 'en-gb', pinExpiry: 120, nextEventWait: 60 }
    const started = await verify.start({ ...wish, country: 'GB', workflowId: 6, language: 'dropped by the SDK' })
    const { requestId } = started
    assert.match(requestId, /^[\da-f]{32}$/)
    assert.deepEqual(started, { request_id: requestId, requestId, status: '0' })
    assert.deepEqual(wire(), {
      method: 'POST',
      path: '/verify/json',
      parameters: {
        number,
        brand: 'Acme',
        sender_id: 'BANK',
        code_length: '6',
        lg: 'en-gb',
        pin_expiry: '120',
        next_event_wait: '60',
        country: 'GB',
        workflow_id: '6',
      },
      authorization,
    })
    const code = codeFor(number)
    assert.match(code, /^\d{6}$/)
    const wrong = { ...refused('16', 'The code provided does not match the expected value'), requestId }
    assert.deepEqual(await verify.check(requestId, 'wrong'), { ...wrong, request_id: requestId })
    const { eventId, event_id, ...checked } = Object(await verify.check(requestId, code))
    assert.match(eventId, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    assert.equal(event_id, eventId)
    assert.deepEqual(checked, {
      request_id: requestId,
      requestId,
      status: '0',
      price: '0.10000000',
      currency: 'EUR',
      estimated_price_messages_sent: '0.03330000',
      estimatedPriceMessagesSent: '0.03330000',
    })
    const parameters = { request_id: requestId, code }
    assert.deepEqual(wire(), { method: 'POST', path: '/verify/check/json', parameters, authorization })
  })

  test(`${version} hears that a number has a verification, that codes were wrong too often and that it is over`, async () => {
    await using vonage = await start()
    const { verify } = vonage
    const { requestId } = await verify.start(order)
    assert.deepEqual(await verify.start(order), {
      ...refused('10', 'Concurrent verifications to the same number are not allowed'),
      request_id: requestId,
      requestId,
    })
    await verify.check(requestId, 'wrong')
    await verify.check(requestId, 'wrong')
    const last = await verify.check(requestId, 'wrong')
    assert.deepEqual(last, refused('17', 'A wrong code was provided too many times. Workflow terminated'))
    const over = `${notProcessed} Request '${requestId}' was not found or it has been verified already.`
    assert.deepEqual(await verify.check(requestId, 'wrong'), refused('6', over))
  })

  test(`${version} searches what runs, what has ended and what there never was`, async () => {
    await using vonage = await start()
    const { verify, clock, credentials, codeFor, wire } = vonage
    const { requestId } = await verify.start(order)
    await clock.advance(5)
    const running = Object(await verify.search(requestId))
    const parameters = { request_id: requestId }
    assert.deepEqual(wire(), { method: 'GET', path: '/verify/search/json', parameters, authorization })
    assert.deepEqual(
      [running.status, running.accountId, running.number, running.senderId, running.dateFinalized, running.checks],
      ['IN PROGRESS', credentials.apiKey, number, 'verify', '', []],
    )
    await verify.check(requestId, codeFor(number))
    const ended = Object(await verify.search(requestId))
    const found = [ended.status, ended.dateSubmitted, ended.dateFinalized, ended.price, ended.events.length]
    assert.deepEqual(found, ['SUCCESS', '2026-01-01 12:00:00', '2026-01-01 12:00:05', '0.10000000', 1])
    assert.deepEqual(
      ended.checks.map(({ dateReceived, status }: { dateReceived: string; status: string }) => [dateReceived, status]),
      [['2026-01-01 12:00:05', 'VALID']],
    )
    assert.deepEqual(await verify.search('0'.repeat(32)), refused('101', 'No response found'))
  })

  test(`${version} cancels after thirty seconds, not before and not twice`, async () => {
    await using vonage = await start()
    const { verify, clock, wire } = vonage
    const { requestId } = await verify.start(order)
    const early = `Verification request ['${requestId}'] can't be cancelled within the first 30 seconds.`
    assert.deepEqual(await verify.cancel(requestId), refused('19', early))
    await clock.advance(30)
    assert.deepEqual(await verify.cancel(requestId), { status: '0', command: 'cancel' })
    const parameters = { request_id: requestId, cmd: 'cancel' }
    assert.deepEqual(wire(), { method: 'POST', path: '/verify/control/json', parameters, authorization })
    const over = `The requestId '${requestId}' does not exist or its no longer active.`
    assert.deepEqual(await verify.cancel(requestId), refused('6', over))
  })

  test(`${version} triggers the next event until none is left`, async () => {
    await using vonage = await start()
    const { verify, wire } = vonage
    const { requestId } = await verify.start({ ...order, workflowId: '4' })
    assert.deepEqual(await verify.trigger(requestId), { status: '0', command: 'trigger_next_event' })
    const parameters = { request_id: requestId, cmd: 'trigger_next_event' }
    assert.deepEqual(wire(), { method: 'POST', path: '/verify/control/json', parameters, authorization })
    const none = `No more events are left to execute for the request ['${requestId}']`
    assert.deepEqual(await verify.trigger(requestId), refused('19', none))
  })

  test(`${version} gets a refusal of its credentials back and an HTTP failure thrown`, async () => {
    await using vonage = await start()
    const { verify, credentials, hosts, fault } = vonage
    const stranger = new Verify({ ...credentials, apiSecret: 'wrong' }, hosts)
    assert.deepEqual(await stranger.start(order), refused('4', 'Bad Credentials'))
    assert.deepEqual(await stranger.search('0'.repeat(32)), refused('4', 'Bad Credentials'))
    await fault('/verify/json', { http: 503 })
    assert.equal((await thrown(verify.start(order))).message, 'Request failed with status code 503')
  })

  test(`${version} hears that payments are not simulated`, async () => {
    await using vonage = await start()
    const payment = thrown(vonage.verify.start({ number, payee: 'Acme', amount: 48 }))
    assert.deepEqual(await payment, {
      message: 'Request failed with status code 501',
      body: { error: '/verify/psd2/json is not simulated' },
    })
  })
}
