import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { someNumber, startSimulator } from './simulator-under-test.ts'

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
  })
  assert.equal(call?.channel, 'tts')
  assert.match(call.text, new RegExp(`^Please enter your Acme activation code ${call.code}, I repeat ${call.code}, `))
})

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
    assert.equal((await fetch(vonage.base + file)).status, 200, file)
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
    for (const path of ['/inbox/messages', '/inbox', '/simulator/clock']) {
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
