import assert from 'node:assert/strict'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import * as z from 'zod'
import { readConfig } from '../src/config.ts'
import { createLog } from '../src/log.ts'
import { operations } from '../src/operations.ts'
import { Secret } from '../src/privacy.ts'
import { type Answer, startGateway, type TestGateway } from './support/gateway.ts'
import { mcpCall } from './support/mcp-call.ts'
import { dataFolder } from './support/serving.ts'

type Members = Record<string, unknown>
type Do = (operation: string, input: Members) => Promise<Answer['body']>

/** Answers with everything that came back as text, and what it means. */
type Surface = (gateway: TestGateway, heard: string[]) => Do

const overRest: Surface = (gateway, heard) => async (name, input) => {
  const { method, path } = operations.find((operation) => operation.name === name)?.rest ?? { method: 'GET', path: '/' }
  const others = { ...input }
  const url = path.replaceAll(/\{(\w+)\}/g, (_, member: string) => {
    const value = others[member]
    delete others[member]
    return String(value)
  })
  const isRead = method === 'GET' || method === 'DELETE'
  const query = isRead
    ? `?${new URLSearchParams(Object.entries(others).map(([key, value]) => [key, String(value)]))}`
    : ''
  const answer = await gateway.rest(method, url + query, isRead ? undefined : others)
  heard.push(JSON.stringify([answer.body, ...answer.headers]))
  return answer.body
}

const overMcp: Surface = (gateway, heard) => async (name, input) => {
  const { body, headers } = await mcpCall(gateway.addresses.mcp, 'tools/call', { name, arguments: input })
  heard.push(JSON.stringify([body, ...headers]))
  return body.result.structuredContent
}

const number = '447700900123'
const otherNumber = '12025550123'
const codesOfStrangers = ['731846', '904417', '77x5521']

/** Every operation with its success, and each failure whose text at Vonage holds an id, a number or a code. */
async function everything(gateway: TestGateway, call: Do): Promise<Answer['body'][]> {
  const answers: Answer['body'][] = []
  const act: Do = async (name, input) => {
    const answer = await call(name, input)
    answers.push(answer)
    return answer
  }
  const wanted = { number: '+44 7700 900123', brand: 'Acme', workflow_id: 4 }
  const { request_id } = await act('request-verification', wanted)
  const { request_id: second } = await act('request-verification', wanted)
  await act('request-verification', { ...wanted, brand: 'Other' })
  await act('request-verification', { ...wanted, number: `${number}7700` })
  await act('request-verification', { ...wanted, number: `nonsense ${number}` })
  await act('check-verification', { request_id, code: codesOfStrangers[0] })
  await act('check-verification', { request_id, code: codesOfStrangers[2] })
  await act('get-verification', { request_id })
  await gateway.fault('/verify/control/json', { status: '19' })
  await gateway.clock.advance(60)
  await act('trigger-next-event', { request_id })
  await gateway.fault('/verify/control/json', { status: '6' })
  await act('trigger-next-event', { request_id })
  await act('trigger-next-event', { request_id })
  await gateway.fault('/verify/check/json', { status: '6' })
  await act('check-verification', { request_id, code: await gateway.code(number) })
  await act('check-verification', { request_id: second, code: await gateway.code(number) })
  await act('check-verification', { request_id, code: await gateway.code(number) })

  const { request_id: third } = await act('request-verification', { number: otherNumber, brand: 'Acme' })
  await gateway.fault('/verify/check/json', { connection: 'cut' })
  await act('check-verification', { request_id: third, code: codesOfStrangers[1] })
  await act('cancel-verification', { request_id: third })
  await gateway.clock.advance(60)
  for (const status of ['3', '6', '7', '10', '15', '29']) {
    await gateway.fault('/verify/json', { status })
    await act('request-verification', { number: otherNumber, brand: 'Acme' })
  }
  await act('list-verifications', {})

  const { numbers } = await act('search-available-numbers', { country: 'GB', size: 1 })
  const { country, msisdn } = numbers[0]
  await act('buy-number', { country, msisdn })
  await act('buy-number', { country, msisdn })
  await act('list-owned-numbers', {})
  await act('update-number', { country, msisdn, moHttpUrl: 'https://example.com/sms' })
  await gateway.fault('/number/cancel', { http: 500 })
  await act('cancel-number', { country, msisdn })
  await act('cancel-number', { country, msisdn })
  await act('cancel-number', { country, msisdn: number })
  return [...answers, { msisdn }]
}

/** Not as a part of a longer one. */
const whole = (digits: string) => new RegExp(`(?<![0-9a-f])${digits}(?![0-9a-f])`, 'i')

