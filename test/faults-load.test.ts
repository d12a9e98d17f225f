import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { type Arena, startInProcess } from './support/arena.ts'
import { audit } from './support/audit.ts'
import { Crowd } from './support/crowd.ts'
import { Books, errandsIn } from './support/errands.ts'
import { request, startGateway } from './support/gateway.ts'
import type { Engine } from './support/ground.ts'
import { keyed, someOffer } from './support/keyed.ts'
import { gist, someNumber } from './support/verifying.ts'

const errandsInAll = process.env.TOLLGATE_TEST_FULL ? 600 : 60
const people = 20
const seed = process.env.TOLLGATE_TEST_FULL ? String(process.pid) : 'faults'
const timeoutMs = 500

/** What goes wrong with calls of any path, and how often. */
const always = [
  { answer: { http: 503 }, rate: 0.05 },
  { answer: { connection: 'stall' }, takes_effect: false, rate: 0.05 },
]

/** What goes wrong besides with those that change something: they do their work, and their answer is lost or too late. */
const afterwards = [
  { answer: { connection: 'cut' }, takes_effect: true, rate: 0.05 },
  { answer: { after_seconds: 30 }, rate: 0.05 },
]

const faults = {
  '/verify/json': [...always, ...afterwards],
  '/verify/check/json': [
    ...always,
    ...afterwards,
    // A code that arrives when its answer was given up.
    { answer: { connection: 'stall' }, effect_after_seconds: 20, rate: 0.02 },
  ],
  '/verify/control/json': [...always, ...afterwards],
  '/verify/search/json': always,
  '/number/buy': [...always, ...afterwards],
  '/account/numbers': always,
}

async function planFaults({ url }: Arena['vonage']): Promise<void> {
  const plan = async (fault: object) => {
    const { status, body } = await request(`${url}/simulator/faults`, 'POST', fault)
    assert.equal(status, 200, JSON.stringify(body))
  }
  for (const [path, planned] of Object.entries(faults)) {
    for (const fault of planned) await plan({ path, seed, ...fault })
  }
  // Like the real one, the search does not find at once what has ended.
  await plan({ path: '/verify/search/json', answer: { status: '101' }, seconds_after_end: 30 })
}

async function goThrough(engine: Engine): Promise<void> {
  await using arena = await startInProcess(engine, { TOLLGATE_UPSTREAM_TIMEOUT_MS: String(timeoutMs) })
  const books = new Books()
  const errands = await errandsIn(arena, books)
  await planFaults(arena.vonage)
  let begun = 0
  const crowd = new Crowd(people, () => {
    begun += 1
    if (begun > errandsInAll) return undefined
    const isKeyed = begun % 2 === 0
    if (begun % 9 === 0) return errands.buy({ isKeyed })
    const givesWrongCode = begun % 3 === 0
    // A wrong code that is asked about again before there is an answer would be two.
    const patienceMs = begun % 5 === 0 && !givesWrongCode ? timeoutMs / 2 : undefined
    const wantsAnotherCode = isKeyed && begun % 7 === 0
    const manner = { isKeyed, patienceMs, givesWrongCode, wantsAnotherCode }
    return errands.verify(String(447_400_000_000 + begun), manner)
  })
  assert.equal(await crowd.finish(arena.pass, [65, 65, 65, 65, 65, 65, 65]), 0, 'everybody got an answer')
  await request(`${arena.vonage.url}/simulator/faults`, 'DELETE')
  await audit(arena, books)
  await compareTries(arena)
}

const snapshot = z.object({
  verifications: z.array(z.object({ request_id: z.string(), checks: z.array(z.unknown()) })),
})

/** No try was counted that Vonage has not seen, and none that it has seen is missing. */
async function compareTries({ vonage, read }: Arena): Promise<void> {
  const { body } = await request(`${vonage.url}/simulator/snapshot`)
  const seen = snapshot.parse(body).verifications.map(({ request_id, checks }) => [request_id, checks.length] as const)
  const counted = await read('select upstream_id, tries from runs')
  assert.deepEqual(new Map(counted.map(({ upstream_id, tries }) => [upstream_id, tries])), new Map(seen))
}

test('whatever goes wrong at Vonage, one gateway sends once, counts right and verifies who gives the right code', () =>
  goThrough('SQLite'))

test('whatever goes wrong at Vonage, two nodes send once, count right and verify who gives the right code', () =>
  goThrough('PostgreSQL'))

test('an answer that comes half a minute late came never: nothing is done twice for it, and nothing is lost', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '300' } })
  const { request: ask, check, buy } = keyed(gateway)
  const offer = await someOffer(gateway)
  const paths = ['/verify/json', '/verify/check/json', '/number/buy']
  for (const path of paths) await gateway.fault(path, { after_seconds: 30 })
  const unanswered = await ask('request')
  assert.equal(gist(unanswered), '504 upstream_unreachable')
  const { request_id } = unanswered.body
  await gateway.clock.advance(31)
  const found = await ask('request')
  assert.deepEqual([gist(found), found.body.request_id, found.body.message_sent], ['200 pending', request_id, false])
  assert.equal((await gateway.messages(someNumber)).length, 1)
  const checked = await check('check', request_id, await gateway.code(someNumber))
  assert.deepEqual([gist(checked), checked.body.reconciled], ['200 verified', true])
  assert.equal((await buy('buy', offer)).status, 200)
  await gateway.clock.advance(31)
  assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 1)
  const asked = paths.map((path) => gateway.calls.filter((call) => call.path === path).length)
  assert.deepEqual(asked, [2, 1, 1])
})
