import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { operations } from '../src/operations.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { clients, type ToolClient } from './support/mcp.ts'

for (const [name, connect] of Object.entries(clients)) {
  describe(name, () => {
    let gateway: TestGateway
    let client: ToolClient
    before(async () => {
      gateway = await startGateway({ env: { TOLLGATE_MCP_TOOLS: 'all', TOLLGATE_SPENDING_MCP: 'allow' } })
      client = await connect(gateway.addresses.mcp)
    })
    after(async () => {
      await client?.[Symbol.asyncDispose]()
      await gateway?.[Symbol.asyncDispose]()
    })

    const request = (number: string) => succeed(client, 'request-verification', { number, brand: 'Acme' })

    test('verifies a number with the code from the inbox', async () => {
      const number = '447700900101'
      const { request_id, message_sent, state } = await request('+44 7700 900101')
      assert.deepEqual([message_sent, state], [true, 'pending'])
      const code = await gateway.code(number)
      const checked = await succeed(client, 'check-verification', { request_id, code })
      assert.deepEqual([checked.state, checked.status, checked.request_id], ['verified', '0', request_id])
      const { state: now } = await succeed(client, 'get-verification', { request_id })
      assert.equal(now, 'verified')
    })

    test('cancels a verification, and no code is accepted after it', async () => {
      const number = '447700900102'
      const { request_id } = await request(number)
      const cancelled = await succeed(client, 'cancel-verification', { request_id })
      assert.deepEqual(cancelled, { request_id, status: '0', command: 'cancel', state: 'cancelled' })
      const late = await client.call('check-verification', { request_id, code: await gateway.code(number) })
      assert.deepEqual([late.isError, late.body.code], [true, 'verification_cancelled'])
    })

    test('gets a new message after a minute, and its code verifies', async () => {
      const number = '447700900103'
      const { request_id } = await request(number)
      await gateway.clock.advance(60)
      const next = await succeed(client, 'trigger-next-event', { request_id })
      assert.deepEqual([next.request_id, next.message_sent], [request_id, true])
      assert.equal((await gateway.messages(number)).length, 2)
      const code = await gateway.code(number)
      assert.equal((await succeed(client, 'check-verification', { request_id, code })).state, 'verified')
    })

    test('learns that a verification was superseded, and cannot verify it any more', async () => {
      const number = '447700900104'
      const first = await request(number)
      const second = await request(number)
      assert.equal(second.message_sent, false)
      const code = await gateway.code(number)
      await succeed(client, 'check-verification', { request_id: second.request_id, code })
      const late = await client.call('check-verification', { request_id: first.request_id, code })
      assert.deepEqual([late.isError, late.body.code], [true, 'verification_superseded'])
      const { verifications } = await succeed(client, 'list-verifications', { limit: 2 })
      assert.deepEqual(
        verifications.map(({ request_id, state }: { request_id: string; state: string }) => [request_id, state]),
        [
          [second.request_id, 'verified'],
          [first.request_id, 'superseded'],
        ],
      )
    })

    test('searches, buys, finds, changes and releases a number', async () => {
      const { numbers } = await succeed(client, 'search-available-numbers', {
        country: 'GB',
        features: 'SMS,VOICE',
        size: 1,
      })
      const { msisdn } = numbers[0]
      const key = { country: 'GB', msisdn }
      assert.deepEqual(await owned(msisdn), [])
      assert.deepEqual(await succeed(client, 'buy-number', key), {
        ...key,
        'error-code': '200',
        'error-code-label': 'success',
      })
      assert.deepEqual(await owned(msisdn), [msisdn])
      await gateway.clock.advance(60)
      const again = await client.call('buy-number', key)
      assert.deepEqual([again.isError, again.body.code], [true, 'number_unavailable'])
      await succeed(client, 'update-number', { ...key, voiceCallbackType: 'tel', voiceCallbackValue: '447700900105' })
      const { numbers: changed } = await succeed(client, 'list-owned-numbers', { pattern: msisdn })
      assert.equal(changed[0].voiceCallbackValue, '447700900105')
      await succeed(client, 'cancel-number', key)
      assert.deepEqual(await owned(msisdn), [])
    })

    async function owned(msisdn: string): Promise<string[]> {
      const { numbers } = await succeed(client, 'list-owned-numbers', { country: 'GB', pattern: msisdn })
      return numbers.map((number: { msisdn: string }) => number.msisdn)
    }

    test('sees every operation when all tools are listed', async () => {
      assert.deepEqual(
        await client.tools(),
        operations.filter(({ tool }) => tool !== 'never').map(({ name }) => name),
      )
    })
  })
}

/** Calls a tool that must succeed, and answers its structured content, which stands in the text too. */
async function succeed(client: ToolClient, tool: string, input: Record<string, unknown>) {
  const { isError, body, texts } = await client.call(tool, input)
  assert.equal(isError, false, texts.join('\n'))
  assert.deepEqual(texts, [JSON.stringify(body)])
  return body
}
