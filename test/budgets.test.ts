import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { asked, newest, numberAt, off, prices, sendFour, withBudgets } from './support/budgeted.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

for (const engine of engines) {
  test(`${engine}: so much may be on its way to a range, and more once codes come back`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ prefix: 4 }) })
    const gateway = on.gateway()
    const first = await asked(gateway, 1)
    assert.equal(gist(first), '200 pending')
    assert.equal(gist(await asked(gateway, 2)), '200 pending')
    assert.equal(gist(await asked(gateway, 3)), '403 challenge_required')
    const { answer, rule, observed, limit, messages } = await newest(gateway)
    assert.deepEqual([answer, rule, messages], ['challenge', 'budgets.prefix', 0])
    assert.deepEqual([observed, limit], [0.0999, 0.07992])
    assert.equal(on.vonage.calls.length, 2)
    assert.equal(gist(await verifying(gateway, '447400900001').request()), '200 pending', 'another range is none of it')

    assert.equal(gist(await verifying(gateway, numberAt(1)).checkRight(first.body.request_id)), '200 verified')
    assert.equal(gist(await asked(gateway, 3)), '200 pending')
    assert.equal(gist(await asked(gateway, 4)), '200 pending')
    await on.clock.advance(1)
    assert.equal(gist(await asked(gateway, 5)), '200 pending')
    assert.equal(gist(await asked(gateway, 6)), '403 challenge_required')
  })

  test(`${engine}: codes that never come back are challenged, for a quarter of an hour and then for longer`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ country: 4 }) })
    const gateway = on.gateway()
    await sendFour(on)
    const refused = await asked(gateway, 7)
    assert.equal(gist(refused), '403 challenge_required')
    assert.match(refused.body.decision_id, /^[0-9a-f]{32}$/)
    const { rule, observed, limit } = await newest(gateway)
    assert.deepEqual([rule, limit], ['budgets.country', 0.1332])
    assert.ok(observed > 0.1332 && observed <= 0.1665, `five messages, of which time has taken a little: ${observed}`)

    const { challenge_token } = refused.body
    assert.equal(gist(await asked(gateway, 7, { challenge_token })), '200 pending', 'a person gets it')
    assert.deepEqual([(await newest(gateway)).answer, (await newest(gateway)).rule], ['allow', 'budgets.country'])
    await on.clock.advance(880)
    for (const place of [8, 12]) assert.equal(gist(await asked(gateway, place)), '403 challenge_required')
    await on.clock.advance(30)
    assert.equal(gist(await asked(gateway, 9)), '200 pending', 'the first time it is over after 15 minutes')
    await on.clock.advance(140)
    assert.equal(gist(await asked(gateway, 10)), '403 challenge_required')
    await on.clock.advance(920)
    assert.equal(gist(await asked(gateway, 11)), '403 challenge_required')
    await on.clock.advance(890)
    assert.equal(gist(await asked(gateway, 13)), '200 pending', 'the second time after half an hour')
  })

  test(`${engine}: where all but one of the challenged bring a proof, half of a budget is free again`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ country: 4 }) })
    const gateway = on.gateway()
    await sendFour(on)
    const { challenge_token } = (await asked(gateway, 5)).body
    assert.equal(gist(await asked(gateway, 5, { challenge_token })), '200 pending')
    assert.equal(gist(await asked(gateway, 6)), '403 challenge_required')
    await on.clock.advance(910)
    for (const place of [7, 8]) assert.equal(gist(await asked(gateway, place)), '200 pending')
    await on.clock.advance(140)
    assert.equal(gist(await asked(gateway, 9)), '403 challenge_required')
  })

  test(`${engine}: where even those who bring proofs do not bring codes back, nothing is sent for a while`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ total: 1 }) })
    const gateway = on.gateway()
    const refusals: string[] = []
    for (let place = 1; place < 9; place += 1) {
      const answer = await asked(gateway, place)
      const { challenge_token } = answer.body
      const again = challenge_token ? await asked(gateway, place, { challenge_token }) : answer
      refusals.push(gist(again))
      await on.clock.advance(140)
    }
    assert.deepEqual(refusals, [...Array(4).fill('200 pending'), ...Array(4).fill('429 quota_exceeded')])
    const { answer, rule, observed, limit } = await newest(gateway)
    assert.deepEqual([answer, rule, limit], ['block', 'budgets.total', 0.1332])
    assert.ok(observed > limit)
  })

  test(`${engine}: in record mode everything is sent, and it is written down what would have been challenged`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ prefix: 4 }, { mode: 'record' }) })
    const gateway = on.gateway()
    for (const place of [1, 2, 3, 4]) assert.equal(gist(await asked(gateway, place)), '200 pending')
    const { body } = await gateway.rest('GET', '/v1/decisions')
    const told = body.decisions.map(({ would, rule }: { would?: string; rule?: string }) => [would, rule])
    const shadow = ['challenge', 'budgets.prefix']
    assert.deepEqual(told, [shadow, shadow, [undefined, undefined], [undefined, undefined]])
    assert.deepEqual(
      body.decisions.slice(0, 2).map(({ observed }: { observed: number }) => observed),
      [0.0999, 0.0999],
      'what would not have been sent does not count',
    )
    await on.clock.advance(140)
    const late = ['447700900005', '447700900006'].map((number) => verifying(gateway, number))
    const ids = await Promise.all(late.map((one) => one.start({ pin_expiry: 600 })))
    await asked(gateway, 7)
    await on.clock.advance(140)
    await asked(gateway, 8)
    const tripped = await newest(gateway)
    assert.deepEqual([tripped.would, tripped.rule, tripped.limit], ['challenge', 'budgets.prefix', 0.1332])
    for (const [index, one] of late.entries()) await one.checkRight(ids[index] ?? '')
    assert.equal(gist(await asked(gateway, 9)), '200 pending')
    assert.equal((await newest(gateway)).would, 'challenge', 'for as long as in enforce mode, whatever came back')
  })

  test(`${engine}: what Vonage refuses and what is called off takes nothing from a budget`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ prefix: 4 }) })
    const gateway = on.gateway()
    for (const place of [1, 2, 3]) {
      await gateway.fault('/verify/json', { status: '3' })
      assert.notEqual((await asked(gateway, place)).status, 403)
    }
    const twice = verifying(gateway, numberAt(1))
    const id = await twice.start({ workflow_id: 4 })
    assert.equal(gist(await asked(gateway, 2)), '403 challenge_required', 'its second message is reserved')
    await twice.cancel(id)
    await on.clock.advance(40)
    assert.equal(gist(await asked(gateway, 2)), '200 pending')
  })
}

