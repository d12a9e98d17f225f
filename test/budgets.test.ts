import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import type { TestGateway } from './support/gateway.ts'
import { startNodes } from './support/nodes.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { writtenPolicy } from './support/written-policy.ts'

const dayMs = 86_400_000
const off = { address: 'off', prefix: 'off', country: 'off', key: 'off', total: 'off' }
const prices = { default: { sms: 0.0333, tts: 0.05 } }

/** A policy with these budgets and no others, each as much as so many messages cost. */
function withBudgets(messages: Partial<Record<keyof typeof off, number>>, { mode = 'enforce', most = 100 } = {}) {
  const held = Object.entries(messages).map(([of, count]) => [of, { messages: count, euros: 100, most }])
  const budgets = { ...off, hold_out: { share: 0 }, ...Object.fromEntries(held) }
  return { TOLLGATE_POLICY: writtenPolicy(JSON.stringify({ mode, prices, budgets })) }
}

/** A number of the range 44770090, each another. */
const numberAt = (place: number) => `44770090${String(place).padStart(4, '0')}`
const asked = (gateway: TestGateway, place: number, more: Record<string, unknown> = {}) =>
  verifying(gateway, numberAt(place)).request(more)

async function newest(gateway: TestGateway) {
  return (await gateway.rest('GET', '/v1/decisions?limit=1')).body.decisions[0]
}

/** Four messages whose codes do not come back, two at a time. */
async function sendFour(on: Awaited<ReturnType<typeof startBeside>>): Promise<void> {
  for (const place of [1, 3]) {
    assert.equal(gist(await asked(on.gateway(), place)), '200 pending')
    assert.equal(gist(await asked(on.gateway(), place + 1)), '200 pending')
    await on.clock.advance(140)
  }
}

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

test('where much is asked for, challenges last five minutes the first time, and blocks as long as anywhere', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ country: 4 }) })
  const gateway = on.gateway()
  assert.equal(gist(await asked(gateway, 1)), '200 pending')
  const today = Math.floor(on.clock.now() / dayMs)
  const days = Array.from({ length: 7 }, (_, index) => [today - 8 + index, 20_000, 14_000, 0]).flat()
  const losing = (messages: number) =>
    on.sql(
      `update guard_levels set state = '[3,${messages * 33_300},${on.clock.now()},0,0,0,0,7,${days}]' where scope = 'country:GB'`,
    )
  await losing(4)
  assert.equal(gist(await asked(gateway, 2)), '403 challenge_required')
  await on.clock.advance(299)
  assert.equal(gist(await asked(gateway, 3)), '403 challenge_required')
  await on.clock.advance(1)
  assert.equal(gist(await asked(gateway, 4)), '200 pending')
  await losing(4)
  assert.equal(gist(await asked(gateway, 5)), '403 challenge_required')
  await on.clock.advance(240)
  await on.sql("update guard_levels set state = replace(state, '[3,', '[3,9') where scope = 'country:GB'")
  const blocked = await asked(gateway, 5)
  assert.deepEqual([gist(blocked), blocked.headers.get('retry-after')], ['429 quota_exceeded', '900'])
  await on.clock.advance(899)
  assert.equal(gist(await asked(gateway, 6)), '429 quota_exceeded')
  await on.clock.advance(1)
  assert.equal(gist(await asked(gateway, 7)), '200 pending')
})

for (const [form, written] of [
  ['first', (sums: string, slots: string) => `[1,${sums},[0,0,0],[],${slots},[[20431,7,3,120000]],[]]`],
  ['second', (sums: string, slots: string) => `[2,${sums},[],${slots},[[20431,7,3,120000]],[1,0.5]]`],
] as const) {
  test(`what earlier versions have written of a scope counts on: the ${form} form`, async () => {
    await using on = await startBeside('SQLite', { env: withBudgets({ country: 4 }) })
    const gateway = on.gateway()
    assert.equal(gist(await asked(gateway, 1)), '200 pending')
    const now = on.clock.now()
    const [sums, slots] = [`[33300,${now},0]`, `[[${now - 300_000},33300,0,0,0],[${now - 285_000},66600,0,0,0]]`]
    await on.sql(`update guard_levels set state = '${written(sums, slots)}' where scope = 'country:GB'`)
    assert.equal(gist(await asked(gateway, 2)), '403 challenge_required')
    const { rule, observed } = await newest(gateway)
    assert.deepEqual([rule, observed], ['budgets.country', 0.1665])
  })
}

