import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CallerBounds } from '../src/access/caller.ts'
import { scopes } from '../src/access/scopes.ts'
import { readConfig } from '../src/config.ts'
import { ConfigError } from '../src/settings.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { bearer, makeKey } from './support/keys.ts'
import { gist } from './support/verifying.ts'

/** Each number on offer costs EUR 1.60 at once, EUR 0.80 of them for its first month. */
async function buyer(gateway: TestGateway, bounds: CallerBounds = {}, name = 'shop') {
  const key = bearer(await makeKey(gateway, { name, scopes, bounds }))
  return async () => {
    const offers = '/v1/numbers/available?country=GB&type=mobile-lvn&size=1'
    const { body } = await gateway.rest('GET', offers, undefined, key)
    return gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn: body.numbers[0].msisdn }, key)
  }
}

const euros = (amount: number) => Math.round(amount * 1_000_000)
const purchases = ({ calls }: TestGateway) => calls.filter(({ path }) => path === '/number/buy').length

describe('caps on spending', () => {
  test('a purchase may cost so much at once, of a caller and of all', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SPEND_PER_PURCHASE: '1.60' } })
    const buy = await buyer(gateway, { spend: { perPurchase: euros(1.59) } })
    const refused = await buy()
    assert.equal(gist(refused), '403 forbidden')
    assert.match(refused.body.detail, /costs EUR 1\.60 at once; a purchase of this caller may cost EUR 1\.59/)
    assert.equal(purchases(gateway), 0)
    assert.equal((await (await buyer(gateway, {}, 'other'))()).status, 200)
  })

  test('a caller may spend so much a UTC day and month', async () => {
    await using gateway = await startGateway()
    const spend = { perDay: euros(3.2), perMonth: euros(6.4) }
    const buy = await buyer(gateway, { spend })
    const statuses = [(await buy()).status, (await buy()).status]
    const today = await buy()
    assert.deepEqual([...statuses, gist(today)], [200, 200, '429 quota_exceeded'])
    assert.match(today.body.detail, /this caller would spend EUR 4\.80 today; the cap is EUR 3\.20/)
    assert.equal(today.headers.get('retry-after'), String(12 * 3600))
    await gateway.clock.advance(12 * 3600)
    assert.deepEqual([(await buy()).status, (await buy()).status], [200, 200])
    await gateway.clock.advance(24 * 3600)
    const thisMonth = await buy()
    assert.match(thisMonth.body.detail, /would spend EUR 8\.00 this month; the cap is EUR 6\.40/)
    assert.equal(thisMonth.headers.get('retry-after'), String(29 * 24 * 3600))
    assert.equal((await (await buyer(gateway, { spend }, 'other'))()).status, 200)
  })

  test('all callers together may spend so much, also when they are quick', async () => {
    await using gateway = await startGateway({
      env: { TOLLGATE_SPEND_PER_DAY: '4.80', TOLLGATE_SPEND_PER_MONTH: '100' },
    })
    const key = bearer(await makeKey(gateway, { scopes }))
    const { body } = await gateway.rest(
      'GET',
      '/v1/numbers/available?country=GB&type=mobile-lvn&size=20',
      undefined,
      key,
    )
    const buy = ({ msisdn }: { msisdn: string }) => gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn }, key)
    const answers: { status: number }[] = await Promise.all(body.numbers.map(buy))
    assert.equal(answers.filter(({ status }) => status === 200).length, 3)
    assert.equal(purchases(gateway), 3)
  })

  test('what was not bought costs nothing', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SPEND_PER_DAY: '1.60' } })
    const buy = await buyer(gateway)
    await gateway.fault('/number/buy', { http: 420 })
    assert.equal(gist(await buy()), '409 number_unavailable')
    assert.equal((await buy()).status, 200)
    assert.equal(gist(await buy()), '429 quota_exceeded')
  })

  test('an order whose end nobody knows counts until it is known', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SPEND_PER_DAY: '1.60' } })
    const key = bearer(await makeKey(gateway, { scopes }))
    const offers = '/v1/numbers/available?country=GB&type=mobile-lvn&size=2'
    const [one, other] = (await gateway.rest('GET', offers, undefined, key)).body.numbers
    const buy = ({ msisdn }: { msisdn: string }) => gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn }, key)
    await gateway.fault('/number/buy', { connection: 'cut' }, { takes_effect: false })
    assert.equal((await buy(one)).status, 504)
    assert.equal(gist(await buy(other)), '429 quota_exceeded')
    await gateway.clock.advance(120)
    assert.equal((await buy(other)).status, 200)
  })

  for (const rule of ['allow', 'approve']) {
    test(`a purchase whose answer was lost is found by its repeat, and counts once (${rule})`, async () => {
      const env = { TOLLGATE_SPENDING_REST: rule, TOLLGATE_SPEND_PER_DAY: '3.20' }
      await using gateway = await startGateway({ env })
      const key = bearer(await makeKey(gateway, { name: 'shop', scopes }))
      const ops = bearer(await makeKey(gateway, { name: 'ops', scopes: ['admin'] }))
      const offers = '/v1/numbers/available?country=GB&type=mobile-lvn&size=2'
      const { body } = await gateway.rest('GET', offers, undefined, key)
      const order = ({ msisdn }: { msisdn: string }) =>
        gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn }, key)
      const approved = async (number: { msisdn: string }) => {
        const asked = await order(number)
        if (!asked.body.approval) return asked
        const { approval_id } = asked.body.approval
        await gateway.rest('POST', `/v1/approvals/${approval_id}`, { decision: 'approve' }, ops)
        return order(number)
      }
      const [first, second] = body.numbers
      // Neither the answer nor the look for what became of it comes back.
      await gateway.fault('/number/buy', { connection: 'cut' }, { takes_effect: true })
      await gateway.fault('/account/numbers', { connection: 'cut' }, { times: 2 })
      if (rule === 'approve') {
        const asked = await order(first)
        await gateway.rest('POST', `/v1/approvals/${asked.body.approval.approval_id}`, { decision: 'approve' }, ops)
      }
      assert.equal((await order(first)).status, 504)
      const repeated = await order(first)
      assert.deepEqual([repeated.status, repeated.body['error-code']], [200, '200'], JSON.stringify(repeated.body))
      assert.equal((await approved(second)).status, 200)
      await gateway.clock.advance(200)
      const third = await gateway.rest('GET', offers, undefined, key)
      assert.equal(gist(await approved(third.body.numbers[0])), '429 quota_exceeded')
    })
  }

  test('what costs nothing is not held against what was spent', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SPEND_PER_DAY: '1.60' } })
    const buy = await buyer(gateway, { spend: { perDay: euros(1.6) } })
    const { body } = await buy()
    const lower = await makeKey(gateway, { name: 'lower', scopes, bounds: { spend: { perDay: 0 } } })
    const path = `/v1/numbers/GB/${body.msisdn}`
    assert.equal((await gateway.rest('DELETE', path, undefined, bearer(lower))).status, 200)
  })

  test('nobody is asked to approve what the caps do not allow', async () => {
    await using gateway = await startGateway({
      env: { TOLLGATE_SPENDING_REST: 'approve', TOLLGATE_SPEND_PER_PURCHASE: '1' },
    })
    assert.equal(gist(await (await buyer(gateway))()), '403 forbidden')
  })

  test('numbers are ordered in the countries that are set only', async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_SPEND_COUNTRIES: 'US,DE' } })
    const refused = await (await buyer(gateway))()
    assert.equal(gist(refused), '403 country_not_allowed')
    assert.match(refused.body.detail, /ordered in US, DE only/)
  })

  test('where it is denied nothing is ordered, and Vonage is not asked', async () => {
    await using gateway = await startGateway({
      env: { TOLLGATE_SPENDING_REST: 'deny', TOLLGATE_SPENDING_MCP: 'allow' },
    })
    const refused = await gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn: '447418012439' })
    assert.equal(gist(refused), '403 forbidden')
    assert.match(refused.body.detail, /over REST: TOLLGATE_SPENDING_REST is deny/)
    assert.equal(gateway.calls.length, 0)
  })
})

