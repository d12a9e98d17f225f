import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { Random } from '../src/simulator/random.ts'
import { someFolder } from './support/folder.ts'
import { type Answer, request, startGateway } from './support/gateway.ts'
import { spawnGateway } from './support/spawned-gateway.ts'
import { startVonageApart } from './support/vonage-apart.ts'

const rounds = process.env.TOLLGATE_TEST_FULL ? 30 : 3
const callers = 8
const seed = process.env.TOLLGATE_TEST_FULL ? String(process.pid) : 'crash'

type Vonage = Awaited<ReturnType<typeof startVonageApart>>

/** Callers that ask again, under the same key, whatever became of the gateway meanwhile. */
class Callers {
  /** The address of the gateway that lives; replaced when it dies. */
  #gateway = Promise.withResolvers<string>()
  isOver = false

  revive(rest: string): void {
    this.#gateway.resolve(rest)
  }

  /** Those who wait for a gateway wait for ever. */
  [Symbol.dispose](): void {
    this.isOver = true
  }

  die(): void {
    this.#gateway = Promise.withResolvers<string>()
  }

  /** Undefined when the test is over before there is a final answer. */
  async ask(path: string, body: object, key: string): Promise<Answer | undefined> {
    while (!this.isOver) {
      const rest = await this.#gateway.promise
      const answer = await request(`${rest}${path}`, 'POST', body, { 'idempotency-key': key }).catch(() => undefined)
      // No answer, or one that says to ask again.
      if (
        answer &&
        !['504', '502', '429'].includes(String(answer.status)) &&
        answer.body.code !== 'request_in_progress'
      )
        return answer
      await new Promise(setImmediate)
    }
    return undefined
  }
}

interface Books {
  /** Acknowledged, by request_id: the number, and whether the right code was acknowledged too. */
  verifications: Map<string, { number: string; isVerified: boolean }>
  bought: string[]
}

async function verifyInTurn(name: number, { vonage, crowd, books }: Scene): Promise<void> {
  for (let count = 0; !crowd.isOver; count += 1) {
    const number = String(447_400_000_000 + name * 100_000 + count)
    const key = `verify-${number}`
    const asked = await crowd.ask('/v1/verifications', { number, brand: 'Acme' }, key)
    if (!asked) return
    assert.equal(asked.status, 200, JSON.stringify(asked.body))
    const request_id: string = asked.body.request_id
    const entry = { number, isVerified: false }
    books.verifications.set(request_id, entry)
    const code = vonage.simulator.messages(number).at(-1)?.code
    const checked = await crowd.ask('/v1/verifications/check', { request_id, code }, `check-${number}`)
    // A code that never arrived is awaited for a minute; one whose answer was lost with the gateway was right.
    const isFinal = checked && checked.body.code !== 'check_in_progress'
    if (isFinal)
      assert.ok(checked.status === 200 || checked.body.code === 'already_verified', JSON.stringify(checked.body))
    entry.isVerified = isFinal === true
  }
}

async function buyInTurn({ vonage, crowd, books }: Scene): Promise<void> {
  const account = 'api_key=5a4db0c5&api_secret=sandboxSecret1'
  while (!crowd.isOver) {
    const { body } = await request(`${vonage.url}/number/search?country=GB&size=1&${account}`)
    // Sold out.
    if (!body.numbers) return
    const { country, msisdn } = body.numbers[0]
    const bought = await crowd.ask('/v1/numbers', { country, msisdn }, `buy-${msisdn}`)
    if (!bought) return
    assert.equal(bought.status, 200, JSON.stringify(bought.body))
    books.bought.push(msisdn)
  }
}

interface Scene {
  vonage: Vonage
  crowd: Callers
  books: Books
}

test('whenever a gateway is killed, nothing acknowledged is lost and nothing happens twice for one key', async () => {
  const clock = new SimulatedClock()
  await using vonage = await startVonageApart(clock)
  using folder = someFolder()
  using crowd = new Callers()
  const books: Books = { verifications: new Map(), bought: [] }
  const scene = { vonage, crowd, books }
  const env = {
    ...vonage.env,
    TOLLGATE_DATA_DIR: folder.path,
    TOLLGATE_LOG_LEVEL: 'silent',
    TOLLGATE_UPSTREAM_RPS: '100000',
    TOLLGATE_NUMBERS_RPS: '100000',
  }
  const everybody = [...Array.from({ length: callers }, (_, name) => verifyInTurn(name, scene)), buyInTurn(scene)]
  const failure = Promise.all(everybody).then(() => new Promise<never>(() => {}))
  const random = new Random(seed, 'kills')
  for (let round = 0; round < rounds; round += 1) {
    await using dying = await spawnGateway(env)
    crowd.revive(dying.rest)
    const killedAfter = vonage.calls.length + 20 + random.below(100)
    while (vonage.calls.length < killedAfter) await Promise.race([new Promise(setImmediate), failure])
    crowd.die()
    await dying.kill()
  }
  await using last = await startGateway({ env, dataDir: folder.path, overrides: { clock } })
  crowd.revive(last.addresses.rest)
  crowd.isOver = true
  await Promise.all(everybody)
  await checkBooks(scene, last, clock)
})

async function checkBooks(
  { vonage, books }: Scene,
  last: Awaited<ReturnType<typeof startGateway>>,
  clock: SimulatedClock,
): Promise<void> {
  assert.ok(books.verifications.size > rounds * 5 && books.bought.length > rounds, 'there was something to lose')
  const perNumber = Map.groupBy(vonage.simulator.messages(), ({ to }) => to)
  for (const [to, messages] of perNumber) assert.equal(messages.length, 1, `${to} got ${messages.length} messages`)
  for (const [id, { number, isVerified }] of books.verifications) {
    const { status, body } = await last.rest('GET', `/v1/verifications/${id}`)
    assert.deepEqual([status, body.number.slice(-2)], [200, number.slice(-2)])
    if (isVerified) assert.equal(body.state, 'verified', number)
  }
  const owned = new Set<string>()
  for (let index = 1; index <= Math.ceil(books.bought.length / 100) + 1; index += 1) {
    const page = await last.rest('GET', `/v1/numbers?size=100&index=${index}`)
    for (const { msisdn } of page.body.numbers) owned.add(msisdn)
  }
  for (const msisdn of books.bought) assert.ok(owned.has(msisdn), `${msisdn} was bought`)
  assert.equal(new Set(books.bought).size, books.bought.length)
  await clock.advance(700)
  const left = await last.rest('GET', '/v1/verifications?state=pending')
  assert.deepEqual(left.body.verifications, [])
}
