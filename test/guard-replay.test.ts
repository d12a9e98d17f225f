import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

for (const engine of engines) {
  test(`${engine}: a replay knows what went on before the time that it tells of`, async () => {
    await using on = await startBeside(engine, { env: { TOLLGATE_POLICY: writtenPolicy('mode: record') } })
    const ask = async (place: number) =>
      assert.equal(gist(await verifying(on.gateway(), `44770090012${place}`).request()), '200 pending')
    for (let place = 0; place < 3; place += 1) {
      await ask(place)
      await on.sql('update decisions set at = at - 140000')
    }
    await on.sql('update decisions set at = at - 600000')
    await ask(3)
    await on.stop()
    const file = join(on.folder, 'other.yaml')
    writeFileSync(file, 'budgets: {prefix: off, key: off, total: off, country: {messages: 2}}')
    const { stdout } = await on.command(['guard', 'replay', '--policy', file, '--since', '10m'])
    const { messages, by_rule } = JSON.parse(stdout)
    assert.deepEqual([messages, by_rule.length, by_rule[0]?.requests], [1, 1, 1])
  })

  test(`${engine}: another policy is run over what was asked for, and says whom it would have refused`, async () => {
    const env = {
      TOLLGATE_POLICY: writtenPolicy('{countries: {regions: {FR: block}}, prices: {default: {sms: 0.0333}}}'),
      TOLLGATE_DAILY_SENDS: '6',
    }
    await using on = await startBeside(engine, { env })
    const gateway = on.gateway()
    const ask = (number: string) => verifying(gateway, number).request()
    for (const number of ['447700900123', '447700900124', '447700900125'])
      assert.equal(gist(await ask(number)), '200 pending')
    const honest = await ask('447700900126')
    const run = verifying(gateway, '447700900126')
    assert.equal(gist(await run.checkRight(honest.body.request_id)), '200 verified')
    assert.equal(gist(await ask('33612345678')), '403 country_not_allowed')
    for (const number of ['12015550123', '12015550124']) assert.equal(gist(await ask(number)), '200 pending')
    assert.equal(gist(await ask('12015550125')), '429 quota_exceeded', 'a cap of the gateway is nothing of the policy')
    await on.sql(`update decisions set at = at - ${hourMs}`)
    await on.sql(`update verifications set ended_at = ended_at - ${hourMs} where ended_at is not null`)
    await on.stop()
    const before = await on.text()

    const replayed = async (policy: string, ...words: string[]) => {
      const file = join(on.folder, 'other.yaml')
      writeFileSync(file, policy)
      const { code, stdout, stderr } = await on.command(['guard', 'replay', '--policy', file, ...words])
      assert.equal(code, 0, stderr)
      return { told: JSON.parse(stdout), stderr }
    }
    const { told, stderr } = await replayed('countries: {regions: {GB: block}}')
    assert.match(stderr, /100 % of 8 requests/)
    assert.deepEqual([told.messages, told.let_through], [7, 1])
    const refused = { answer: 'block', requests: 4, verified: 1, unknown: 0, saved: 0.0999, harm: [0.25, 0.25] }
    assert.deepEqual(told.by_rule, [{ rule: 'countries.regions.GB', ...refused }])
    assert.deepEqual(told.by_country, [{ country: 'GB', ...refused }])

    const same = (await replayed('countries: {regions: {FR: block}}')).told
    const unknown = { answer: 'block', requests: 1, verified: 0, unknown: 1, saved: 0, harm: [0, 1] }
    assert.deepEqual(same.by_country, [{ country: 'FR', ...unknown }])

    const tight = (await replayed('budgets: {country: off, key: off, total: off, prefix: {messages: 2}}')).told
    const [first] = tight.by_rule
    assert.deepEqual([first.rule, first.answer], ['budgets.prefix', 'challenge'])
    assert.ok(first.requests >= 2, JSON.stringify(tight))
    assert.equal((await replayed('kill_switch: true', '--since', '10m')).told.messages, 0)
    assert.deepEqual(await on.text(), before, 'nothing is written')
  })
}

