import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from './random.ts'

test('the same seed and stream give the same values, another seed or stream others', () => {
  const values = (seed: string, stream: string) => new Random(seed, stream).hex(32)
  assert.equal(values('a', 'codes'), values('a', 'codes'))
  assert.notEqual(values('a', 'codes'), values('b', 'codes'))
  assert.notEqual(values('a', 'codes'), values('a', 'stock'))
})

test('each digit is equally likely at each place', () => {
  const random = new Random('fair', 'codes')
  const rounds = 100_000
  const counts = Array.from({ length: 4 }, () => new Array<number>(10).fill(0))
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, digit] of [...random.digits(4)].entries()) {
      const ofPlace = counts[place] ?? []
      ofPlace[Number(digit)] = (ofPlace[Number(digit)] ?? 0) + 1
    }
  }
  // Six standard deviations of a count whose expectation is a tenth of the rounds.
  const tolerance = 6 * Math.sqrt(rounds * 0.1 * 0.9)
  for (const count of counts.flat()) assert.ok(Math.abs(count - rounds / 10) < tolerance, String(count))
})

test('an integer stays below its limit, where the range is no multiple of it too', () => {
  const random = new Random('limits', 'codes')
  const limit = 3 * 2 ** 30
  let lowHalf = 0
  for (let round = 0; round < 10_000; round += 1) {
    const value = random.below(limit)
    assert.ok(value >= 0 && value < limit)
    if (value < limit / 2) lowHalf += 1
  }
  assert.ok(Math.abs(lowHalf - 5000) < 300, String(lowHalf))
})
