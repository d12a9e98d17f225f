import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { operations } from '../src/operations.ts'
import { problems } from '../src/problems.ts'
import { type Client, createClient, TollgateError } from '../src/surfaces/client.ts'
import { startGateway } from './support/gateway.ts'

const number = '447700900123'

describe('the typed client', () => {
  test('verifies, looks up, resends, lists and cancels', async () => {
    await using gateway = await startGateway()
    const client = createClient({ url: gateway.addresses.rest })
    const first = await client.requestVerification({ number, brand: 'Acme' })
    assert.deepEqual([first.state, first.message_sent], ['pending', true])
    await gateway.clock.advance(60)
    const next = await client.triggerNextEvent({ request_id: first.request_id })
    assert.equal(next.message_sent, true)
    const { request_id } = first
    const checked = await client.checkVerification({ request_id, code: await gateway.code(number) })
    assert.equal(checked.state, 'verified')
    assert.equal((await client.getVerification({ request_id })).state, 'verified')
    const other = await client.requestVerification({ number: '+44 7700 900124', brand: 'Acme' })
    assert.equal((await client.cancelVerification({ request_id: other.request_id })).state, 'cancelled')
    const { verifications, next_cursor } = await client.listVerifications({ limit: 1 })
    assert.deepEqual(
      verifications.map((verification) => verification.request_id),
      [other.request_id],
    )
    const { verifications: older } = await client.listVerifications({ cursor: next_cursor, state: 'verified' })
    assert.deepEqual(
      older.map((verification) => verification.request_id),
      [request_id],
    )
  })

  test('searches, buys, changes and releases numbers', async () => {
    await using gateway = await startGateway()
    const client = createClient({ url: new URL(gateway.addresses.rest) })
    const { numbers } = await client.searchAvailableNumbers({ country: 'GB', features: 'SMS,VOICE', size: 1 })
    const msisdn = numbers[0]?.msisdn ?? ''
    assert.equal((await client.buyNumber({ country: 'GB', msisdn }))['error-code'], '200')
    await client.updateNumber({ country: 'GB', msisdn, voiceCallbackType: 'tel', voiceCallbackValue: number })
    const owned = await client.listOwnedNumbers({ pattern: msisdn, search_pattern: 0 })
    assert.deepEqual([owned.count, owned.numbers[0]?.voiceCallbackValue], [1, number])
    await client.cancelNumber({ country: 'GB', msisdn })
    assert.equal((await client.listOwnedNumbers()).count, 0)
  })

  test('has a method for each operation and no other', () => {
    const names = operations.map(({ name }) => name.replaceAll(/-./g, ([, letter = '']) => letter.toUpperCase()))
    assert.deepEqual(Object.keys(createClient({ url: 'http://127.0.0.1' })), names)
  })

  test('throws every problem as an error with its code', async () => {
    await using gateway = await startGateway()
    const client = createClient({ url: gateway.addresses.rest })
    const { request_id } = await client.requestVerification({ number, brand: 'Acme' })
    const code = await gateway.wrongCode(number)
    await assert.rejects(client.checkVerification({ request_id, code }), (error) => {
      assert.ok(error instanceof TollgateError)
      assert.deepEqual([error.name, error.code, error.problem.attempts_left], ['TollgateError', 'wrong_code', 2])
      assert.equal(error.message, error.problem.detail)
      return true
    })
    await assert.rejects(client.getVerification({ request_id: 'f'.repeat(32) }), { code: 'verification_not_found' })
    await assert.rejects(client.cancelNumber({ country: 'GB', msisdn: '442039999999' }), { code: 'number_unavailable' })
  })

  test('writes what is in the path encoded, what is not given not at all, and the key as a bearer token', async () => {
    const asked: Request[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push(new Request(input, init))
      return Response.json({})
    }
    const client = createClient({ url: 'http://gateway.test/base/', key: 'secret-key', fetch })
    await client.getVerification({ request_id: 'a/b?c#d é' })
    await client.searchAvailableNumbers({ country: 'GB', features: 'SMS,VOICE', size: 5, pattern: undefined })
    await client.listOwnedNumbers()
    await client.cancelNumber({ country: 'G/', msisdn: '44' })
    await client.updateNumber({ country: 'GB', msisdn: '44', moHttpUrl: '' })
    await client.cancelVerification({ request_id: 'f' })
    const bodies = await Promise.all(asked.map((request) => request.text()))
    assert.deepEqual(
      asked.map(({ method, url }, index) => [method, url.replace('http://gateway.test/base', ''), bodies[index]]),
      [
        ['GET', '/v1/verifications/a%2Fb%3Fc%23d%20%C3%A9', ''],
        ['GET', '/v1/numbers/available?country=GB&features=SMS%2CVOICE&size=5', ''],
        ['GET', '/v1/numbers', ''],
        ['DELETE', '/v1/numbers/G%2F/44', ''],
        ['PATCH', '/v1/numbers/GB/44', '{"moHttpUrl":""}'],
        ['POST', '/v1/verifications/f/cancel', '{}'],
      ],
    )
    for (const { headers } of asked) assert.equal(headers.get('authorization'), 'Bearer secret-key')
  })

  test('says so when something other than a gateway answers', async () => {
    const page = '<h1>Bad gateway</h1>'
    for (const status of [200, 502]) {
      const fetch = async () => new Response(page, { status })
      const asked = createClient({ url: 'http://proxy.test', fetch }).listOwnedNumbers()
      await assert.rejects(asked, {
        name: 'Error',
        message: `http://proxy.test answered with HTTP ${status}, and not as a gateway does.`,
      })
    }
  })

  test('a network failure is thrown as fetch throws it', async () => {
    await assert.rejects(createClient({ url: 'http://127.0.0.1:1' }).listOwnedNumbers(), TypeError)
  })
})

test('the client fits a web page: no server code, nothing of Node, and small', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../src/surfaces/client.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    // What only Node has would not resolve for this platform.
    platform: 'browser',
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const inputs = Object.keys(metafile.inputs)
  assert.deepEqual(inputs.sort(), ['src/routes.ts', 'src/surfaces/client.ts', 'src/surfaces/rest-shape.ts'])
  const bytes = outputFiles[0]?.contents.length ?? 0
  assert.ok(bytes > 1000 && bytes < 4000, `${bytes} bytes`)
})

/** Checked by the compiler alone: what must not compile, does not. */
export async function typesOfTheClient(client: Client): Promise<void> {
  // @ts-expect-error a wrong field name
  await client.requestVerification({ phone: number, brand: 'Acme' })
  // @ts-expect-error a field too many
  await client.requestVerification({ number, brand: 'Acme', pin_code: '1234' })
  // @ts-expect-error a field is missing
  await client.checkVerification({ request_id: 'f' })
  // @ts-expect-error no such value
  await client.searchAvailableNumbers({ country: 'GB', type: 'satellite' })
  // @ts-expect-error input is required
  await client.getVerification()
  // @ts-expect-error no such operation
  await client.sendMessage({ number })
  const { state } = await client.checkVerification({ request_id: 'f', code: '123456' })
  const verified: 'verified' = state
  // @ts-expect-error no such state
  const approved: 'approved' = state
  const { verifications } = await client.listVerifications()
  // @ts-expect-error there may be none on the page
  const first: { request_id: string } = verifications[0]
  // @ts-expect-error no such code
  const isUnknown = (error: TollgateError) => error.code === 'no_such_code'
  const known: Record<TollgateError['code'], unknown> = problems
  void [verified, approved, first, isUnknown, known]
}
