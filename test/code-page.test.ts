import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Browser } from 'playwright-core'
import { codePageTexts, languageFor } from '../src/surfaces/code-page-texts.ts'
import { inspectAccessibility, launchBrowser, openPage } from './support/browser.ts'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { me, modern } from './support/mcp.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const languages = Object.keys(codePageTexts)

async function started(gateway: TestGateway, more: Record<string, unknown> = {}) {
  const { body } = await verifying(gateway).request(more)
  const path = new URL(body.verification_url).pathname
  return {
    id: String(body.request_id),
    url: String(body.verification_url),
    path,
    look: (language = 'en') => gateway.rest('GET', path, undefined, { 'accept-language': language }),
    type: (code: string, headers: Record<string, string> = {}) =>
      gateway.rest('POST', path, new URLSearchParams({ code }).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      }),
  }
}

test('the right code verifies, and the caller sees the outcome without having seen the code', async () => {
  await using gateway = await startGateway()
  const { id, url, look, type } = await started(gateway)
  assert.match(url, new RegExp(`^${gateway.addresses.rest}/v/[\\w-]{43}$`))
  assert.match((await look()).body, /<h1>Confirm your phone number for Acme<\/h1>/)
  const code = await gateway.code(someNumber)
  const done = await type(` ${code.slice(0, 3)} ${code.slice(3)} `)
  assert.equal(done.status, 200)
  assert.match(done.body, /Your phone number is confirmed/)
  assert.equal(await verifying(gateway).state(id), 'verified')
  const log = gateway.log.join('')
  for (const secret of [code, url.split('/').at(-1) ?? '', someNumber]) assert.ok(!log.includes(secret))
})

test('a wrong code costs a try, and the third ends it', async () => {
  await using gateway = await startGateway()
  const { id, type } = await started(gateway)
  const wrong = await gateway.wrongCode(someNumber)
  const answers = [await type(wrong), await type(wrong), await type(wrong)]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [400, 400, 410],
  )
  assert.match(answers[0]?.body, /role="alert">That is not the code\. Tries left: 2\./)
  assert.match(answers[2]?.body, /too many wrong codes/)
  assert.equal(await verifying(gateway).state(id), 'failed')
  assert.match((await type(await gateway.code(someNumber))).body, /too many wrong codes/)
})

test('what is no code costs no try', async () => {
  await using gateway = await startGateway()
  const { id, type } = await started(gateway)
  for (const text of ['', 'abc', '12', '1234567890123', '<script>']) {
    const { status, body } = await type(text)
    assert.equal(status, 422)
    assert.match(body, /Type the 6 digits of the code/)
    assert.ok(!body.includes('<script>'))
  }
  assert.equal((await verifying(gateway).look(id)).body.attempts_left, 3)
})

test('the link dies with the verification, and says in which way', async () => {
  await using gateway = await startGateway()
  const ended = await started(gateway)
  await verifying(gateway).cancel(ended.id)
  const expired = await started(gateway, { number: '447700900124' })
  await gateway.clock.advance(300)
  for (const [{ look, type, id }, said] of [
    [ended, /This was cancelled/],
    [expired, /The time for this code is over/],
  ] as const) {
    const before = gateway.calls.length
    for (const { body } of [await look(), await type('123456')]) {
      assert.match(body, said)
      assert.doesNotMatch(body, /<form/)
    }
    assert.equal(gateway.calls.length, before)
    assert.notEqual(await verifying(gateway).state(id), 'verified')
  }
})

test('a link opens one verification, whoever made it, and can’t be made up', async () => {
  await using gateway = await startGateway()
  const key = await makeKey(gateway, { name: 'shop' })
  const requested = (number: string) =>
    gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' }, bearer(key))
  const one = (await requested('447700900123')).body
  const other = (await requested('447700900124')).body
  const tokens = [one, other].map(({ verification_url }) => String(verification_url.split('/').at(-1)))
  const [first = '', second = ''] = tokens
  const bytes = (token: string) => Buffer.from(token, 'base64url')
  const mixed = Buffer.concat([bytes(first).subarray(0, 16), bytes(second).subarray(16)]).toString('base64url')
  const flipped = bytes(first)
  flipped[31] = (flipped[31] ?? 0) ^ 1
  const made = [mixed, flipped.toString('base64url'), one.request_id, first.slice(0, -1), `${first}A`, `${first}%3D`]
  for (const token of [...made, 'A'.repeat(43), encodeURIComponent('../docs')]) {
    const { status, body } = await gateway.rest('GET', `/v/${token}`)
    assert.equal(status, 404, token)
    assert.match(body, /leads nowhere/)
    assert.doesNotMatch(body, /<form|Acme/)
  }
  assert.equal((await gateway.rest('GET', `/v/${first}`)).status, 200)
  await using elsewhere = await startGateway()
  assert.equal((await elsewhere.rest('GET', `/v/${first}`)).status, 404)
})

test('what the gateway cannot find out is said, and nothing is lost', async () => {
  await using gateway = await startGateway()
  const { id, type } = await started(gateway)
  await gateway.fault('/verify/check/json', { status: '5' }, { takes_effect: false })
  const failed = await type(await gateway.code(someNumber))
  assert.equal(failed.status, 502)
  assert.match(failed.body, /Try again in a moment/)
  await gateway.clock.advance(61)
  assert.match((await type(await gateway.code(someNumber))).body, /is confirmed/)
  assert.equal(await verifying(gateway).state(id), 'verified')
})