type On = Awaited<ReturnType<typeof startBeside>>

/** As if all of it had been so long ago. */
async function ago(on: On, hours = 1): Promise<void> {
  const ms = hours * hourMs
  await on.sql(`update decisions set at = at - ${ms}`)
  await on.sql(`update verifications set ended_at = ended_at - ${ms} where ended_at is not null`)
  await on.sql(`update runs set ended_at = ended_at - ${ms} where ended_at is not null`)
  await on.stop()
}

/** What a policy would have refused, by its rules. */
async function replayed(on: On, policy: string): Promise<[rule: string, requests: number, saved: number][]> {
  const { by_rule } = await report(on, policy)
  return by_rule.map(({ answer, rule, requests, saved }: Record<string, never>) => [
    `${answer} ${rule}`,
    requests,
    saved,
  ])
}

async function report(on: On, policy: string, ...words: string[]) {
  const file = join(on.folder, 'other.yaml')
  writeFileSync(file, `{prices: {default: {sms: 0.0333, tts: 0.05}}, ${policy}}`)
  const { code, stdout, stderr } = await on.command(['guard', 'replay', '--policy', file, ...words])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

for (const engine of engines) {
  test(`${engine}: caps are replayed, and what a run that is over has not sent does not count`, async () => {
    const env = { TOLLGATE_POLICY: writtenPolicy('{prices: {default: {sms: 0.0333, tts: 0.05}}}') }
    await using on = await startBeside(engine, { env })
    const verified = verifying(on.gateway(), '447700900120')
    const first = await verified.start({ workflow_id: 1 })
    await on.clock.advance(60)
    assert.equal(gist(await verified.checkRight(first)), '200 verified')
    assert.equal(gist(await verified.request()), '200 pending')
    const cancelled = verifying(on.gateway(), '33612345678')
    const second = await cancelled.start({ workflow_id: 2 })
    await on.clock.advance(60)
    assert.equal(gist(await cancelled.cancel(second)), '200 cancelled')
    await on.clock.advance(1)
    await ago(on)
    const none = 'countries: {default: allow}'
    assert.deepEqual(await replayed(on, none), [])
    assert.deepEqual(await replayed(on, 'countries: {default: block}'), [['block countries.default', 3, 0.0666]])
    // EUR 0.0333 and 0.10 of which nothing is spent, 0.0333, and 0.1166 of which 0.0333 is.
    for (const [caps, rule] of [
      ['total: {day: 0.183}', 'spend.total.day'],
      ['total: {month: 0.183}', 'spend.total.month'],
      ['countries: {FR: {day: 0.116}}', 'spend.countries.FR.day'],
      ['keys: {local: {day: 0.183}}', 'spend.keys.local.day'],
    ] as const) {
      assert.deepEqual(await replayed(on, `spend: {${caps}}`), [[`block ${rule}`, 1, 0.0333]], caps)
    }
    assert.deepEqual(await replayed(on, 'spend: {total: {day: 0.184}, countries: {FR: {month: 0.117}}}'), [])
    assert.deepEqual(await replayed(on, 'budgets: {number: [1/10m]}'), [['block budgets.number', 2, 0.0333]])
    assert.deepEqual(await replayed(on, 'budgets: {number: [3/10m]}'), [])
  })
}

test('the messages of a known person leave those alone that strangers have asked for', async () => {
  await using on = await startBeside('SQLite', {})
  const person = verifying(on.gateway(), '447700900121')
  const context = { account_id: 'mine' }
  await person.checkRight(await person.start({ context }))
  await on.clock.advance(25 * 3600)
  const stranger = await person.start()
  await on.clock.advance(1)
  await person.checkRight(stranger)
  await on.clock.advance(1)
  await person.checkRight(await person.start({ context, workflow_id: 1 }))
  await on.clock.advance(1)
  assert.equal(gist(await person.request()), '200 pending')
  await ago(on, 30)
  const [found] = await replayed(on, 'budgets: {number: [1/10m]}')
  assert.deepEqual(found?.slice(0, 2), ['block budgets.number', 1])
})

test('a cap of the policy stands in for that of the settings', async () => {
  await using on = await startBeside('SQLite', { env: { TOLLGATE_SENDS_PER_NUMBER: '1/10m' } })
  const run = verifying(on.gateway(), '447700900121')
  await run.checkRight(await run.start())
  assert.equal(gist(await run.request()), '429 quota_exceeded')
  await ago(on)
  const told = async (policy: string) => {
    const { messages, let_through } = await report(on, policy)
    return [messages, let_through]
  }
  assert.deepEqual(await told('budgets: {number: [2/10m]}'), [2, 1])
  assert.deepEqual(await told('mode: record'), [1, 0])
})

test('a cap of a month counts from its first day, whatever the replay tells of', async () => {
  await using on = await startBeside('SQLite', {})
  for (const number of ['447700900121', '447700900122']) await verifying(on.gateway(), number).start()
  const now = new Date()
  const second = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 2)
  const days = Math.floor((now.getTime() - second) / dayMs) - 20
  await on.sql(`update decisions set at = ${second} where id = (select min(id) from decisions)`)
  await on.sql(`update decisions set at = ${second + 21 * dayMs} where at <> ${second}`)
  await on.stop()
  const month = 'spend: {total: {month: 0.05}}, countries: {default: allow}'
  const { messages, by_rule } = await report(on, month, '--since', `${days}d`)
  assert.deepEqual([messages, by_rule[0]?.rule], [1, 'spend.total.month'])
})

