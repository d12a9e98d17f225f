import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBeside } from './support/beside.ts'
import { asked, newest, numberAt, off, sendFour, withBudgets } from './support/budgeted.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

const dayMs = 86_400_000

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

test('a block lasts a quarter of an hour, the next one half an hour, the one after that an hour', async () => {
  await using on = await startBeside('SQLite', { env: withBudgets({ country: 4 }) })
  for (const [place, seconds] of [900, 1800, 3600].entries()) {
    assert.equal(gist(await asked(on.gateway(), 2 * place)), '200 pending')
    await on.sql("update guard_levels set state = replace(state, '[3,', '[3,9999999') where scope = 'country:GB'")
    const blocked = await asked(on.gateway(), 2 * place + 1)
    assert.deepEqual([gist(blocked), blocked.headers.get('retry-after')], ['429 quota_exceeded', String(seconds)])
    await on.clock.advance(seconds)
  }
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