test('no page of another site can post a code, and a body of another type is none', async () => {
  await using gateway = await startGateway()
  const { type, path } = await started(gateway)
  const code = await gateway.code(someNumber)
  for (const origin of ['https://evil.example', 'null'])
    assert.equal(gist(await type(code, { origin })), '403 forbidden')
  const plain = await gateway.rest('POST', path, `code=${code}`, { 'content-type': 'text/plain' })
  assert.equal(gist(plain), '415 unsupported_media_type')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal(gist(await gateway.rest('POST', '/v1/verifications', 'number=1', form)), '415 unsupported_media_type')
})

test('links begin with the public address', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_PUBLIC_URL: 'https://verify.example/' } })
  const { body } = await verifying(gateway).request()
  assert.match(body.verification_url, /^https:\/\/verify\.example\/v\/[\w-]{43}$/)
  assert.ok(!body.verification_url.includes('7700'))
})

test('the language is the one that the person prefers of those there are', () => {
  const chosen: [accepted: string | undefined, language: string][] = [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['ja,fr;q=0.5,es;q=0.7', 'es'],
    ['ja', 'en'],
    ['pt-BR;q=0, it;q=0.1', 'it'],
    ['constructor, __proto__', 'en'],
    [';q=,,;', 'en'],
  ]
  for (const [accepted, language] of chosen) assert.equal(languageFor(accepted), language, String(accepted))
  assert.ok(languages.length >= 5)
})

test('every language says everything, with the same facts', () => {
  const facts = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([fact]) => fact).sort()
  for (const [language, texts] of Object.entries(codePageTexts)) {
    for (const [name, text] of Object.entries(texts)) {
      const english = Object.entries(codePageTexts.en ?? {}).find(([key]) => key === name)?.[1] ?? ''
      assert.deepEqual(facts(text), facts(english), `${language} ${name}`)
      assert.ok(language === 'en' || text !== english, `${language} ${name}`)
    }
  }
})

describe('in a browser', () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser.close())

  for (const language of languages) {
    test(`the page speaks ${language}, to everyone, on a phone`, async () => {
      await using gateway = await startGateway()
      const { url, type } = await started(gateway)
      await type(await gateway.wrongCode(someNumber))
      for (const colorScheme of ['light', 'dark'] as const) {
        const options = { locale: language, colorScheme, viewport: { width: 320, height: 640 } }
        await using opened = await openPage(browser, url, options)
        const { page, hosts, faults } = opened
        assert.equal(await page.evaluate('document.documentElement.lang'), language)
        const found = await inspectAccessibility(page)
        assert.deepEqual(found.problems, [])
        assert.ok(Math.min(...found.contrasts) >= 4.5)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
        assert.deepEqual([[...hosts], faults], [[gateway.addresses.rest], []])
      }
    })
  }

  test('a person types the code without a script', async () => {
    await using gateway = await startGateway()
    const { id, url } = await started(gateway)
    await using opened = await openPage(browser, url, { javaScriptEnabled: false })
    const { page } = opened
    const field = page.getByLabel('The 6-digit code that was sent to you')
    assert.equal(await page.locator('input').count(), 1)
    assert.equal(await field.getAttribute('autocomplete'), 'one-time-code')
    assert.equal(await field.getAttribute('inputmode'), 'numeric')
    await field.fill(await gateway.wrongCode(someNumber))
    await page.getByRole('button', { name: 'Confirm' }).click()
    assert.match(await page.getByRole('alert').innerText(), /not the code\. Tries left: 2/)
    await field.fill(await gateway.code(someNumber))
    await field.press('Enter')
    assert.match(await page.getByRole('status').innerText(), /is confirmed/)
    assert.equal(await verifying(gateway).state(id), 'verified')
  })
})

test('a client that opens addresses leads its person to the page, and its agent gets the outcome', async () => {
  await using gateway = await startGateway()
  const client = new Client(me, {
    capabilities: { elicitation: { url: {} } },
    versionNegotiation: { mode: { pin: '2026-07-28' } },
  })
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    if (!('url' in params)) return { action: 'decline' }
    const form = new URLSearchParams({ code: await gateway.code(someNumber) })
    assert.equal((await fetch(params.url, { method: 'POST', body: form })).status, 200)
    return { action: 'accept' }
  })
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway.addresses.mcp)))
  const input = { number: someNumber, brand: 'Acme' }
  const answer = await client.callTool({ name: 'request-verification', arguments: input })
  await client.close()
  assert.deepEqual([answer.isError, anObject(answer.structuredContent).state], [undefined, 'verified'])
  assert.equal(verifying(gateway).runs(), 1)
  assert.equal((await gateway.rest('GET', '/v1/verifications')).body.verifications.length, 1)
})

test('what a client says to go on with is its own verification, or none', async () => {
  await using gateway = await startGateway()
  for (const requestState of ['0'.repeat(32), '\u0000', 'x'.repeat(5000), '']) {
    const { body, headers } = modern('tools/call', {
      name: 'request-verification',
      arguments: { number: 'none' },
      inputResponses: { page: { action: 'accept' } },
      requestState,
    })
    const answer = await request(gateway.addresses.mcp, 'POST', body, headers)
    const { code } = answer.body.result.structuredContent
    assert.equal(code, requestState === '' ? 'invalid_request' : 'verification_not_found')
  }
  assert.equal(gateway.calls.length, 0)
})

function anObject(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === 'object' && value !== null)
  return { ...value }
}
