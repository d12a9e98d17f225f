import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { getCountries, getExampleNumber, type PhoneNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { GatewayError } from '../src/errors.ts'
import { readPhone } from '../src/phone.ts'

const mobiles = getCountries().flatMap((country) => getExampleNumber(country, examples) ?? [])
const someMobile = fc.constantFrom(...mobiles)
const separator = fc.constantFrom('', ' ', '-', '.', '  ', ' - ', '/')
const space = fc.constantFrom('', ' ', '\t', '\u00a0')

const digits = ({ number }: PhoneNumber) => number.slice(1)
const read = (text: string, country?: string) => readPhone(text, { country, fictional: false })

/** Digits with separators between groups of them, the first group perhaps in brackets. */
const written = (text: string) =>
  fc
    .tuple(
      fc.array(separator, { minLength: text.length, maxLength: text.length }),
      fc.boolean(),
      fc.integer({ min: 2, max: 4 }),
    )
    .map(([separators, hasBrackets, area]) => {
      const groups = [...text.slice(area)].map((digit, index) => digit + (separators[index] ?? '')).join('')
      return (hasBrackets ? `(${text.slice(0, area)})` : text.slice(0, area)) + (separators.at(-1) ?? '') + groups
    })

/** The large count tries other texts each time. */
const runs = process.env.TOLLGATE_TEST_FULL === '1' ? { numRuns: 50_000 } : { numRuns: 1000, seed: 1 }

test('every country’s numbers are read, and told from each other', () => {
  assert.ok(mobiles.length > 200)
  for (const mobile of mobiles) {
    const { number, isValid, lineType } = read(digits(mobile))
    assert.deepEqual([number, isValid], [digits(mobile), true])
    assert.match(lineType, /mobile/)
  }
})

test('however a number is written internationally, it becomes the same E.164', () => {
  const writings = someMobile.chain((mobile) => {
    const { countryCallingCode, nationalNumber } = mobile
    return fc.record({
      mobile: fc.constant(mobile),
      before: space,
      code: fc
        .constantFrom('+#', '00#', '#', '+ #', '00 #', '(+#)', '(00#)', '( +# )')
        .map((form) => form.replace('#', countryCallingCode)),
      gap: separator,
      national: written(nationalNumber),
      after: space,
    })
  })
  fc.assert(
    fc.property(writings, ({ mobile, before, code, gap, national, after }) => {
      const text = before + code + gap + national + after
      assert.equal(read(text).number, digits(mobile), JSON.stringify(text))
    }),
    runs,
  )
})

test('with its country a number may be written as at home, or internationally all the same', () => {
  for (const mobile of mobiles) {
    const { country } = mobile
    const writings = [mobile.formatNational(), mobile.formatInternational(), mobile.number, `00${digits(mobile)}`]
    for (const text of writings) assert.equal(read(text, country).number, digits(mobile), `${text} in ${country}`)
  }
})

test('a number that was read reads as itself, with the same country', () => {
  // Read once more this would be 860000000, so that one number had two hashes.
  assert.ok(readOrRefusal('+86 1238300000000') instanceof GatewayError)
  fc.assert(
    fc.property(fc.bigInt({ min: 10n ** 6n, max: 10n ** 15n - 1n }), (candidate) => {
      const phone = readOrRefusal(String(candidate))
      if (phone instanceof GatewayError) return
      assert.deepEqual(read(phone.number), phone)
      assert.match(phone.number, /^[1-9]\d{4,14}$/)
    }),
    runs,
  )
})

function readOrRefusal(text: string, country?: string) {
  try {
    return read(text, country)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

const almostANumber = fc.string({
  unit: fc.constantFrom(...'0123456789+()-. /;=xextphone#*\u0660\uff11\u202e\0'),
  maxLength: 40,
})
const someCountry = fc.oneof(
  fc.constantFrom(...getCountries(), 'XX', 'AQ', 'toString', '__proto__', ''),
  fc.string({ maxLength: 3 }),
)

test('whatever is no number is refused as an invalid request, and never answered otherwise', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    almostANumber,
    fc.constantFrom('', '+', '00', '+0', '++44', '__proto__'),
  )
  fc.assert(
    fc.property(texts, fc.option(someCountry, { nil: undefined }), fc.boolean(), (text, country, fictional) => {
      try {
        assert.match(readPhone(text, { country, fictional }).number, /^\d{4,17}$/)
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        assert.equal(error.code, 'invalid_request')
        assert.match(error.members.invalid_parameters?.[0]?.name ?? '', /^(number|country)$/)
        assert.ok(text.length < 5 || !error.message.includes(text), 'a refusal does not repeat what was given')
      }
    }),
    runs,
  )
})

test('fictional numbers count as numbers of their country only where they may', () => {
  const drama = { number: '447700900123', country: 'GB', isValid: true, lineType: 'mobile' }
  assert.deepEqual(readPhone('+44 7700 900123', { fictional: true }), drama)
  assert.equal(readPhone('07700 900999', { country: 'GB', fictional: true }).number, '447700900999')
  assert.deepEqual(readPhone('(415) 555-0199', { country: 'US', fictional: true }), {
    number: '14155550199',
    country: 'US',
    isValid: true,
    lineType: 'mobile',
  })
  assert.notDeepEqual(readPhone('+44 7700 900123', { fictional: false }), drama)
  assert.notEqual(readPhone('1 415 555 0200', { fictional: true }).isValid, undefined)
})

test('a number that no metadata knows is read and marked, and one that cannot exist is refused', () => {
  assert.equal(read('+44 7700 900123').isValid, false)
  for (const text of ['+44 123', '+44 7700 9001234567', '+999 1234567', 'not a number', '+44 7400 123456 ext 5']) {
    assert.throws(
      () => read(text),
      (error) => error instanceof GatewayError && error.code === 'invalid_request',
      text,
    )
  }
})
