import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

const drama = '447700900123'

/** What was decided, the oldest first. */
async function decided(gateway: TestGateway, query = '', headers = {}) {
  const { status, body } = await gateway.rest('GET', `/v1/decisions?limit=100${query}`, undefined, headers)
  assert.equal(status, 200, JSON.stringify(body))
  return body.decisions.toReversed()
}

for (const engine of engines) {
  test(`${engine}: each message that is let through has its decision, with what became of it`, async () => {
    await using on = await startBeside(engine, { env: { TOLLGATE_WORKFLOW_ID: '4' } })
    const gateway = on.gateway()
    const run = verifying(gateway, drama)
    const [id, other] = [await run.start(), await run.start()]
    await on.clock.advance(60)
    await run.next(id)
    assert.equal(gist(await run.check(id, on.vonage.simulator.messages(drama).at(-1)?.code ?? '')), '200 verified')
    const decisions = await decided(gateway)
    const of = {
      caller: 'local',
      prefix: '44770090',
      country: 'GB',
      line_type: 'mobile',
      channels: ['sms'],
      context: [],
      in_lane: false,
    }
    const said = { ...of, answer: 'allow', policy: decisions[0].policy }
    const [first, second, third] = decisions.map(({ at, ...rest }: { at: string }) => rest)
    assert.deepEqual(first, {
      ...said,
      decision_id: id,
      request_id: id,
      kind: 'request',
      state: 'verified',
      expected_cost: '0.08',
      messages: 2,
    })
    assert.deepEqual(second, {
      ...said,
      decision_id: other,
      request_id: other,
      kind: 'request',
      state: 'superseded',
      expected_cost: '0.00',
      messages: 0,
    })
    const { decision_id, ...next } = third
    assert.deepEqual(next, {
      ...said,
      request_id: id,
      kind: 'next',
      state: 'verified',
      expected_cost: '0.00',
      messages: 0,
    })
    assert.equal(decisions.length, 3)
    assert.match(decision_id, /^[0-9a-f]{32}$/)
  })
}

/** Each rule that refuses a message, with its figures. */
const refusals: {
  rule: string
  figures?: [observed: number, limit: number]
  env?: Record<string, string>
  refuse(gateway: TestGateway): Promise<{ status: number; body: { decision_id?: string } }>
}[] = [
  {
    rule: 'TOLLGATE_COUNTRIES',
    env: { TOLLGATE_COUNTRIES: 'SE' },
    refuse: (gateway) => verifying(gateway, drama).request(),
  },
  {
    rule: 'line_types.refuse',
    refuse: (gateway) => verifying(gateway, '+44 909 879 0000').request(),
  },
  {
    rule: 'overrides.1',
    env: {
      TOLLGATE_POLICY: writtenPolicy(`
overrides:
- {country: FR, action: block, reason: a test, until: 2027-01-01}
- {prefix: +4477009, action: block, reason: a test, until: 2027-01-01}`),
    },
    refuse: (gateway) => verifying(gateway, drama).request(),
  },
  {
    rule: 'TOLLGATE_SENDS_PER_NUMBER',
    figures: [2, 1],
    env: { TOLLGATE_SENDS_PER_NUMBER: '5/1h,1/10m' },
    async refuse(gateway) {
      const run = verifying(gateway, drama)
      await run.checkRight(await run.start())
      return run.request()
    },
  },
  {
    rule: 'TOLLGATE_DAILY_SENDS',
    figures: [3, 2],
    env: { TOLLGATE_DAILY_SENDS: '2', TOLLGATE_WORKFLOW_ID: '4' },
    async refuse(gateway) {
      const run = verifying(gateway, drama)
      const id = await run.start()
      await gateway.clock.advance(200)
      await run.checkRight(id)
      return verifying(gateway, '447700900124').request({ workflow_id: 6 })
    },
  },
  {
    rule: 'guesses',
    figures: [12, 10],
    env: { TOLLGATE_SENDS_PER_NUMBER: '10/1h' },
    async refuse(gateway) {
      const run = verifying(gateway, drama)
      for (let runs = 0; runs < 3; runs += 1) {
        const id = await run.start()
        for (let tries = 0; tries < 3; tries += 1) await run.checkWrong(id)
      }
      return run.request()
    },
  },
  {
    rule: 'pending',
    async refuse(gateway) {
      await verifying(gateway, drama).start()
      return verifying(gateway, drama).request({ brand: 'Other' })
    },
  },
  {
    rule: 'too_early',
    figures: [20, 60],
    async refuse(gateway) {
      const run = verifying(gateway, drama)
      const id = await run.start()
      await gateway.clock.advance(20)
      return run.next(id)
    },
  },
  {
    rule: 'kill_switch',
    env: { TOLLGATE_POLICY: writtenPolicy('kill_switch: true') },
    refuse: (gateway) => verifying(gateway, drama).request(),
  },
]

for (const { rule, figures, env = {}, refuse } of refusals) {
  test(`what ${rule} refuses has a decision with that rule and its figures, which the refusal names`, async () => {
    await using gateway = await startGateway({ env })
    const { body, status } = await refuse(gateway)
    assert.ok(status >= 400)
    const last = (await decided(gateway, '&answer=block')).at(-1)
    assert.equal(last.decision_id, body.decision_id)
    assert.deepEqual([last.rule, last.observed, last.limit], [rule, figures?.[0], figures?.[1]])
    assert.deepEqual([last.messages, last.request_id, last.state], [0, undefined, undefined])
  })
}

