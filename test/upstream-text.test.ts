import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plain } from '../src/plain.ts'
import { startAnsweringVonage } from './support/answering-vonage.ts'
import { startGateway } from './support/gateway.ts'
import { clients } from './support/mcp.ts'
import { verifying } from './support/verifying.ts'

const run = '6814d0cc4cc968952f4e6da726a876e1'
const number = { country: 'GB', msisdn: '442039050911' }
/** A line end, an override of the writing direction, a zero-width space, a tag character, a variation selector, half a pair. */
const hidden = ['\n', '\u202e', '\u200b', '\u{e0041}', '\ufe0f', '\ud83d', '\u2028']
const spoilt = (text: string) => hidden.join(text)
const nested = (levels: number): object => (levels === 0 ? {} : { in: nested(levels - 1) })

/** All that Vonage says besides the statuses, spoilt. */
const says = { [spoilt('note')]: { by: [spoilt('x')] }, long: 'é'.repeat(5000), deep: nested(100) }
const note = { [spoilt('note').replaceAll(/[^note]/g, '')]: { by: ['x'.repeat(hidden.length - 1)] } }

function demandPlain(body: object) {
  const text = JSON.stringify(body)
  for (const character of hidden) assert.ok(!text.includes(JSON.stringify(character).slice(1, -1)), text.slice(0, 500))
  assert.ok(!text.includes('{"in":'.repeat(8)), 'it is no deeper than it may be')
  assert.ok(text.length < 20_000, `${text.length} characters`)
}

test('what Vonage says reaches nobody with hidden characters, nor longer or deeper than it may be', async () => {
  await using vonage = await startAnsweringVonage({
    '/verify/json': { request_id: run, status: '0', ...says },
    '/verify/check/json': { request_id: run, status: '0', event_id: spoilt('e'), ...says },
    '/number/buy': { 'error-code': '200', 'error-code-label': spoilt('ok'), ...says },
    '/number/search': { count: 1, numbers: [{ ...number, features: [spoilt('SMS')], ...says }] },
    '/account/numbers': { count: 1, numbers: [{ ...number, voiceCallbackValue: spoilt('sip'), ...says }] },
  })
  await using gateway = await startGateway({ env: vonage.env })
  const { start, check } = verifying(gateway)
  const answers = [
    (await check(await start(), '123456')).body,
    (await gateway.rest('POST', '/v1/numbers', number)).body,
    (await gateway.rest('GET', '/v1/numbers/available?country=GB')).body,
    (await gateway.rest('GET', '/v1/numbers')).body,
  ]
  for (const body of answers) demandPlain(body)
  const [checked, bought, available, owned] = answers
  assert.partialDeepStrictEqual(checked, { ...note, event_id: 'e'.repeat(hidden.length - 1) })
  assert.partialDeepStrictEqual(bought, note)
  assert.partialDeepStrictEqual(available?.numbers, [{ ...number, ...note }])
  assert.partialDeepStrictEqual(owned?.numbers, [{ ...number, ...note }])
  assert.equal(checked?.long, `${'é'.repeat(2047)}…`)
  await using client = await clients['the client of the 2026 era'](gateway.addresses.mcp)
  const told = await client.call('list-owned-numbers')
  assert.deepEqual(told.body, owned)
  for (const text of told.texts) demandPlain({ text })
})

test('an error text is cut off between characters, never in the middle of one', async () => {
  const error_text = `${'x'.repeat(199)}😀`
  await using vonage = await startAnsweringVonage({ '/verify/json': { status: '3', error_text } })
  await using gateway = await startGateway({ env: vonage.env })
  const { body } = await gateway.rest('POST', '/v1/verifications', { number: '+44 7700 900123', brand: 'Acme' })
  assert.equal(body.upstream.error_text, 'x'.repeat(199))
})

test('any JSON becomes plain: well-formed, without hidden characters, and plain once and for all', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hidden))
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), text, (value, extra) => {
      const once = plain({ value, [extra]: extra })
      const written = JSON.stringify(once)
      assert.ok(written.isWellFormed() && !/\\u[dD][89a-fA-F]/.test(written))
      assert.doesNotMatch(plain(extra), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      assert.deepEqual(plain(once), once)
    }),
  )
})

test('what is visible stays as it is, in any language', () => {
  const texts = [
    'Vérification réussie',
    'הקוד נשלח',
    '認証コード',
    '😀 +44 7700 900123',
    'https://example.com/?a=b&c=%20',
  ]
  assert.deepEqual(plain(texts), texts)
})
