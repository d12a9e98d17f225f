import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../src/clock.ts'
import { startAnsweringVonage } from './support/answering-vonage.ts'
import { engines, startBeside } from './support/beside.ts'
import { type Answer, startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { startNodes } from './support/nodes.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { writtenPolicy } from './support/written-policy.ts'

/** Priced as the simulated Vonage tells, so that its answers change nothing. */
const prices = 'prices: {default: {sms: 0.0333, tts: 0.05}}'
const withPolicy = (text: string) => ({ TOLLGATE_POLICY: writtenPolicy(`${prices}\n${text}`) })
const to = (gateway: TestGateway, number: string, more: Record<string, unknown> = {}) =>
  gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme', ...more })
const waits = ({ headers }: Answer) => Number(headers.get('retry-after'))
const dayMs = 86_400_000

for (const engine of engines) {
  test(`${engine}: messages cost no more than a day and a month may, and what will not come is given back`, async () => {
    const env = withPolicy('spend: {total: {day: 0.1, month: 0.19}}')
    await using on = await startBeside(engine, { env })
    const gateway = on.gateway()
    const one = verifying(gateway)
    const id = await one.start({ workflow_id: 4 })
    const full = await to(gateway, '447700900124', { workflow_id: 4 })
    assert.equal(gist(full), '429 quota_exceeded')
    assert.equal(full.body.detail, 'The cap of EUR 0.10 on all messages of a day is reached.')
    assert.equal(waits(full), Math.ceil((dayMs - (on.clock.now() % dayMs)) / 1000))
    const { body } = await gateway.rest('GET', '/v1/decisions?answer=block')
    const { rule, observed, limit, expected_cost } = body.decisions[0]
    assert.deepEqual([rule, observed, limit, expected_cost], ['spend.total.day', 0.1332, 0.1, '0.0666'])

    assert.equal(gist(await one.check(id, await gateway.code('447700900123'))), '200 verified')
    const second = await to(gateway, '447700900124', { workflow_id: 4 })
    assert.equal(gist(second), '200 pending', 'the second message of the first will not come')
    assert.equal(gist(await to(gateway, '447700900125')), '429 quota_exceeded')

    const today = Math.floor(on.clock.now() / dayMs)
    const isFirst = new Date(on.clock.now()).getUTCDate() === 1
    await on.sql(`update send_days set day = ${isFirst ? today + 1 : today - 1} where day = ${today}`)
    await to(gateway, '447700900126', { workflow_id: 4 })
    const month = await to(gateway, '447700900127')
    assert.match(month.body.detail, /EUR 0.19 on all messages of a month/)
  })

  test(`${engine}: what a run sends after midnight is held to the caps of that day`, async () => {
    const clock = new SimulatedClock({ standsAt: Date.parse('2026-11-30T23:59:00Z') })
    const env = withPolicy('spend: {total: {day: 0.1, month: 0.1}}')
    await using on = await startBeside(engine, { env, clock })
    assert.equal(gist(await to(on.gateway(), '447700900123', { workflow_id: 1 })), '200 pending')
    const full = await to(on.gateway(), '447700900124', { workflow_id: 1 })
    assert.equal(gist(full), '429 quota_exceeded')
    assert.equal(waits(full), 60 + dayMs / 1000, 'tomorrow is full too')
    const [{ rule, observed }] = (await on.gateway().rest('GET', '/v1/decisions?answer=block')).body.decisions
    assert.deepEqual([rule, observed], ['spend.total.day', 0.2])
    assert.equal(gist(await to(on.gateway(), '447700900124')), '200 pending', 'today there is room')
  })

  test(`${engine}: a country and a key have caps of their own`, async () => {
    const env = withPolicy('spend: {countries: {GB: {day: 0.07}}, keys: {shop: {day: 0.05}}}')
    await using on = await startBeside(engine, { env })
    const gateway = on.gateway()
    const shop = bearer(await makeKey(gateway, { name: 'shop' }))
    const login = bearer(await makeKey(gateway, { name: 'login' }))
    const asked = async (number: string, as: Record<string, string>) => {
      const answer = await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' }, as)
      return `${gist(answer)} ${answer.body.detail ?? ''}`.trim()
    }
    assert.equal(await asked('447700900123', shop), '200 pending')
    assert.match(await asked('12015550123', shop), /^429 quota_exceeded The cap of EUR 0.05 on messages of this caller/)
    assert.equal(await asked('447700900124', login), '200 pending')
    assert.match(await asked('447700900125', login), /^429 quota_exceeded The cap of EUR 0.07 on messages to GB/)
    assert.equal(await asked('12015550123', login), '200 pending')
  })

  test(`${engine}: what a message costs is what Vonage has told last, whatever was guessed`, async () => {
    const env = { TOLLGATE_POLICY: writtenPolicy('prices: {regions: {GB: {sms: 0.5}}}') }
    await using on = await startBeside(engine, { env })
    const gateway = on.gateway()
    const expected = async () => (await gateway.rest('GET', '/v1/decisions')).body.decisions[0].expected_cost
    const one = verifying(gateway)
    const id = await one.start()
    assert.equal(await expected(), '0.50')
    assert.equal(gist(await one.checkRight(id)), '200 verified')
    await on.clock.advance(61)
    await to(gateway, '447700900124')
    assert.equal(await expected(), '0.0333')
    await to(gateway, '12015550123')
    assert.equal(await expected(), '0.01', 'of another country nothing was told: a guess')
  })
}

test('a sum of nothing is no price: Vonage has not counted yet', async () => {
  const told = { status: '0', currency: 'EUR', estimated_price_messages_sent: '0.00000000' }
  await using vonage = await startAnsweringVonage({
    '/verify/json': { status: '0', request_id: '0'.repeat(32) },
    '/verify/check/json': told,
  })
  const clock = new SimulatedClock({ standsAt: Date.parse('2026-11-30T12:00:00Z') })
  const env = { ...vonage.env, TOLLGATE_POLICY: writtenPolicy('prices: {regions: {GB: {sms: 0.5}}}') }
  await using gateway = await startGateway({ env, overrides: { clock } })
  const run = verifying(gateway)
  assert.equal(gist(await run.check(await run.start(), '123456')), '200 verified')
  await clock.advance(61)
  await to(gateway, '447700900124')
  assert.equal((await gateway.rest('GET', '/v1/decisions')).body.decisions[0].expected_cost, '0.50')
  clock.stop()
})

for (const [what, spend] of [
  ['in total', '{total: {day: 0.2}}'],
  ['to a country', '{countries: {GB: {day: 0.2}}}'],
  ['of a month', '{total: {month: 0.2}}'],
]) {
  test(`of many who ask three nodes at once no more get a message than may be spent ${what}`, async () => {
    await using vonage = await startVonageApart()
    const env = withPolicy(`budgets: {prefix: off, country: off, key: off, total: off}\nspend: ${spend}`)
    await using cluster = await startNodes(vonage, { count: 3, env })
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, place) =>
        to(cluster.nodes[place % 3] as TestGateway, `447700900${100 + place}`, { workflow_id: 6 }),
      ),
    )
    const sent = answers.filter(({ status }) => status === 200)
    assert.deepEqual([sent.length, vonage.calls.filter(({ path }) => path === '/verify/json').length], [6, 6])
  })
}
