import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { someOffer } from './support/keyed.ts'
import { clients } from './support/mcp.ts'
import { mcpCall } from './support/mcp-call.ts'

const orders = ({ calls }: TestGateway) => calls.filter(({ path }) => path === '/number/buy').length

/** Nobody is asked: the purchase itself is what is repeated. */
const env = { TOLLGATE_SPENDING_MCP: 'allow' }

describe('an agent that repeats a purchase', () => {
  for (const [name, connect] of Object.entries(clients)) {
    test(`as ${name} gets the first answer for a minute, and nothing is bought twice`, async () => {
      await using gateway = await startGateway({ env })
      await using client = await connect(gateway.addresses.mcp)
      const offer = await someOffer(gateway)
      const first = await client.call('buy-number', offer)
      assert.equal(first.isError, false)
      await gateway.clock.advance(59)
      assert.deepEqual(await client.call('buy-number', { msisdn: offer.msisdn, country: offer.country }), first)
      assert.equal(orders(gateway), 1)
      await gateway.clock.advance(1)
      assert.equal((await client.call('buy-number', offer)).body.code, 'number_unavailable')
    })
  }

  test('twenty times at once buys once', async () => {
    await using gateway = await startGateway({ env })
    const offer = await someOffer(gateway)
    const call = () => mcpCall(gateway.addresses.mcp, 'tools/call', { name: 'buy-number', arguments: offer })
    const answers = await Promise.all(Array.from({ length: 20 }, call))
    for (const { body } of answers) {
      const { structuredContent } = body.result
      assert.ok(structuredContent['error-code'] === '200' || structuredContent.code === 'request_in_progress')
    }
    assert.equal(orders(gateway), 1)
  })

  test('with another number buys that too', async () => {
    await using gateway = await startGateway({ env })
    await using client = await clients['the client of the 2026 era'](gateway.addresses.mcp)
    for (let bought = 0; bought < 2; bought += 1) await client.call('buy-number', await someOffer(gateway))
    assert.equal((await gateway.rest('GET', '/v1/numbers')).body.count, 2)
  })
})

test('two people who ask for one number through an agent get an id each', async () => {
  await using gateway = await startGateway({ env })
  await using client = await clients['the client of the 2026 era'](gateway.addresses.mcp)
  const ask = () => client.call('request-verification', { number: '447700900123', brand: 'Acme' })
  const [one, other] = [await ask(), await ask()]
  assert.notEqual(one.body.request_id, other.body.request_id)
  assert.equal((await gateway.messages('447700900123')).length, 1)
})