const live = {
  VONAGE_API_KEY: 'k',
  VONAGE_API_SECRET: 's',
  TOLLGATE_COUNTRIES: 'GB',
  TOLLGATE_DAILY_SENDS: '10',
}
const caps = {
  TOLLGATE_SPEND_PER_PURCHASE: '5',
  TOLLGATE_SPEND_PER_DAY: '20',
  TOLLGATE_SPEND_PER_MONTH: '50.50',
}

test('live denies on both surfaces until caps are set, a sandbox asks on MCP', () => {
  const rules = ({ spending: { rest, mcp } }: ReturnType<typeof readConfig>) => [rest, mcp]
  assert.deepEqual(rules(readConfig({})), ['allow', 'approve'])
  assert.deepEqual(rules(readConfig(live)), ['deny', 'deny'])
  const open = { ...live, ...caps, TOLLGATE_SPENDING_REST: 'allow', TOLLGATE_SPENDING_MCP: 'approve' }
  assert.deepEqual(rules(readConfig(open)), ['allow', 'approve'])
  assert.deepEqual(readConfig(open).spending.caps, {
    perPurchase: euros(5),
    perDay: euros(20),
    perMonth: euros(50.5),
  })
  for (const name of Object.keys(caps)) {
    const said = new RegExp(`^${name} is not set; live it is required`)
    assert.throws(
      () => readConfig({ ...open, [name]: '' }),
      (error) => error instanceof ConfigError && said.test(error.message),
    )
  }
  for (const wrong of ['-1', '1,50', 'many', '1e3', '0x10']) {
    assert.throws(
      () => readConfig({ TOLLGATE_SPEND_PER_DAY: wrong }),
      /TOLLGATE_SPEND_PER_DAY is .*; allowed is an amount of euros/,
    )
  }
})
