import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../src/errors.ts'
import { readIdempotencyKey } from '../src/idempotency-key.ts'

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
const inQuotes = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`

function refusal(values: string[]): string {
  try {
    readIdempotencyKey(values)
  } catch (error) {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'malformed_request')
    return error.message
  }
  throw new Error(`${values} was taken`)
}

test('any 1 to 255 printable ASCII characters in quotes are a key', () => {
  const key = fc.string({ unit: printable, minLength: 1, maxLength: 255 })
  fc.assert(fc.property(key, (text) => assert.equal(readIdempotencyKey([inQuotes(text)]), text)))
  assert.equal(readIdempotencyKey([inQuotes('\\'.repeat(255))])?.length, 255)
})

test('a token is the same key with and without quotes', () => {
  const tokens = fc.stringMatching(/^[\w!#$%&'*+.^`|~:/-]{1,255}$/)
  fc.assert(fc.property(tokens, (text) => assert.equal(readIdempotencyKey([text]), readIdempotencyKey([`"${text}"`]))))
  assert.equal(readIdempotencyKey(['8e03978e-40d5-43e8-bc93-6894a57f9324']), '8e03978e-40d5-43e8-bc93-6894a57f9324')
})

test('whatever stands in the header is one key or refused with the reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      try {
        assert.match(readIdempotencyKey([text]) ?? '', /^[ -~]{1,255}$/)
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === 'malformed_request')
      }
    }),
  )
})

test('what is no key is refused with the reason', () => {
  for (const value of [
    '"',
    '"open',
    'a b',
    'a"b',
    'a,b',
    '"a" "b"',
    '"a";p=1',
    '"\\a"',
    '"ä"',
    'ä',
    '"\t"',
    '?1',
    '\\',
  ]) {
    assert.match(refusal([value]), /must be printable ASCII in quotes/, value)
  }
  for (const empty of ['', '""']) assert.match(refusal([empty]), /is empty/)
  for (const long of ['k'.repeat(256), inQuotes('"'.repeat(256))]) assert.match(refusal([long]), /more than 255/)
  assert.match(refusal(['k', 'k']), /more than once/)
})

test('no header is no key', () => {
  assert.equal(readIdempotencyKey(undefined), undefined)
})