test('what is known of a scope takes no more room as time goes on, whether it has a budget or not', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ total: 1000 }) })
  const gateway = on.gateway()
  for (let place = 1; place <= 40; place += 1) {
    assert.equal(gist(await asked(gateway, place)), '200 pending')
    await on.clock.advance(20)
  }
  const { guard_levels: levels } = await on.text()
  assert.equal(levels?.length, 4)
  for (const level of levels ?? []) assert.ok(level.length < 500, level)
})

test('what Vonage blocks for fraud counts as a message that led to nothing', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ prefix: 4 }) })
  const gateway = on.gateway()
  for (const place of [1, 2]) {
    await gateway.fault('/verify/json', { status: '7' })
    assert.equal(gist(await asked(gateway, place)), '403 network_blocked')
  }
  assert.equal(gist(await asked(gateway, 3)), '403 challenge_required')
})

test('a policy says how many messages a number gets, in place of the setting', async () => {
  const policy = writtenPolicy('{budgets: {number: [2/10m, 3/24h]}}')
  await using on = await startBeside('SQLite', { env: { TOLLGATE_POLICY: policy, TOLLGATE_SENDS_PER_NUMBER: '1/10m' } })
  const gateway = on.gateway()
  const run = verifying(gateway, numberAt(1))
  for (const _ of ['first', 'second']) await run.checkRight(await run.start())
  const refused = await run.request()
  assert.deepEqual([gist(refused), refused.headers.get('retry-after')], ['429 quota_exceeded', '600'])
  const { rule, observed, limit } = await newest(gateway)
  assert.deepEqual([rule, observed, limit], ['budgets.number', 3, 2])
})

/** How many messages are beyond what the usual conversion explains. */
async function excess(on: Awaited<ReturnType<typeof startBeside>>): Promise<number> {
  await on.clock.advance(140)
  assert.equal(gist(await asked(on.gateway(), 500)), '200 pending', 'those before it are too old now')
  await on.restart(withBudgets({ country: 1 }))
  assert.notEqual((await asked(on.gateway(), 501)).status, 200)
  return Math.round((await newest(on.gateway())).observed / 0.0333 - 1)
}

