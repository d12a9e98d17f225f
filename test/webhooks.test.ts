import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { SimulatedClock } from '../src/clock.ts'
import { noon, request, startGateway } from './support/gateway.ts'
import { startHoldingProxy } from './support/holding-proxy.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { dataFolder } from './support/serving.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { someSecret, startReceiver, startTelling } from './support/webhooks.ts'

const at = (seconds: number) => new Date(noon + seconds * 1000).toISOString()

type Telling = Awaited<ReturnType<typeof startTelling>>

/** Every way a verification comes to an end; each begins with one that was requested. */
const ways: Record<string, (on: ReturnType<typeof verifying>, id: string, gateway: Telling) => Promise<unknown>> = {
  'is verified': (on, id) => on.checkRight(id),
  'is verified though the answer is lost': async (on, id, { addresses }) => {
    await loseAnswer(addresses.simulator, '/verify/check/json')
    await on.checkRight(id)
  },
  'is verified as a look at Vonage’s record finds out later': async (on, id, { addresses, fault, clock }) => {
    await loseAnswer(addresses.simulator, '/verify/check/json')
    await fault('/verify/search/json', { http: 500 })
    await fault('/verify/search/json', { http: 500 })
    await on.checkRight(id)
    await clock.advance(10)
  },
  'is superseded': async (on) => on.checkRight(await on.start()),
  'fails by three wrong codes': async (on, id) => {
    for (let tries = 0; tries < 3; tries += 1) await on.checkWrong(id)
  },
  'fails by two wrong codes while it shares a message': async (on, id) => {
    await on.start()
    for (let tries = 0; tries < 2; tries += 1) await on.checkWrong(id)
    await on.checkWrong(id)
  },
  'fails because Vonage counts more tries': async (on, id, { fault }) => {
    await fault('/verify/check/json', { status: '17' })
    await on.checkWrong(id)
  },
  expires: (_on, _id, { clock }) => clock.advance(300),
  'expired, as Vonage’s record tells': async (on, id, { fault, clock }) => {
    await clock.advance(299)
    await fault('/verify/check/json', { status: '6' })
    await on.checkRight(id)
    await clock.advance(2)
  },
  'is cancelled': (on, id) => on.cancel(id),
  'is cancelled while another shares its message': async (on, id) => {
    await on.start()
    await on.cancel(id)
  },
  'expires after a resend by a new message': async (on, id, { clock }) => {
    await clock.advance(60)
    await on.next(id)
    await clock.advance(400)
  },
  'is cancelled although nobody knows of its message': async (on, _id, { addresses }) => {
    await loseAnswer(addresses.simulator, '/verify/json')
    const { body } = await on.request({ number: '447700900199' })
    await on.cancel(body.request_id)
  },
}

for (const [way, happen] of Object.entries(ways)) {
  test(`a verification that ${way} is told of with every state it has had, once each`, async () => {
    await using gateway = await startTelling({ env: { TOLLGATE_MCP_TOOLS: 'all' } })
    const on = verifying(gateway)
    const id = await on.start()
    await happen(on, id, gateway)
    await gateway.tell()
    const { body } = await gateway.rest('GET', '/v1/verifications')
    assert.ok(body.verifications.some(({ state }: { state: string }) => state !== 'pending'))
    for (const { request_id, state } of body.verifications) {
      const expected = state === 'pending' ? ['1 requested'] : ['1 requested', `2 ${state}`]
      assert.deepEqual(gateway.receiver.of(request_id).sort(), expected)
    }
    const ids = gateway.receiver.heard.map((heard) => heard.id)
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual(gateway.receiver.faults, [])
  })
}

test('what is told is what a look shows, with the number masked and no code', async () => {
  await using gateway = await startTelling()
  const { start, look, checkRight } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(7)
  await checkRight(id)
  await gateway.tell()
  const [requested, verified] = gateway.receiver.heard
  const created = { request_id: id, brand: 'Acme', number: '44********23', created_at: at(0) }
  assert.deepEqual(requested?.data, { ...created, sequence: 1, state: 'pending' })
  assert.deepEqual(verified?.data, { ...created, sequence: 2, state: 'verified', ended_at: at(7) })
  assert.deepEqual([requested?.timestamp, verified?.timestamp], [at(0), at(7)])
  const shown = (await look(id)).body
  for (const [member, value] of Object.entries(verified?.data)) {
    if (member !== 'sequence') assert.equal(shown[member], value, member)
  }
})

