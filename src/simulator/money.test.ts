import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator } from './simulator-under-test.ts'

type Vonage = Awaited<ReturnType<typeof startSimulator>>

const account = async (vonage: Vonage) => (await vonage.send('/simulator/account')).body
const balance = async (vonage: Vonage) => (await account(vonage)).balance

/** A number for 0.90 at once and 0.90 a month. */
async function buy(vonage: Vonage): Promise<{ country: string; msisdn: string; status: number }> {
  const [offer] = [(await vonage.get('/number/search?country=US&type=mobile-lvn&size=1')).body.numbers].flat()
  const name = { country: 'US', msisdn: String(Object(offer).msisdn) }
  return { ...name, status: (await vonage.post('/number/buy', name)).status }
}

const owned = async (vonage: Vonage) => (await vonage.get('/account/numbers')).body.count ?? 0

test('messages, right codes and numbers are paid for', async () => {
  await using vonage = await startSimulator({ balanceEuro: 10 })
  assert.deepEqual(await account(vonage), {
    api_key: '5a4db0c5',
    currency: 'EUR',
    balance: '10.0000',
    spent: { messages: '0.0000', verifications: '0.0000', numbers: '0.0000' },
  })
  const id = await vonage.start({ workflow_id: '5' })
  await vonage.check(id, '0000')
  assert.equal(await balance(vonage), '9.9667', 'an SMS; a wrong code is free')
  await vonage.control(id, 'trigger_next_event')
  assert.equal(await balance(vonage), '9.9167', 'a call')
  const right = await vonage.check(id, vonage.lastCode())
  assert.deepEqual([right.price, right.estimated_price_messages_sent], ['0.10000000', '0.08330000'])
  await buy(vonage)
  const { spent } = await account(vonage)
  assert.deepEqual(spent, { messages: '0.0833', verifications: '0.1000', numbers: '0.9000' })
  assert.equal(await balance(vonage), '8.9167')
})

test('without credit nothing new is sent or bought, and what runs goes on', async () => {
  await using vonage = await startSimulator({ balanceEuro: 0.04 })
  const id = await vonage.start()
  const refused = { status: '9', error_text: 'Partner quota exceeded' }
  assert.deepEqual(await vonage.verify({ number: '447700900124' }), refused)
  assert.deepEqual(await vonage.control(id, 'trigger_next_event'), refused)
  assert.equal((await buy(vonage)).status, 420)
  assert.deepEqual((await vonage.search(id)).status, 'IN PROGRESS')
  await vonage.clock.advance(125)
  assert.equal(vonage.simulator.messages().length, 2)
  assert.equal(await balance(vonage), '-0.0433')
  assert.equal((await vonage.check(id, vonage.lastCode())).status, '0')
})

test('a number is paid for each month on its day, and released when it cannot be', async () => {
  await using vonage = await startSimulator({ balanceEuro: 2.8 })
  await vonage.tell('/simulator/clock', { now: '2026-01-31T12:00:00Z' })
  assert.equal((await buy(vonage)).status, 200)
  const months = [
    ['2026-02-28T11:59:59Z', '1.9000', 1],
    ['2026-02-28T12:00:00Z', '1.0000', 1],
    ['2026-03-31T12:00:00Z', '0.1000', 1],
    ['2026-04-30T11:59:59Z', '0.1000', 1],
    ['2026-04-30T12:00:00Z', '0.1000', 0],
  ] as const
  for (const [now, left, count] of months) {
    await vonage.tell('/simulator/clock', { now })
    assert.deepEqual([await balance(vonage), await owned(vonage)], [left, count], now)
  }
})

test('a cancelled number is paid for no more', async () => {
  await using vonage = await startSimulator({ balanceEuro: 10 })
  const { country, msisdn } = await buy(vonage)
  await vonage.post('/number/cancel', { country, msisdn })
  await vonage.clock.advance(40 * 24 * 3600)
  assert.equal(await balance(vonage), '9.1000')
})

test('the credit can be set, and a reset brings back what it was', async () => {
  await using vonage = await startSimulator({ balanceEuro: 10 })
  assert.equal((await vonage.tell('/simulator/account', { balance: 0.02 })).body.balance, '0.0200')
  assert.equal((await vonage.verify()).status, '9')
  for (const nonsense of [{ balance: -1 }, { balance: '5' }, {}, { balance: 5, currency: 'USD' }]) {
    assert.equal((await vonage.tell('/simulator/account', nonsense)).status, 400)
  }
  await vonage.tell('/simulator/reset', {})
  assert.equal(await balance(vonage), '10.0000')
})
