import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../src/simulator/random.ts'
import { startKillable } from './support/arena.ts'
import { audit } from './support/audit.ts'
import { Crowd } from './support/crowd.ts'
import { Books, errandsIn } from './support/errands.ts'
import type { Engine } from './support/ground.ts'

const rounds = process.env.TOLLGATE_TEST_FULL ? 30 : 3
const people = 9
const seed = process.env.TOLLGATE_TEST_FULL ? String(process.pid) : 'crash'

async function killInTheMidst(engine: Engine): Promise<void> {
  await using arena = await startKillable(engine)
  const { vonage, alive } = arena
  const books = new Books()
  const errands = await errandsIn(arena, books)
  let begun = 0
  const crowd = new Crowd(people, () => {
    begun += 1
    return (begun % people === 0 && errands.buy()) || errands.verify(String(447_400_000_000 + begun))
  })
  const random = new Random(seed, 'kills')
  for (let round = 0; round < rounds; round += 1) {
    const killedAfter = vonage.calls.length + 20 + random.below(100)
    await crowd.until(() => vonage.calls.length >= killedAfter)
    await arena.kill(random.below(alive.length))
    await arena.start()
  }
  await arena.calmDown()
  crowd.stop()
  assert.equal(await crowd.finish(arena.pass, [301, 5, 5]), 0, 'everybody got an answer')
  assert.ok(books.verifications.size > rounds * 5 && books.bought.length > rounds, 'there was something to lose')
  await audit(arena, books)
}

test('whenever a gateway is killed, nothing acknowledged is lost and nothing happens twice for one key', () =>
  killInTheMidst('SQLite'))

test('whenever one of two nodes is killed, nothing acknowledged is lost and nothing happens twice for one key', () =>
  killInTheMidst('PostgreSQL'))