test('a session in which the code was not given is never told to be verified', async () => {
  await using gateway = await startTelling()
  const { start, checkRight } = verifying(gateway)
  const attackers = [await start(), await start()]
  const victim = await start()
  await checkRight(victim)
  for (const attacker of attackers) await checkRight(attacker)
  await gateway.clock.advance(600)
  assert.deepEqual(gateway.receiver.of(victim), ['1 requested', '2 verified'])
  for (const attacker of attackers) assert.deepEqual(gateway.receiver.of(attacker), ['1 requested', '2 superseded'])
})

test('a request whose answer is lost is told of as one of unknown delivery, and not again when it is found', async () => {
  await using gateway = await startTelling()
  const { request: ask, checkRight } = verifying(gateway)
  await loseAnswer(gateway.addresses.simulator, '/verify/json')
  const lost = await ask()
  assert.equal(gist(lost), '504 upstream_unreachable')
  await gateway.tell()
  assert.deepEqual(
    gateway.receiver.heard.map(({ data }) => [data.request_id, data.delivery]),
    [[lost.body.request_id, 'unknown']],
  )
  const repeated = await ask()
  await checkRight(lost.body.request_id)
  await gateway.tell()
  assert.deepEqual(gateway.receiver.of(lost.body.request_id), ['1 requested', '2 verified'])
  assert.deepEqual(gateway.receiver.of(repeated.body.request_id), ['1 requested', '2 superseded'])
})

test('nothing is told of a request that Vonage refuses, even if it was cancelled before', async () => {
  const clock = new SimulatedClock({ standsAt: noon })
  await using vonage = await startVonageApart(clock)
  await using proxy = await startHoldingProxy(vonage.url)
  const env = { ...vonage.env, VONAGE_API_HOST: proxy.url }
  await using gateway = await startTelling({ env, overrides: { clock } })
  const { request: ask, cancel } = verifying(gateway)
  await request(`${vonage.url}/simulator/faults`, 'POST', { path: '/verify/json', answer: { status: '3' } })
  const held = proxy.hold('/verify/json')
  const asking = ask()
  await held.arrived
  const { body } = await gateway.rest('GET', '/v1/verifications')
  assert.equal(gist(await cancel(body.verifications[0].request_id)), '200 cancelled')
  held.release()
  assert.equal(gist(await asking), '422 invalid_request')
  await clock.advance(600)
  assert.deepEqual(gateway.receiver.heard, [])
})

test('what was cancelled while it was being sent is told of once Vonage has taken it', async () => {
  const clock = new SimulatedClock({ standsAt: noon })
  await using vonage = await startVonageApart(clock)
  await using proxy = await startHoldingProxy(vonage.url)
  const env = { ...vonage.env, VONAGE_API_HOST: proxy.url }
  await using gateway = await startTelling({ env, overrides: { clock } })
  const { request: ask, cancel } = verifying(gateway)
  const held = proxy.hold('/verify/json')
  const asking = ask()
  await held.arrived
  const { body } = await gateway.rest('GET', '/v1/verifications')
  const { request_id: id } = body.verifications[0]
  await cancel(id)
  await gateway.tell()
  assert.deepEqual(gateway.receiver.heard, [])
  held.release()
  await asking
  await gateway.tell()
  assert.deepEqual(gateway.receiver.of(id), ['1 requested', '2 cancelled'])
})

test('a sandbox that starts anew tells that what its simulator has forgotten is over', async () => {
  using folder = dataFolder()
  let id = ''
  {
    await using gateway = await startTelling({ dataDir: folder.path })
    id = await verifying(gateway).start()
    await gateway.tell()
  }
  await using again = await startTelling({ dataDir: folder.path })
  await again.tell()
  assert.deepEqual(again.receiver.of(id), ['2 expired'])
})

