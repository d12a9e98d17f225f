import assert from 'node:assert/strict'
import { test } from 'node:test'
import { request, startGateway, type TestGateway } from './support/gateway.ts'
import { dataFolder } from './support/serving.ts'
import { readToken, withFacts } from './support/signed-result.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const checkPath = '/verify/check/json'
const searchPath = '/verify/search/json'

async function plan(gateway: TestGateway, fault: object): Promise<void> {
  const { status, body } = await request(`${gateway.addresses.simulator}/simulator/faults`, 'POST', fault)
  assert.equal(status, 200, JSON.stringify(body))
}

/** The next check does its work, and its answer is lost. */
const loseAnswer = (gateway: TestGateway) =>
  plan(gateway, { path: checkPath, answer: { connection: 'cut' }, takes_effect: true })

/** The next check never arrives. */
const loseCheck = (gateway: TestGateway) => plan(gateway, { path: checkPath, answer: { connection: 'cut' } })

const searches = ({ calls }: TestGateway) => calls.filter(({ path }) => path === searchPath)

test('a right code whose answer is lost verifies all the same, and is sent once', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, checkWrong, state, checks } = verifying(gateway)
  const [other, id] = [await start(), await start()]
  await loseAnswer(gateway)
  const { status, body } = await checkRight(id)
  const { verification_token, ...others } = body
  assert.deepEqual([status, others], [200, { request_id: id, status: '0', state: 'verified', reconciled: true }])
  assert.deepEqual([await state(id), await state(other)], ['verified', 'superseded'])
  const again = (await checkRight(id)).body
  assert.deepEqual(withFacts(again), withFacts(body), 'whoever did not get the answer gets it again')
  for (const token of [verification_token, again.verification_token]) {
    assert.equal((await readToken(gateway, token)).request_id, id)
  }
  assert.equal(gist(await checkWrong(id)), '409 already_verified')
  assert.equal(gist(await checkRight(other)), '410 verification_superseded')
  await gateway.clock.advance(61)
  assert.equal(gist(await checkRight(id)), '409 already_verified')
  assert.equal(checks(), 1)
})

test('a right code whose answer arrived is answered once', async () => {
  await using gateway = await startGateway()
  const { start, checkRight } = verifying(gateway)
  const id = await start()
  assert.equal((await checkRight(id)).body.reconciled, undefined)
  assert.equal(gist(await checkRight(id)), '409 already_verified')
})

test('wrong codes whose answers are lost are counted as Vonage counts them', async () => {
  await using gateway = await startGateway()
  const { start, checkWrong, state, checks } = verifying(gateway)
  const id = await start()
  for (const expected of ['400 wrong_code', '400 wrong_code', '410 attempts_exhausted']) {
    await loseAnswer(gateway)
    assert.equal(gist(await checkWrong(id)), expected)
  }
  assert.deepEqual([await state(id), checks()], ['failed', 3])
})

test('a code that never arrived is awaited for a minute, not sent again, and costs no try', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, checkWrong, next, look, checks } = verifying(gateway)
  const id = await start({ workflow_id: 4 })
  assert.equal(gist(await checkWrong(id)), '400 wrong_code')
  await gateway.clock.advance(60)
  await loseCheck(gateway)
  const lost = await checkRight(id)
  assert.deepEqual([gist(lost), lost.body.request_id], ['504 upstream_unreachable', id])
  for (const act of [checkRight, checkWrong, next]) {
    const refused = await act(id)
    assert.equal(gist(refused), '409 check_in_progress')
    assert.ok(refused.body.retry_after_seconds >= 1 && refused.body.retry_after_seconds <= 5)
  }
  await gateway.clock.advance(59)
  assert.equal(gist(await checkRight(id)), '409 check_in_progress')
  assert.deepEqual([checks(), (await look(id)).body.attempts_left], [2, 1])
  await gateway.clock.advance(5)
  assert.deepEqual([checks(), (await look(id)).body.attempts_left], [2, 2])
  assert.equal(gist(await checkRight(id)), '200 verified')
})

test('a code that is wrong, then lost, then right again is told apart by what Vonage had seen before', async () => {
  await using gateway = await startGateway()
  const { start, check, look } = verifying(gateway)
  const id = await start()
  const wrong = await gateway.wrongCode(someNumber)
  assert.equal(gist(await check(id, wrong)), '400 wrong_code')
  await loseCheck(gateway)
  assert.equal(gist(await check(id, wrong)), '504 upstream_unreachable')
  await gateway.clock.advance(65)
  assert.equal((await look(id)).body.attempts_left, 2, 'the record shows the first one only')
})

