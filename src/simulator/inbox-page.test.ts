import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { type SimulatorUnderTest, someNumber, startSimulator, wrongFor } from './simulator-under-test.ts'

test('an SMS and a call are in the inbox with their code, the newest last', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start({ sender_id: 'ACME', pin_expiry: '90', next_event_wait: '90' })
  await vonage.clock.advance(90)
  const [sms, call] = vonage.simulator.messages(someNumber)
  assert.deepEqual(sms, {
    to: someNumber,
    from: 'ACME',
    channel: 'sms',
    text: `Acme code: ${sms?.code}. Valid for 2 minutes.`,
    code: sms?.code,
    request_id: id,
    sent_at: '2026-01-01T12:00:00.000Z',
    expires_at: '2026-01-01T12:01:30.000Z',
    id: 1,
  })
  assert.equal(call?.channel, 'tts')
  assert.match(call.text, new RegExp(`^Please enter your Acme activation code ${call.code}, I repeat ${call.code}, `))
})

test('a code that is sent again expires when it did, and a new one later', async () => {
  await using vonage = await startSimulator()
  await vonage.start({ workflow_id: '1', pin_expiry: '300' })
  await vonage.clock.advance(305)
  const expiries = vonage.simulator.messages().map(({ sent_at, expires_at }) => [sent_at, expires_at].map(timeOfDay))
  assert.deepEqual(expiries, [
    ['12:00:00', '12:05:00'],
    ['12:02:05', '12:05:00'],
    ['12:05:05', '12:10:05'],
  ])
})

const ends: { as: string; end: (vonage: SimulatorUnderTest, id: string) => Promise<unknown> }[] = [
  { as: 'verified', end: (vonage, id) => vonage.check(id, vonage.lastCode()) },
  { as: 'cancelled', end: (vonage, id) => vonage.clock.advance(30).then(() => vonage.control(id, 'cancel')) },
  { as: 'expired', end: (vonage) => vonage.clock.advance(300) },
  {
    as: 'failed',
    end: async (vonage, id) => {
      for (let attempt = 0; attempt < 3; attempt += 1) await vonage.check(id, wrongFor(vonage.lastCode()))
    },
  },
]

for (const { as, end } of ends) {
  test(`the message of a verification that ends is marked as ${as}, and no other`, async () => {
    await using vonage = await startSimulator()
    const other = await vonage.start({ number: '447700900124', workflow_id: '6', pin_expiry: '3600' })
    const id = await vonage.start({ workflow_id: '6' })
    await end(vonage, id)
    const endings = vonage.simulator.messages().map(({ request_id, ended }) => [request_id, ended])
    assert.deepEqual(endings, [
      [other, undefined],
      [id, as],
    ])
  })
}

test('messages are asked for by number, however it is written, or all together or the last of them', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  await vonage.start({ number: '447700900124' })
  const toOf = async (query: string) => {
    const { messages } = (await vonage.send(`/inbox/messages${query}`)).body
    return [messages].flat().map((message) => Object(message).to)
  }
  assert.deepEqual(await toOf(''), [someNumber, '447700900124'])
  assert.deepEqual(await toOf('?to=447700900124'), ['447700900124'])
  assert.deepEqual(await toOf('?to=%2B44%207700%20900124'), ['447700900124'])
  assert.deepEqual(await toOf('?to=+44+7700+900124'), ['447700900124'])
  assert.deepEqual(await toOf('?to=447700900125'), [])
  assert.deepEqual(await toOf('?last=1'), ['447700900124'])
  assert.equal((await vonage.send('/inbox/messages?last=0')).status, 400)
})

test('the sender is VERIFY unless a sender_id was given', async () => {
  await using vonage = await startSimulator()
  await vonage.start()
  assert.equal(vonage.simulator.messages()[0]?.from, 'VERIFY')
})

test('the page runs nothing that is not its own', async () => {
  await using vonage = await startSimulator()
  const page = await fetch(vonage.base)
  assert.equal(page.url, `${vonage.base}/inbox`)
  const policy = page.headers.get('content-security-policy') ?? ''
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]) {
    assert.ok(policy.includes(rule), rule)
  }
  const html = await page.text()
  assert.doesNotMatch(html, /<style|style=|<script(?![^>]* src="\/inbox\/)|\son\w+=/)
  for (const [, file = ''] of html.matchAll(/(?:src|href)="(\/inbox\/[^"]+)"/g)) {
    const response = await fetch(vonage.base + file)
    assert.equal(response.status, 200, file)
    for (const [, imported = ''] of (await response.text()).matchAll(/ from '\.(\/[^']+)'/g)) {
      assert.equal((await fetch(`${vonage.base}/inbox${imported}`)).status, 200, imported)
    }
  }
})

const strangers: Record<string, string>[] = [
  { host: 'evil.example' },
  { host: 'evil.example:8083' },
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:1' },
]

for (const headers of strangers) {
  test(`a website that sends ${JSON.stringify(headers)} neither reads codes nor moves the time`, async () => {
    await using vonage = await startSimulator()
    for (const path of ['/inbox/messages', '/inbox/events', '/inbox', '/simulator/clock']) {
      assert.equal(await statusOf('GET', vonage.base + path, headers), 403)
    }
    assert.equal(await statusOf('POST', `${vonage.base}/simulator/reset`, headers), 403)
  })
}

test('loopback names and the own origin are welcome', async () => {
  await using vonage = await startSimulator()
  const { port, origin } = new URL(vonage.base)
  const welcome: Record<string, string>[] = [{ host: `localhost:${port}` }, { host: `[::1]:${port}` }, { origin }]
  for (const headers of welcome) {
    assert.equal(await statusOf('GET', `${vonage.base}/inbox/messages`, headers), 200)
  }
})

/** fetch doesn't let a caller choose the Host. */
function statusOf(method: string, url: string, headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const sent = request(url, { method, headers }, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  sent.on('error', reject).end()
  return promise
}

function timeOfDay(timestamp: string): string {
  return timestamp.slice(11, 19)
}