test('numbers that are bought, updated and released are told of, and what is refused is not', async () => {
  await using gateway = await startTelling()
  const { body } = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
  const key = { country: 'GB', msisdn: body.numbers[0].msisdn }
  const path = `/v1/numbers/GB/${key.msisdn}`
  assert.equal((await gateway.rest('POST', '/v1/numbers', key)).status, 200)
  assert.equal((await gateway.rest('POST', '/v1/numbers', key)).status, 409)
  assert.equal((await gateway.rest('PATCH', path, { moHttpUrl: 'https://example.com/sms' })).status, 200)
  assert.equal((await gateway.rest('DELETE', path)).status, 200)
  await gateway.tell()
  const { heard } = gateway.receiver
  assert.deepEqual(heard.map(({ type }) => type).sort(), ['number.bought', 'number.cancelled', 'number.updated'])
  for (const { id, data } of heard) {
    const { order_id, created_at, ...others } = data
    assert.deepEqual(others, { ...key, sequence: 1 })
    assert.equal(id, `msg_${order_id}_1`)
    assert.match(created_at, /^2026-01-01T12:00:00/)
  }
})

test('a purchase whose answer was lost is told of when a look finds it', async () => {
  await using gateway = await startTelling()
  const { body } = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
  const key = { country: 'GB', msisdn: body.numbers[0].msisdn }
  await loseAnswer(gateway.addresses.simulator, '/number/buy')
  assert.equal((await gateway.rest('POST', '/v1/numbers', key)).status, 200)
  await gateway.tell()
  assert.deepEqual(
    gateway.receiver.heard.map(({ type, data }) => [type, data.msisdn]),
    [['number.bought', key.msisdn]],
  )
})

test('a webhook is verified with every secret that is set, and a changed one is not', async () => {
  const next = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  await using gateway = await startTelling({ env: { TOLLGATE_WEBHOOK_SECRET: `${next}, ${someSecret}` } })
  await verifying(gateway).start()
  await gateway.tell()
  const [told] = gateway.receiver.heard
  assert.ok(told)
  const { body, headers } = told
  for (const secret of [someSecret, next]) assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body))
  const verify = (changed: string, more: Record<string, string> = {}) =>
    new Webhook(next).verify(changed, { ...headers, ...more })
  assert.throws(() => verify(body.replace('pending', 'verified')), WebhookVerificationError)
  assert.throws(() => verify(body, { 'webhook-id': 'msg_other_1' }), WebhookVerificationError)
  const later = String(Number(headers['webhook-timestamp']) + 1)
  assert.throws(() => verify(body, { 'webhook-timestamp': later }), WebhookVerificationError)
  const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`
  assert.throws(() => new Webhook(other).verify(body, headers), WebhookVerificationError)
  assert.equal(headers['content-type'], 'application/json')
})

test('each of several addresses is told, once', async () => {
  await using other = await startReceiver()
  await using receiver = await startReceiver()
  await using gateway = await startGateway({
    env: { ...receiver.env, TOLLGATE_WEBHOOK_URLS: `${receiver.url},${other.url}, ${receiver.url}` },
  })
  const { start, checkRight } = verifying(gateway)
  const id = await start()
  await checkRight(id)
  await gateway.clock.advance(0)
  for (const { of } of [receiver, other]) assert.deepEqual(of(id).sort(), ['1 requested', '2 verified'])
})

const tables = ['webhook_events', 'webhook_deliveries']

function rowsIn(folder: string): string[] {
  using database = new DatabaseSync(join(folder, 'ledger.db'), { readOnly: true })
  return tables.flatMap((table) =>
    database
      .prepare(`select * from ${table}`)
      .all()
      .map((row) => JSON.stringify(row)),
  )
}

test('the rows of what is told hold no whole number of a person and no code', async () => {
  using folder = dataFolder()
  await using gateway = await startTelling({ dataDir: folder.path })
  const { start, checkWrong, checkRight } = verifying(gateway)
  const id = await start({ number: '+44 7700 900123' })
  const wrong = await gateway.wrongCode(someNumber)
  await checkWrong(id)
  await checkRight(id)
  await gateway.tell()
  const rows = rowsIn(folder.path)
  assert.equal(rows.length, 4)
  const [message] = await gateway.messages(someNumber)
  for (const row of rows) {
    const hidden = [someNumber, '7700900123', message?.code ?? 'none', message?.request_id ?? 'none', wrong]
    for (const secret of hidden) assert.ok(!row.includes(secret), `${secret} in ${row}`)
  }
})

test('without addresses nothing is written', async () => {
  using folder = dataFolder()
  await using gateway = await startGateway({ dataDir: folder.path })
  const { start, checkRight } = verifying(gateway)
  await checkRight(await start())
  assert.deepEqual(rowsIn(folder.path), [])
})