test('a right code that takes effect after its answer was given up verifies when Vonage shows it', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '200' } })
  const { start, checkRight, state, checks } = verifying(gateway)
  const id = await start()
  await plan(gateway, { path: checkPath, answer: { connection: 'stall' }, effect_after_seconds: 20 })
  assert.equal(gist(await checkRight(id)), '504 upstream_unreachable')
  await gateway.clock.advance(19)
  assert.equal(await state(id), 'pending')
  await gateway.clock.advance(6)
  assert.equal(await state(id), 'verified')
  assert.deepEqual([(await checkRight(id)).body.reconciled, checks()], [true, 1])
})

test('a right code counts although Vonage does not find what has just ended', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, state } = verifying(gateway)
  const id = await start()
  await plan(gateway, { path: searchPath, answer: { status: '101' }, seconds_after_end: 60 })
  await loseAnswer(gateway)
  assert.equal(gist(await checkRight(id)), '504 upstream_unreachable')
  await gateway.clock.advance(58)
  assert.equal(await state(id), 'pending')
  await gateway.clock.advance(7)
  assert.equal(await state(id), 'verified')
})

test('a right code that arrives after it was given up verifies nobody, and not who was checked meanwhile', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, checkWrong, state } = verifying(gateway)
  const [late, other] = [await start(), await start()]
  await plan(gateway, { path: checkPath, answer: { connection: 'cut' }, effect_after_seconds: 70 })
  assert.equal(gist(await checkRight(late)), '504 upstream_unreachable')
  await gateway.clock.advance(66)
  await loseCheck(gateway)
  assert.equal(gist(await checkWrong(other)), '504 upstream_unreachable')
  await gateway.clock.advance(10)
  assert.deepEqual([await state(other), await state(late)], ['expired', 'expired'])
})

test('what Vonage has not found for a minute and a half is expired', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, state, request: ask } = verifying(gateway)
  const id = await start()
  await plan(gateway, { path: searchPath, answer: { status: '101' }, times: 1000 })
  await loseAnswer(gateway)
  assert.equal(gist(await checkRight(id)), '504 upstream_unreachable')
  await gateway.clock.advance(89)
  assert.equal(await state(id), 'pending')
  await gateway.clock.advance(6)
  assert.equal(await state(id), 'expired')
  assert.equal((await ask()).body.message_sent, true, 'the number is free again')
})

test('a verification whose time is over while its check is open is not expired before that is known', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, state } = verifying(gateway)
  const id = await start()
  await plan(gateway, { path: searchPath, answer: { status: '101' }, seconds_after_end: 60 })
  await gateway.clock.advance(290)
  await loseAnswer(gateway)
  assert.equal(gist(await checkRight(id)), '504 upstream_unreachable')
  await gateway.clock.advance(20)
  assert.equal(await state(id), 'pending')
  await gateway.clock.advance(45)
  assert.equal(await state(id), 'verified')
})

test('while Vonage cannot be searched the question stays, and no try is lost by that', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, state } = verifying(gateway)
  const id = await start()
  await plan(gateway, { path: searchPath, answer: { http: 500 }, times: 6 })
  await loseAnswer(gateway)
  assert.equal(gist(await checkRight(id)), '504 upstream_unreachable')
  await gateway.clock.advance(6)
  assert.equal(await state(id), 'pending')
  await gateway.clock.advance(10)
  assert.equal(await state(id), 'verified')
})

test('many lost answers are looked up ten at a time', async () => {
  await using gateway = await startGateway()
  await plan(gateway, { path: searchPath, answer: { status: '101' }, times: 12 })
  const lost = Array.from({ length: 12 }, (_, index) => verifying(gateway, String(447700900200 + index)))
  const ids: string[] = []
  for (const { start, checkRight } of lost) {
    const id = await start()
    ids.push(id)
    await loseAnswer(gateway)
    assert.equal(gist(await checkRight(id)), '504 upstream_unreachable')
  }
  const before = searches(gateway).length
  await gateway.clock.advance(6)
  const found = searches(gateway).slice(before)
  assert.deepEqual(
    found.map(({ parameters }) => [parameters.request_ids ?? parameters.request_id].flat().length),
    [10, 2],
  )
  for (const [index, id] of ids.entries()) assert.equal(await lost[index]?.state(id), 'verified')
})

test('a sandbox starts again although a code was just found to be right', { timeout: 20_000 }, async () => {
  using folder = dataFolder()
  let id = ''
  {
    await using gateway = await startGateway({ dataDir: folder.path })
    const { start, checkRight } = verifying(gateway)
    id = await start()
    await loseAnswer(gateway)
    assert.equal((await checkRight(id)).body.reconciled, true)
  }
  await using again = await startGateway({ dataDir: folder.path })
  assert.equal(await verifying(again).state(id), 'verified')
})