for (const [name, surface] of [
  ['REST', overRest],
  ['MCP', overMcp],
] as const) {
  test(`no answer over ${name} and no line of the log tells an id of Vonage’s, a code, a number or the secret`, async () => {
    using folder = dataFolder()
    const log: string[] = []
    const heard: string[] = []
    const overrides = { log: createLog('debug', { write: (line) => void log.push(line) }) }
    const env = { TOLLGATE_MCP_TOOLS: 'all', TOLLGATE_SPENDING_MCP: 'allow' }
    await using gateway = await startGateway({ env, overrides, dataDir: folder.path })
    const answers = await everything(gateway, surface(gateway, heard))
    const outcomes = new Set(answers.map((body) => body.code ?? body.state ?? 'done'))
    for (const expected of ['pending', 'verified', 'superseded', 'wrong_code', 'not_now', 'number_unavailable']) {
      const isThere = outcomes.has(expected) || outcomes.has(`verification_${expected}`)
      assert.ok(isThere, `${expected} did not happen: ${[...outcomes]}`)
    }
    const called = new Set(gateway.calls.map(({ path }) => path))
    assert.equal(called.size, 9, 'every path of Vonage’s was called')
    assert.ok(log.length > 30)

    const sent = [...(await gateway.messages(number)), ...(await gateway.messages(otherNumber))]
    const runs = new Set(sent.map(({ request_id }) => request_id))
    const codes = new Set([...sent.map(({ code }) => code), ...codesOfStrangers])
    assert.ok(runs.size >= 2 && codes.size >= 5)
    // A part of an id tells as much as the whole.
    const beginnings = [...runs].map((id) => id.slice(0, 12))
    const basic = btoa('5a4db0c5:sandboxSecret1')
    const { msisdn } = answers.at(-1)

    const secrets = [...beginnings, 'sandboxSecret1', basic, number, otherNumber, '7700 900123', '7700900123'].map(
      (text) => new RegExp(text),
    )
    const hidden = [...secrets, ...[...codes].map(whole)]
    for (const text of [...heard, ...log]) {
      for (const secret of hidden) assert.doesNotMatch(text, secret)
    }
    for (const line of log) assert.doesNotMatch(line, new RegExp(msisdn), 'also the numbers of the account')

    const ledger = globSync(`${folder.path}/ledger.db*`).map((file) => readFileSync(file, 'latin1'))
    for (const content of ledger) {
      for (const secret of [
        /sandboxSecret1/,
        ...[...codes].map(whole),
        ...[number, otherNumber, msisdn].map((text) => new RegExp(text)),
      ]) {
        assert.doesNotMatch(content, secret, 'the ledger')
      }
    }
    assert.match(ledger.join(''), new RegExp([...runs][0] ?? 'none'), 'where an operator finds Vonage’s id')
  })
}

test('whatever stands in a refusal of Vonage’s, no id, number or unprintable character of it comes through', async () => {
  const run = '6814d0cc4cc968952f4e6da726a876e1'
  const uuid = '0f0e1b46-5bd0-4aaf-9c3f-1d2ab3c4d5e6'
  const error_text = `No \u202e${number}\u0007 in ${run}, ${uuid.toUpperCase()} ${'x'.repeat(500)}`
  await using vonage = createServer(
    (_request, response) => void response.end(JSON.stringify({ status: '3', error_text })),
  )
  vonage.listen(0, '127.0.0.1')
  await once(vonage, 'listening')
  const { port } = z.object({ port: z.number() }).parse(vonage.address())
  const account = { VONAGE_API_KEY: 'key', VONAGE_API_SECRET: 'topsecret', TOLLGATE_MODE: 'sandbox' }
  await using gateway = await startGateway({ env: { ...account, VONAGE_API_HOST: `http://127.0.0.1:${port}` } })
  const { status, body } = await gateway.rest('POST', '/v1/verifications', { number, brand: 'Acme' })
  assert.equal(status, 422)
  assert.ok(body.upstream.error_text.startsWith('No … in …, … xxx'), body.upstream.error_text)
  assert.equal(body.upstream.error_text.length, 200)
})

test('a secret cannot be printed, alone or in the configuration', () => {
  const env = {
    VONAGE_API_KEY: 'key',
    VONAGE_API_SECRET: 'topsecret',
    TOLLGATE_COUNTRIES: 'GB',
    TOLLGATE_DAILY_SENDS: '1',
  }
  const keys = `${'ab'.repeat(32)}:${'cd'.repeat(32)}`
  const config = readConfig({ ...env, TOLLGATE_DATA_KEYS: keys })
  const lines: string[] = []
  createLog('info', { write: (line) => void lines.push(line) }).info(
    { config, secret: config.vonage.apiSecret },
    'config',
  )
  const { apiSecret } = config.vonage
  const prints = [
    ...lines,
    inspect(config, { depth: null, showHidden: true }),
    inspect(apiSecret, { showHidden: true, customInspect: false }),
    JSON.stringify([config, apiSecret]),
    format('%s %o %j', apiSecret, apiSecret, apiSecret),
    `${apiSecret}`,
    JSON.stringify({ ...apiSecret }),
    JSON.stringify(structuredClone(Object.entries(apiSecret))),
    String(new Error('failed', { cause: apiSecret }).cause),
  ]
  for (const text of prints) assert.doesNotMatch(text, /topsecret|abab|cdcd/)
  assert.ok(prints.every((text) => text.length > 0) && lines[0]?.includes('[secret]'))
  assert.equal(apiSecret.reveal(), 'topsecret')
  assert.ok(apiSecret instanceof Secret)
})
