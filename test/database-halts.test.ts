import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Random } from '../src/simulator/random.ts'
import { startKillable } from './support/arena.ts'
import { audit } from './support/audit.ts'
import { Crowd } from './support/crowd.ts'
import { Books, errandsIn } from './support/errands.ts'
import { type Answer, request } from './support/gateway.ts'
import { startPostgres } from './support/postgres-server.ts'
import { gist } from './support/verifying.ts'

const rounds = process.env.TOLLGATE_TEST_FULL ? 20 : 4

test('while the database is away callers are told to come back, and afterwards nothing is lost and the gateways go on', async () => {
  const database = await startPostgres()
  after(() => database.stop())
  await using arena = await startKillable('PostgreSQL', database)
  const books = new Books()
  let refused = 0
  const errands = await errandsIn(arena, books, (answer) => {
    if (answer.status !== 503) return
    refused += 1
    assertOverloaded(answer)
  })
  let count = 0
  const crowd = new Crowd(8, () => {
    count += 1
    return (count % 5 === 0 && errands.buy()) || errands.verify(String(447_400_000_000 + count))
  })
  const random = new Random('halts', 'halts')
  for (let round = 0; round < rounds; round += 1) {
    const haltedAfter = arena.vonage.calls.length + 20 + random.below(80)
    await crowd.until(() => arena.vonage.calls.length >= haltedAfter)
    await database.halt(round % 2 ? 'crash' : 'operator')
    for (const { rest } of arena.alive) {
      assert.equal(gist(await request(`${rest}/readyz`)), '503 overloaded')
      assert.equal((await request(`${rest}/healthz`)).status, 200)
      assertOverloaded(await request(`${rest}/v1/verifications`, 'POST', { number: '447700900123', brand: 'Acme' }))
    }
    const before = refused
    await crowd.until(() => refused >= before + 8)
    await database.resume()
  }
  crowd.stop()
  assert.equal(await crowd.finish(arena.pass, [301, 5, 5, 5]), 0)
  await audit(arena, books)
})

function assertOverloaded(answer: Answer): void {
  assert.deepEqual([gist(answer), answer.headers.get('retry-after')], ['503 overloaded', '1'])
}