for (const engine of engines) {
  test(`${engine}: a success gives back its own share, and nothing for messages that did not go out`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ country: 40 }) })
    for (let place = 0; place < 20; place += 1) assert.equal(gist(await asked(on.gateway(), place)), '200 pending')
    for (let place = 20; place < 24; place += 1) {
      const run = verifying(on.gateway(), numberAt(place))
      const id = await run.start({ workflow_id: 1 })
      const code = on.vonage.simulator.messages(numberAt(place)).at(-1)?.code ?? ''
      assert.equal(gist(await run.check(id, code)), '200 verified')
    }
    assert.equal(await excess(on), 15, '24 less twice the four, and a margin')
  })

  test(`${engine}: a message that is brought forward counts once`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ country: 40 }) })
    for (let place = 0; place < 3; place += 1) {
      const run = verifying(on.gateway(), numberAt(place))
      const id = await run.start({ workflow_id: 4 })
      await on.clock.advance(61)
      assert.equal(gist(await run.next(id)), '200 pending')
    }
    assert.equal(await excess(on), 6)
  })

  test(`${engine}: a next message that Vonage refuses counts no more`, async () => {
    await using on = await startBeside(engine, { env: withBudgets({ country: 40 }) })
    const run = verifying(on.gateway(), numberAt(0))
    const id = await run.start()
    for (let time = 0; time < 4; time += 1) {
      await on.clock.advance(61)
      await on.gateway().fault('/verify/control/json', { status: '19' })
      assert.equal(gist(await run.next(id)), '409 not_now')
    }
    assert.equal(await excess(on), 1)
  })

  test(`${engine}: a run that takes the place of another reserves all of its messages`, async () => {
    const policy = { mode: 'enforce', prices, budgets: off, spend: { total: { day: 0.11 } } }
    await using on = await startBeside(engine, { env: { TOLLGATE_POLICY: writtenPolicy(JSON.stringify(policy)) } })
    const run = verifying(on.gateway(), numberAt(0))
    const id = await run.start({ workflow_id: 4 })
    await on.clock.advance(61)
    assert.equal(gist(await run.next(id)), '200 pending')
    await on.clock.advance(61)
    assert.equal(gist(await run.next(id)), '429 quota_exceeded', 'four messages are beyond three')
    assert.equal((await newest(on.gateway())).rule, 'spend.total.day')
  })
}

test('whoever the policy has challenged by name is in the budgets like others', async () => {
  const until = '2099-01-01T00:00:00Z'
  const overrides = [{ prefix: '44770090', action: 'challenge', reason: 'seen before', until }]
  const budgets = { ...off, country: { messages: 1, euros: 100 }, hold_out: { share: 0 } }
  const policy = { mode: 'enforce', prices, overrides, budgets }
  await using on = await startBeside('SQLite', { env: { TOLLGATE_POLICY: writtenPolicy(JSON.stringify(policy)) } })
  const gateway = on.gateway()
  const answers: string[] = []
  for (let place = 0; place < 6; place += 1) {
    const { challenge_token } = (await asked(gateway, place)).body
    answers.push(gist(await asked(gateway, place, { challenge_token })))
    await on.clock.advance(140)
  }
  assert.deepEqual(answers, [...Array(4).fill('200 pending'), ...Array(2).fill('429 quota_exceeded')])
  assert.equal((await newest(gateway)).rule, 'budgets.country')
})

test('in record mode what a written rule would have had challenged fills no budget', async () => {
  const policy = { mode: 'record', prices, line_types: { challenge: ['mobile'] } }
  await using on = await startBeside('SQLite', { env: { TOLLGATE_POLICY: writtenPolicy(JSON.stringify(policy)) } })
  for (let place = 0; place < 6; place += 1) {
    const run = verifying(on.gateway(), numberAt(place))
    const id = await run.start()
    await on.clock.advance(61)
    assert.equal(gist(await run.next(id)), '200 pending')
  }
  const { rule, would } = await newest(on.gateway())
  assert.deepEqual([rule, would], ['line_types.challenge', 'challenge'], 'of the next message too')
  await on.clock.advance(140)
  await on.restart(withBudgets({ country: 1 }))
  assert.equal(gist(await asked(on.gateway(), 500)), '200 pending')
})
