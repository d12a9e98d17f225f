import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBeside } from './support/beside.ts'
import { asked, newest, numberAt, off, prices } from './support/budgeted.ts'
import { gist, verifying } from './support/verifying.ts'
import { writtenPolicy } from './support/written-policy.ts'

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