test('numbers and addresses that a policy names are found in what was asked for', async () => {
  await using on = await startBeside('SQLite', {})
  const context = { ip: '2001:db8:1:2::3' }
  assert.equal(gist(await verifying(on.gateway(), '447700900121').request({ context })), '200 pending')
  assert.equal(gist(await verifying(on.gateway(), '447700900122').request()), '200 pending')
  await ago(on)
  const rulesOf = async (policy: string) => (await replayed(on, policy)).map(([rule, requests]) => [rule, requests])
  const to = 'reason: a test, until: 2100-01-01'
  for (const [policy, found] of [
    ['suppressed: [{number: +447700900121, reason: asked us to}]', ['block suppressed.0', 1]],
    [`overrides: [{number: +447700900122, action: block, ${to}}]`, ['block overrides.0', 1]],
    [`overrides: [{address: "2001:db8:1:2::3", action: challenge, ${to}}]`, ['challenge overrides.0', 1]],
    [
      `countries: {default: block}, overrides: [{number: +447700900121, action: allow, ${to}}]`,
      ['block countries.default', 1],
    ],
  ] as const) {
    assert.deepEqual(await rulesOf(policy), [found], policy)
  }
  assert.deepEqual(await rulesOf(`overrides: [{address: "2001:db8:1:3::3", action: block, ${to}}]`), [])
})

test('what Vonage has refused is no money that another policy would have saved', async () => {
  const env = { TOLLGATE_POLICY: writtenPolicy('{mode: record, prices: {default: {sms: 0.0333}}}') }
  await using on = await startBeside('SQLite', { env })
  const gateway = on.gateway()
  assert.equal(gist(await verifying(gateway, '447700900123').request()), '200 pending')
  await gateway.fault('/verify/json', { status: '15' })
  assert.notEqual((await verifying(gateway, '447700900124').request()).status, 200)
  await on.sql(`update decisions set at = at - ${hourMs}`)
  await on.stop()
  const file = join(on.folder, 'other.yaml')
  writeFileSync(file, 'countries: {regions: {GB: block}}')
  const { stdout } = await on.command(['guard', 'replay', '--policy', file])
  const { messages, by_rule } = JSON.parse(stdout)
  assert.deepEqual([messages, by_rule[0]?.requests, by_rule[0]?.saved], [1, 1, 0.0333])
})