test('what a later version has written of a scope is not taken for anything else', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ country: 4 }) })
  const gateway = on.gateway()
  assert.equal(gist(await asked(gateway, 1)), '200 pending')
  await on.sql("update guard_levels set state = '[4,0]' where scope = 'country:GB'")
  assert.equal((await asked(gateway, 2)).status, 500)
  assert.equal(on.vonage.calls.length, 1)
})

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

test('some of those over a budget are let through and marked, to the day’s money for that', async () => {
  const policy = {
    mode: 'enforce',
    prices,
    budgets: { ...off, prefix: { messages: 1, euros: 100 }, hold_out: { share: 0.1, day: 0.1 } },
  }
  await using on = await startBeside('SQLite', { env: { TOLLGATE_POLICY: writtenPolicy(JSON.stringify(policy)) } })
  const gateway = on.gateway()
  assert.equal(gist(await asked(gateway, 0)), '200 pending')
  let sent = 0
  for (let place = 1; place <= 400 && sent < 3; place += 1) {
    if ((await asked(gateway, place)).status === 200) sent += 1
  }
  assert.equal(sent, 3, 'of 400 at a tenth each')
  const { rule, answer, would, held_out } = await newest(gateway)
  assert.deepEqual([rule, answer, would, held_out], ['budgets.prefix', 'allow', 'challenge', true])
  const { body } = await gateway.rest('GET', '/v1/decisions?would=challenge')
  assert.equal(body.decisions.length, 3, 'the first was within its budget')
  for (let place = 401; place <= 500; place += 1) {
    assert.equal(gist(await asked(gateway, place)), '403 challenge_required', 'the money of the day is spent')
  }
})

test('the next message of one that was let through to see who it is counts in the day’s money for that', async () => {
  const hold_out = { share: 0.1, day: 0.1 }
  const budgets = { ...off, prefix: { messages: 1, euros: 100 }, hold_out }
  const policy = writtenPolicy(JSON.stringify({ mode: 'enforce', prices, budgets }))
  await using on = await startBeside('SQLite', { env: { TOLLGATE_POLICY: policy } })
  const gateway = on.gateway()
  assert.equal(gist(await asked(gateway, 0)), '200 pending')
  let place = 0
  const askUntilSent = async (last: number) => {
    for (place += 1; place <= last; place += 1) {
      const { status, body } = await asked(gateway, place)
      if (status === 200) return String(body.request_id)
    }
    return undefined
  }
  const id = (await askUntilSent(400)) ?? ''
  await on.clock.advance(61)
  assert.equal(gist(await verifying(gateway, numberAt(place)).next(id)), '200 pending')
  const { kind, rule, would, held_out } = await newest(gateway)
  assert.deepEqual([kind, rule, would, held_out], ['next', 'budgets.prefix', 'challenge', true])
  const last = await askUntilSent(800)
  assert.ok(last, 'of three there is one left')
  const lastRun = verifying(gateway, numberAt(place))
  assert.equal(await askUntilSent(1000), undefined, 'and then none')
  await on.clock.advance(61)
  assert.equal(gist(await lastRun.next(last)), '200 pending')
  const beyond = await newest(gateway)
  assert.deepEqual(
    [beyond.kind, beyond.rule, beyond.held_out, beyond.would],
    ['next', 'budgets.prefix', undefined, undefined],
  )
})

test('a message that costs little is held to as much money as those before it', async () => {
  const policy = {
    mode: 'enforce',
    prices: { default: { sms: 0.1 }, regions: { US: { sms: 0.01 } } },
    budgets: { ...off, total: { messages: 10, euros: 100 }, hold_out: { share: 0 } },
  }
  await using on = await startBeside('SQLite', { env: { TOLLGATE_POLICY: writtenPolicy(JSON.stringify(policy)) } })
  const gateway = on.gateway()
  for (const place of [1, 2, 3, 4, 5]) assert.equal(gist(await asked(gateway, place)), '200 pending')
  await on.clock.advance(140)
  assert.equal(gist(await verifying(gateway, '12015550123').request()), '200 pending')
  assert.equal(gist(await asked(gateway, 6)), '200 pending')
})

