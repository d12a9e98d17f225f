import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everythingHasEnded } from './support/audit.ts'
import { stopAt } from './support/database-stop.ts'
import { type Answer, request, startGateway, type TestGateway } from './support/gateway.ts'
import { type Ground, startSharedGround } from './support/ground.ts'
import { spawnGateway } from './support/spawned-gateway.ts'
import { gist, verifying } from './support/verifying.ts'

/** Where a node stops over a request, a check and a purchase: at something that it writes, or at Vonage. */
interface Step {
  when: string
  changes?: string[]
  /** How many statements wait then, if not one for each call. */
  waiting?: number
  /** Whether Vonage, which does not answer, does what it is asked for. */
  takesEffect?: boolean
  /** Only calls with a key come to it. */
  isOfKeys?: true
  /** Whether their keys are taken by then. */
  isTaken?: false
}

const steps: Step[] = [
  { when: 'it takes the key', changes: ['insert on idempotency_keys for each row'], isOfKeys: true, isTaken: false },
  {
    when: 'it writes down what it is about to do',
    changes: [
      'insert on runs for each row',
      'update on runs for each row when (old.check_code is null and new.check_code is not null)',
      'insert on number_orders for each row',
    ],
  },
  // Calls that wait for their turn are let through together: those of Verify, and those of Numbers.
  { when: 'it takes its turn at Vonage', changes: ['insert on paces for each row'], waiting: 2 },
  { when: 'it asks Vonage, where nothing arrives', takesEffect: false },
  { when: 'it waits for the answer of Vonage', takesEffect: true },
  {
    when: 'it writes down what has happened',
    changes: [
      `update on runs for each row when (old.state = 'sending')`,
      'update on verifications for each row',
      'update on number_orders for each row',
    ],
    // Requests come to it one at a time, because all of them count on one row of the day.
    waiting: 5,
  },
  { when: 'it writes down its answer', changes: ['update on idempotency_keys for each row'], isOfKeys: true },
]

interface Call {
  path: string
  body: object
  key: string | undefined
}

/** Somebody who asks for a code, has another code to give and wants a number, and repeats these calls by a key or as they are. */
async function someCaller(gateway: TestGateway, place: number, isKeyed: boolean) {
  const [number, checked] = [`4477009001${place}0`, `4477009001${place}1`]
  const request_id = await verifying(gateway, checked).start()
  const { country, msisdn } = (await gateway.rest('GET', '/v1/numbers/available?country=GB')).body.numbers[place]
  const call = (path: string, body: object): Call => ({
    path,
    body,
    key: isKeyed ? path.replaceAll('/', '-') : undefined,
  })
  return {
    number,
    request_id,
    msisdn,
    isKeyed,
    request: call('/v1/verifications', { number, brand: 'Acme' }),
    check: call('/v1/verifications/check', { request_id, code: await gateway.code(checked) }),
    buy: call('/v1/numbers', { country, msisdn }),
  }
}

function post(address: string, { path, body, key }: Call): Promise<Answer> {
  return request(`${address}${path}`, 'POST', body, key === undefined ? {} : { 'idempotency-key': key })
}

/** Comes back for as long as it is told to. */
async function answerOf(address: string, call: Call): Promise<Answer> {
  for (let left = 10; left > 0; left -= 1) {
    const answer = await post(address, call)
    if (!/in_progress/.test(answer.body.code)) return answer
  }
  throw new Error(`${call.path} stays in progress`)
}

/** Vonage does not answer the calls that are made now. */
async function silence(vonage: Ground['vonage'], takes_effect: boolean) {
  for (const path of ['/verify/json', '/verify/check/json', '/number/buy']) {
    const fault = { path, answer: { connection: 'stall' }, takes_effect, times: 2 }
    await request(`${vonage.url}/simulator/faults`, 'POST', fault)
  }
  const before = vonage.calls.length
  return {
    async reached(count: number) {
      while (vonage.calls.length < before + count) await new Promise(setImmediate)
    },
    async [Symbol.asyncDispose]() {
      await request(`${vonage.url}/simulator/faults`, 'DELETE')
    },
  }
}

for (const { when, changes, waiting, takesEffect = false, isOfKeys, isTaken = true } of steps) {
  test(`when a node is killed as ${when}, another takes over and nothing happens twice`, async () => {
    await using ground = await startSharedGround()
    const { vonage, env } = ground
    await using other = await startGateway({ env })
    const { rest } = other.addresses
    const callers = [await someCaller(other, 0, true), ...(isOfKeys ? [] : [await someCaller(other, 1, false)])]
    const calls = callers.flatMap(({ request, check, buy }) => [request, check, buy])
    {
      await using dying = await spawnGateway(env)
      await using stop = changes ? await stopAt(ground.databaseUrl, changes) : await silence(vonage, takesEffect)
      const answers = Promise.allSettled(calls.map((call) => post(dying.rest, call)))
      await stop.reached(waiting ?? calls.length)
      await dying.kill()
      for (const { status } of await answers) assert.equal(status, 'rejected')
    }
    const early = isTaken ? '409 request_in_progress' : '200 pending'
    for (const { isKeyed, request } of callers) if (isKeyed) assert.equal(gist(await post(rest, request)), early)
    await ground.pass(301)
    for (const { number, request_id, msisdn, isKeyed, ...wanted } of callers) {
      const requested = await answerOf(rest, wanted.request)
      assert.equal(gist(requested), '200 pending')
      assert.equal(vonage.simulator.messages(number).length, 1)
      const { body } = await other.rest('GET', '/v1/verifications')
      const ids = body.verifications.filter((each: { number: string }) => each.number.slice(-2) === number.slice(-2))
      if (isKeyed) assert.equal(ids.length, 1)
      assert.equal(gist(await verifying(other, number).checkRight(requested.body.request_id)), '200 verified')

      const checked = gist(await answerOf(rest, wanted.check))
      assert.ok(['200 verified', '409 already_verified'].includes(checked), checked)
      assert.equal(await verifying(other).state(request_id), 'verified')

      assert.equal((await answerOf(rest, wanted.buy)).body.msisdn, msisdn)
    }
    assert.equal((await other.rest('GET', '/v1/numbers')).body.count, callers.length)
    await ground.pass(700)
    await everythingHasEnded(ground.read)
  })
}