test('what bounds a key refuses has a decision with the key’s bound', async () => {
  await using gateway = await startGateway()
  const key = await makeKey(gateway, {
    name: 'shop',
    bounds: { brands: ['Acme'], countries: ['GB'], dailySends: 1, context: ['session_id'] },
  })
  const ops = await makeKey(gateway, { name: 'ops', scopes: ['admin'] })
  const ask = async (number: string, more: Record<string, unknown> = {}) => {
    await gateway.clock.advance(1)
    const input = { number, brand: 'Acme', context: { session_id: 's' }, ...more }
    return (await gateway.rest('POST', '/v1/verifications', input, bearer(key))).status
  }
  assert.equal(await ask(drama, { context: {} }), 422)
  assert.deepEqual(
    [await ask(drama, { brand: 'Other' }), await ask('33612345678'), await ask(drama), await ask('447700900124')],
    [403, 403, 200, 429],
  )
  const decisions = await decided(gateway, '&caller=shop', bearer(ops))
  assert.deepEqual(
    decisions.map(({ rule, observed, limit }: Record<string, unknown>) => [rule, observed, limit]),
    [
      ['key.context', undefined, undefined],
      ['key.brands', undefined, undefined],
      ['key.countries', undefined, undefined],
      [undefined, undefined, undefined],
      ['key.daily_sends', 2, 1],
    ],
  )
  const { status } = await gateway.rest('GET', '/v1/decisions', undefined, bearer(key))
  assert.equal(status, 403)
})

test('a message that is asked for under one key twice is decided once', async () => {
  await using gateway = await startGateway()
  const ask = () =>
    gateway.rest('POST', '/v1/verifications', { number: drama, brand: 'Acme' }, { 'idempotency-key': 'k' })
  await Promise.all([ask(), ask()])
  await ask()
  assert.equal((await decided(gateway)).length, 1)
})

test('decisions are listed by time, prefix and rule, and pages go on where one ended', async () => {
  await using gateway = await startGateway({ env: { TOLLGATE_COUNTRIES: 'GB' } })
  for (const number of ['447700900001', '33612345678', '447700900002', '447700900003']) {
    await verifying(gateway, number).request()
    await gateway.clock.advance(1)
  }
  const found = async (query: string) =>
    (await decided(gateway, query)).map(({ at }: { at: string }) => at.slice(17, 19))
  assert.deepEqual(await found('&prefix=44770'), ['00', '02', '03'])
  assert.deepEqual(await found('&rule=TOLLGATE_COUNTRIES&country=FR'), ['01'])
  assert.deepEqual(await found('&since=2026-01-01T12:00:01Z&until=2026-01-01T13:00:03%2B01:00'), ['01', '02'])
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await gateway.rest('GET', `/v1/decisions?limit=3${cursor}`)
    seen.push(...body.decisions.map(({ decision_id }: { decision_id: string }) => decision_id))
    cursor = body.next_cursor === undefined ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  assert.equal(new Set(seen).size, 4)
  for (const query of ['answer=maybe', 'since=soon', 'prefix=x', 'cursor=1', 'limit=0', 'country=GBR'])
    assert.equal((await gateway.rest('GET', `/v1/decisions?${query}`)).status, 422, query)
})

test('decisions are kept for 90 days', async () => {
  await using on = await startBeside('SQLite')
  await verifying(on.gateway(), drama).start()
  const pass = async (days: number) => {
    await on.sql(`update decisions set at = at - ${days * 86_400_000}`)
    await on.clock.advance(3600)
  }
  await pass(89)
  assert.equal((await decided(on.gateway())).length, 1)
  await pass(1)
  assert.deepEqual(await decided(on.gateway()), [])
})

test('conversion is told by country, prefix, caller and hour, without what is pending', async () => {
  await using gateway = await startGateway()
  for (const [number, isRight] of Object.entries({ 447700900001: true, 447700900002: false, 12025550101: true })) {
    const run = verifying(gateway, number)
    const id = await run.start()
    if (isRight) await run.checkRight(id)
    else await run.start()
  }
  await gateway.fault('/verify/json', { status: '3' })
  await verifying(gateway, '447700900003').request()
  const told = async (query: string) => (await gateway.rest('GET', `/v1/conversion${query}`)).body
  const { groups, ...times } = await told('')
  assert.deepEqual(times, { by: 'country', since: '2025-12-31T12:00:00.000Z', until: '2026-01-01T12:00:00.000Z' })
  assert.deepEqual(groups, [], 'what is asked for now is not before now')
  await gateway.clock.advance(1)
  assert.deepEqual((await told('')).groups, [
    { name: 'GB', requested: 2, verified: 1, pending: 1, conversion: 1 },
    { name: 'US', requested: 1, verified: 1, pending: 0, conversion: 1 },
  ])
  await gateway.clock.advance(400)
  const [first] = (await told('?by=prefix&limit=1')).groups
  assert.deepEqual(first, { name: '44770090', requested: 2, verified: 1, pending: 0, conversion: 0.5 })
  assert.deepEqual((await told('?by=hour')).groups, [
    { name: '2026-01-01T12:00:00.000Z', requested: 3, verified: 2, pending: 0, conversion: 0.667 },
  ])
  const hour = { name: '2026-01-01T12:00:00.000Z', pending: 0 }
  for (const query of ['country=GB', 'prefix=44770', 'country=GB&prefix=44770090&caller=local']) {
    const ofSome = [{ ...hour, requested: 2, verified: 1, conversion: 0.5 }]
    assert.deepEqual((await told(`?by=hour&${query}`)).groups, ofSome, query)
  }
  assert.deepEqual((await told('?by=hour&country=GB&prefix=1')).groups, [])
  assert.deepEqual((await told('?caller=another')).groups, [])
  assert.deepEqual((await told('?by=caller&since=2026-01-01T12:00:01Z')).groups, [])
  assert.equal((await gateway.rest('GET', '/v1/conversion?by=brand')).status, 422)
})