test('what a budget had challenged is let through once that budget is off', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ country: 4 }) })
  await sendFour(on)
  assert.equal(gist(await asked(on.gateway(), 7)), '403 challenge_required')
  await on.restart(withBudgets({ prefix: 1000 }))
  assert.equal(gist(await asked(on.gateway(), 8)), '200 pending')
  await on.restart(withBudgets({ country: 4 }))
  assert.equal(gist(await asked(on.gateway(), 9)), '403 challenge_required', 'it is known all the same')
})

test('a next message over a budget is sent, and its decision says so; in record mode what would be blocked too', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ country: 4 }) })
  const run = verifying(on.gateway(), numberAt(50))
  const losing = (messages: number) =>
    on.sql(
      `update guard_levels set state = '[3,${messages * 33_300},${on.clock.now()},0,0,0,0,0]' where scope = 'country:GB'`,
    )
  const id = await run.start()
  await losing(5)
  await on.clock.advance(61)
  assert.equal(gist(await run.next(id)), '200 pending')
  const sent = await newest(on.gateway())
  assert.deepEqual([sent.kind, sent.answer, sent.rule, sent.limit], ['next', 'allow', 'budgets.country', 0.1332])
  await on.restart(withBudgets({ country: 4 }, { mode: 'record' }))
  await losing(50)
  await on.clock.advance(61)
  assert.equal(gist(await verifying(on.gateway(), numberAt(50)).next(id)), '200 pending')
  const { would, rule } = await newest(on.gateway())
  assert.deepEqual([would, rule], ['block', 'budgets.country'])
})

test('many people behind one address have more room there once it has a past', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ address: 4 }) })
  const gateway = on.gateway()
  const context = { ip: '203.0.113.7' }
  assert.equal(gist(await asked(gateway, 1, { context })), '200 pending')
  const now = on.clock.now()
  const losing = async (days: number[][]) =>
    on.sql(
      `update guard_levels set state = '[3,133200,${now},0,0,0,0,${days.length}${days.map((day) => `,${day}`).join('')}]' where scope like 'address:%'`,
    )
  const today = Math.floor(now / dayMs)
  const past = Array.from({ length: 7 }, (_, index) => [today - 8 + index, 1000, 600, 20_000_000])
  await losing(past)
  assert.equal(gist(await asked(gateway, 2, { context })), '200 pending')
  await losing([])
  assert.equal(gist(await asked(gateway, 3, { context })), '403 challenge_required')
  await losing(past)
  await on.restart(withBudgets({ address: 4 }, { most: 0.15 }))
  assert.equal(gist(await asked(on.gateway(), 4, { context })), '403 challenge_required', 'so much and no more')
})

for (const kind of ['prefix', 'country', 'key', 'total'] as const) {
  test(`of many who ask three nodes at once no more get a message than the budget has, by ${kind}`, async () => {
    await using vonage = await startVonageApart()
    await using cluster = await startNodes(vonage, { count: 3, env: withBudgets({ [kind]: 10 }) })
    const places = Array.from({ length: 30 }, (_, place) => place)
    const answers = await Promise.all(
      places.map((place) => verifying(cluster.nodes[place % 3] as TestGateway, numberAt(place)).request()),
    )
    const sent = answers.filter(({ status }) => status === 200)
    assert.deepEqual([sent.length, vonage.calls.filter(({ path }) => path === '/verify/json').length], [6, 6])
  })
}

test('nobody has to give way where many ask three nodes at once, from an address that is new', async () => {
  await using vonage = await startVonageApart()
  const env = { TOLLGATE_POLICY: writtenPolicy('mode: record') }
  await using cluster = await startNodes(vonage, { count: 3, env })
  for (let round = 0; round < 12; round += 1) {
    const context = { ip: `198.51.100.${round}` }
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, place) =>
        asked(cluster.nodes[place % 3] as TestGateway, 12 * round + place, { context }),
      ),
    )
    assert.deepEqual(new Set(answers.map(gist)), new Set(['200 pending']))
  }
})
