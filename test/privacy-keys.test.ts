import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { DataKeys, maskNumber, Secret } from '../src/privacy.ts'

const number = '447700900123'
const key = (digit: string) => digit.repeat(64)
const keys = (...digits: string[]) => new DataKeys(new Secret(digits.map(key).join(':')))

test('a sealed number opens again, looks different each time, and holds nothing of the number', () => {
  const ours = new DataKeys(DataKeys.generate())
  const [one, two] = [ours.seal(number), ours.seal(number)]
  assert.deepEqual([ours.open(one), ours.open(two)], [number, number])
  assert.notDeepEqual(one, two)
  assert.ok(!Buffer.from(one).includes(number.slice(-4)))
})

test('after a rotation the first encryption key writes and the older ones still read', () => {
  const before = keys('a', '1')
  const after = keys('a', '2', '1')
  assert.equal(after.open(before.seal(number)), number)
  assert.equal(keys('a', '2').open(after.seal(number)), number)
  assert.throws(() => before.open(after.seal(number)), /no data key opens/)
})

test('a sealed number that was changed does not open', () => {
  const ours = keys('a', '1')
  const sealed = ours.seal(number)
  for (const index of sealed.keys()) {
    const changed = Uint8Array.from(sealed, (byte, at) => (at === index ? byte ^ 1 : byte))
    assert.throws(() => ours.open(changed), /no data key opens/, `byte ${index}`)
  }
  assert.throws(() => ours.open(new Uint8Array()), /no data key opens/)
})

test('a number is found again under the same hash, whatever encryption keys there are, and under no other hash key', () => {
  assert.equal(keys('a', '1').hash(number), keys('a', '2', '1').hash(number))
  assert.notEqual(keys('a', '1').hash(number), keys('b', '1').hash(number))
  assert.notEqual(keys('a', '1').hash(number), keys('a', '1').hash('447700900124'))
  // Rows of existing ledgers are found by it.
  assert.equal(keys('a', '1').hash(number), '74e4bd067c164711d893c34f5eff823d')
})

test('data keys of another form are refused without being shown', () => {
  const forms = [
    '',
    key('a'),
    `${key('a')}:`,
    `${key('a')}:${key('b').slice(1)}`,
    `${key('a')}:${key('x')}`,
    `${key('a')},${key('b')}`,
  ]
  for (const form of forms) {
    assert.throws(
      () => new DataKeys(new Secret(form)),
      (error) => error instanceof RangeError && !/aaaa/.test(error.message),
      form,
    )
  }
  assert.doesNotThrow(() => new DataKeys(new Secret(`${key('a')}:${key('B')}\n`)))
})

test('a secret is shown by no printing', () => {
  const secret = new Secret('hidden')
  const ours = keys('a', '1')
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
  ]
  for (const text of shown) assert.ok(!text.includes('hidden'), text)
  assert.doesNotMatch(inspect(ours, { showHidden: true, depth: 9 }) + JSON.stringify(ours), /aa/)
  assert.equal(secret.reveal(), 'hidden')
})

test('a masked number shows its first and last two digits', () => {
  assert.equal(maskNumber(number), '44********23')
  assert.equal(maskNumber('12345'), '12*45')
})
