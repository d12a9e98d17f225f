import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway } from './support/gateway.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

test('two requests for one number share a message, and the code verifies only the one it is given with', async () => {
  await using gateway = await startGateway()
  const { request, checkRight, look, messages, runs, checks } = verifying(gateway)
  const first = await request()
  const second = await request({ number: '+44 7700 900123', code_length: 4, lg: 'de-de' })
  assert.deepEqual([first.body.message_sent, second.body.message_sent], [true, false])
  assert.deepEqual([runs(), (await messages()).length], [1, 1])
  assert.equal(second.body.code_length, 6, 'the answer shows the parameters of the message that was sent')
  const [one, two] = [first.body.request_id, second.body.request_id]
  assert.notEqual(one, two)

  assert.equal(gist(await checkRight(two)), '200 verified')
  assert.equal(gist(await look(one)), '200 superseded')
  assert.equal(gist(await checkRight(one)), '410 verification_superseded')
  assert.equal(gist(await look(one)), '200 superseded')
  assert.equal(checks(), 1)
})

test('wrong codes given with one of two verifications leave the other its last try', async () => {
  await using gateway = await startGateway()
  const { start, checkWrong, checkRight, look, checks } = verifying(gateway)
  const attacker = await start()
  const victim = await start()
  assert.equal((await look(attacker)).body.attempts_left, 2)
  const wrong = await checkWrong(attacker)
  assert.deepEqual([gist(wrong), wrong.body.attempts_left], ['400 wrong_code', 1])
  for (let tries = 0; tries < 4; tries += 1) {
    assert.equal(gist(await checkWrong(attacker)), '410 attempts_exhausted')
  }
  assert.equal(gist(await checkRight(attacker)), '410 attempts_exhausted')
  assert.equal(checks(), 2)
  assert.equal((await look(victim)).body.attempts_left, 1)
  assert.equal(gist(await checkRight(victim)), '200 verified')
  assert.equal(gist(await look(attacker)), '200 failed')
})

test('who joins a message whose tries are nearly used up cannot lose the last one to the first', async () => {
  await using gateway = await startGateway()
  const { start, checkWrong, checkRight } = verifying(gateway)
  const first = await start()
  await checkWrong(first)
  await checkWrong(first)
  const second = await start()
  assert.equal(gist(await checkRight(first)), '410 attempts_exhausted')
  assert.equal(gist(await checkRight(second)), '200 verified')
})

test('three wrong codes spread over all who share a message end them all', async () => {
  await using gateway = await startGateway()
  const { start, checkWrong, checkRight, state, request } = verifying(gateway)
  const ids = [await start(), await start(), await start()] as const
  for (const id of ids.slice(0, 2)) assert.equal(gist(await checkWrong(id)), '400 wrong_code')
  assert.equal(gist(await checkWrong(ids[2])), '410 attempts_exhausted')
  for (const id of ids) {
    assert.equal(await state(id), 'failed')
    assert.equal(gist(await checkRight(id)), '410 attempts_exhausted')
  }
  assert.equal((await request()).body.message_sent, true)
})

test('cancelling one of two verifications leaves the other alone; the last one out cancels at Vonage', async () => {
  await using gateway = await startGateway()
  const { start, cancel, checkRight, cancels, state } = verifying(gateway)
  const [first, second] = [await start(), await start()]
  await cancel(first)
  await gateway.clock.advance(60)
  assert.equal(cancels(), 0)
  assert.equal(await state(second), 'pending')
  const third = await start()
  await cancel(second)
  assert.equal(cancels(), 0)
  assert.equal(gist(await checkRight(third)), '200 verified')

  const [fourth, fifth] = [await start(), await start()]
  await gateway.clock.advance(60)
  await cancel(fourth)
  assert.equal(cancels(), 0)
  await cancel(fifth)
  await gateway.clock.advance(1)
  assert.equal(cancels(), 1)
})

test('another brand is told to wait, and nothing of the running verification', async () => {
  await using gateway = await startGateway()
  const { start, request, runs } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(10)
  const refused = await request({ brand: 'Umbrella' })
  assert.equal(gist(refused), '409 verification_pending')
  assert.equal(refused.headers.get('retry-after'), '290')
  assert.equal(refused.body.retry_after_seconds, 290)
  const own = [refused.headers.get('x-request-id') ?? '', refused.body.decision_id]
  const shown = own.reduce((text, id) => text.replace(id, ''), JSON.stringify([refused.body, [...refused.headers]]))
  assert.doesNotMatch(shown, /[0-9a-f]{32}/)
  assert.ok(!shown.includes(id))
  assert.ok(!('request_id' in refused.body))
  assert.equal(runs(), 1)
})

test('a number that Vonage verifies for somebody else is pending without an id', async () => {
  await using gateway = await startGateway()
  const { request, messages, runs } = verifying(gateway)
  await gateway.fault('/verify/json', { status: '10' })
  const refused = await request()
  assert.equal(gist(refused), '409 verification_pending')
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.ok(!('request_id' in refused.body))
  assert.doesNotMatch(JSON.stringify(refused.body), /[0-9a-f]{32}/)
  assert.equal((await request()).body.message_sent, true)
  assert.deepEqual([runs(), (await messages()).length], [2, 1])
})

test('a message with less than a minute to live is joined by nobody', async () => {
  await using gateway = await startGateway()
  const { start, request, messages } = verifying(gateway)
  await start()
  await gateway.clock.advance(240)
  assert.equal((await request()).body.message_sent, false)
  await gateway.clock.advance(1)
  const refused = await request()
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['409 verification_pending', '59'])
  await gateway.clock.advance(59)
  assert.equal((await request()).body.message_sent, true)
  assert.equal((await messages()).length, 2)
})

test('ten requests for one number at once send one message, and each gets an id of its own', async () => {
  await using gateway = await startGateway()
  const { request, runs, messages } = verifying(gateway)
  const answers = await Promise.all(Array.from({ length: 10 }, () => request()))
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(10).fill(200),
  )
  assert.equal(new Set(answers.map(({ body }) => body.request_id)).size, 10)
  assert.equal(answers.filter(({ body }) => body.message_sent).length, 1)
  assert.deepEqual([runs(), (await messages()).length], [1, 1])
})

test('twenty wrong codes at once reach Vonage three times at most', async () => {
  await using gateway = await startGateway()
  const { start, check, checkRight, checks } = verifying(gateway)
  const ids = [await start(), await start(), await start()]
  const wrong = await gateway.wrongCode(someNumber)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => check(ids[index % 3] ?? '', wrong)))
  assert.equal(checks(), 3)
  const counted = answers.filter((answer) => gist(answer) === '400 wrong_code').length
  // The second of the three may be the last one of its verification.
  assert.ok(counted === 1 || counted === 2, `${counted} wrong codes with tries left after them`)
  assert.equal(answers.filter((answer) => gist(answer) === '410 attempts_exhausted').length, 20 - counted)
  for (const id of ids) assert.equal(gist(await checkRight(id)), '410 attempts_exhausted')
})

test('the right code given with all who share a message at once verifies one of them', async () => {
  await using gateway = await startGateway()
  const { start, checkRight, state, checks } = verifying(gateway)
  const ids = [await start(), await start(), await start()]
  await Promise.all(ids.map((id) => checkRight(id)))
  const states = await Promise.all(ids.map((id) => state(id)))
  assert.deepEqual(states.sort(), ['superseded', 'superseded', 'verified'])
  assert.equal(checks(), 1)
})
