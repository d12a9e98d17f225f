import assert from 'node:assert/strict'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { engines } from './support/beside.ts'
import { request } from './support/gateway.ts'
import { bearer } from './support/keys.ts'
import { ledgerText } from './support/ledger-text.ts'
import { mcpCall } from './support/mcp-call.ts'
import { newDatabase } from './support/postgres.ts'
import { run } from './support/process.ts'
import { dataFolder, serve, tollgate } from './support/serving.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { startReceiver } from './support/webhooks.ts'

const secret = 'MarkedSecret0000'
const webhookSecret = `whsec_${Buffer.from('marked secret of webhooks, 32 ok').toString('base64')}`
const hashKey = 'a0b1'.repeat(16)
const encryptionKey = 'c2d3'.repeat(16)
const numbers = ['447700900731', '447700900732', '447700900733']
const [restNumber, mcpNumber, strangersNumber] = numbers as [string, string, string]
/** Codes that callers try, and one nobody was sent. */
const tried = ['730917', '730918', '730919']

for (const engine of engines) {
  test(`${engine}: a gateway at work tells its secrets, codes and numbers to nobody and nothing`, async () => {
    using folder = dataFolder()
    await using vonage = await startVonageApart(undefined, { apiSecret: secret })
    await using receiver = await startReceiver(webhookSecret)
    const env: Record<string, string> = {
      ...vonage.env,
      ...receiver.env,
      ...(engine === 'PostgreSQL' && { DATABASE_URL: await newDatabase() }),
      VONAGE_API_SECRET: secret,
      TOLLGATE_DATA_DIR: folder.path,
      TOLLGATE_DATA_KEYS: `${hashKey}:${encryptionKey}`,
      TOLLGATE_REST_PORT: '0',
      TOLLGATE_MCP_PORT: '0',
      TOLLGATE_MCP_TOOLS: 'all',
      TOLLGATE_SENDS_PER_NUMBER: '9/10m',
      TOLLGATE_LOG_LEVEL: 'debug',
    }
    /** Everything that anybody was told, by where. */
    const told: [where: string, text: string][] = []
    const command = async (...words: string[]) => {
      const { stdout, stderr } = await tollgate(words, { ...env, TOLLGATE_KEY: admin })
      told.push([words.join(' '), stdout + stderr])
    }
    const newKey = async (name: string, scopes: string) => {
      const { stdout, stderr } = await tollgate(['keys', 'create', '--name', name, '--scopes', scopes], env)
      told.push(['keys create', stderr])
      return stdout.trim()
    }
    const key = await newKey('checkout', 'verify,verifications:read,numbers:read,numbers:buy,numbers:write')
    const admin = await newKey('boss', 'admin')

    await using gateway = await serve(['serve'], env)
    const [rest = '', mcp = ''] = gateway.addresses
    const call = async (method: string, path: string, body?: unknown, headers = bearer(key)) => {
      const answer = await request(`${rest}${path}`, method, body, headers)
      told.push([`${method} ${path}`, JSON.stringify([answer.body, ...answer.headers])])
      return answer
    }
    const tool = async (name: string, args: Record<string, unknown>) => {
      const answer = await mcpCall(mcp, 'tools/call', { name, arguments: args }, bearer(key))
      told.push([name, JSON.stringify([answer.body, ...answer.headers])])
      return answer.body.result?.structuredContent
    }
    const codeOf = (number: string) => vonage.simulator.messages(number).at(-1)?.code ?? ''

    // What is asked for, over REST, over MCP and on the page.
    const asked = await call('POST', '/v1/verifications', { number: '+44 7700 900731', brand: 'Acme' })
    const { request_id, verification_url } = asked.body
    await call('POST', '/v1/verifications/check', { request_id, code: tried[0] })
    const page = new URL(verification_url).pathname
    for (const code of [tried[1], codeOf(restNumber)]) {
      const fields = new URLSearchParams({ code: String(code) })
      const shown = await fetch(`${rest}${page}`, { method: 'POST', body: fields })
      told.push([`POST ${page}`, await shown.text()])
    }
    const over = await tool('request-verification', { number: mcpNumber, brand: 'Acme' })
    await tool('check-verification', { request_id: over.request_id, code: codeOf(mcpNumber) })
    const { numbers: offers } = await tool('search-available-numbers', { country: 'GB', size: 1 })
    const { country, msisdn } = offers[0]
    const { approval } = await tool('buy-number', { country, msisdn })
    const { approval_id } = approval
    const approved = await call('POST', `/v1/approvals/${approval_id}`, { decision: 'approve' }, bearer(admin))
    assert.equal(approved.status, 200, JSON.stringify(approved.body))
    assert.equal((await tool('buy-number', { country, msisdn })).msisdn, msisdn)
    for (const id of [request_id, over.request_id])
      assert.equal((await call('GET', `/v1/verifications/${id}`)).body.state, 'verified')

    // What goes wrong, with a secret where none belongs.
    await call('GET', `/v1/verifications/${strangersNumber}?code=${tried[2]}&api_key=${key}`)
    await call('GET', `/${strangersNumber}/${tried[2]}`)
    await call('POST', '/v1/verifications', { number: strangersNumber, brand: 'Acme', code: tried[2] })
    await call('POST', '/v1/verifications', `{"number":"${strangersNumber}",`)
    await call('POST', '/v1/verifications', { number: `${strangersNumber}0000`, brand: 'Acme' })
    await call('DELETE', `/v1/numbers/GB/${strangersNumber}`)
    await call('GET', '/v1/verifications', undefined, bearer(`${key.slice(0, -1)}~`))
    await call('GET', '/v1/verifications', undefined, bearer(secret))
    await tool('no-such-tool', { number: strangersNumber, code: tried[2] })
    await tool('check-verification', { request_id: strangersNumber, code: tried[2] })
    const answer = { connection: 'cut' }
    await request(`${vonage.url}/simulator/faults`, 'POST', { path: '/verify/json', answer })
    await call('POST', '/v1/verifications', { number: strangersNumber, brand: 'Acme' })

    const { stdout: processes } = await run('ps', ['-o', 'comm=,args=', '-p', String(gateway.pid)], {
      PATH: process.env.PATH ?? '',
    })
    assert.match(processes, /serve/)
    told.push(['the process’s title', processes])
    for (const words of ['doctor', 'keys list', 'approvals list', 'webhooks list', 'audit export', 'audit verify'])
      await command(...words.split(' '))
    await command('approvals', 'deny', approval_id)
    await command('forget', restNumber)
    gateway.signal('SIGTERM')
    assert.equal(await gateway.ended, 0)
    told.push(['the banner', gateway.banner], ['the log', gateway.stderr()])
    told.push(
      ...receiver.heard.map(({ body, headers }) => ['a webhook', body + JSON.stringify(headers)] as [string, string]),
    )
    for (const file of globSync(join(folder.path, '**')).filter((path) => statSync(path).isFile()))
      told.push([file.slice(folder.path.length), readFileSync(file, 'latin1')])
    for (const [table, rows] of Object.entries(await ledgerText(env))) told.push([table, rows.join('\n')])

    const sent = numbers.flatMap((number) => vonage.simulator.messages(number).map(({ code }) => code))
    assert.ok(sent.length >= 2 && receiver.heard.length >= 3 && receiver.faults.length === 0)
    const marks = [
      ...[secret, btoa(`${vonage.env.VONAGE_API_KEY}:${secret}`), webhookSecret.slice(6), 'marked secret of webhooks'],
      ...[hashKey, encryptionKey, Buffer.from(encryptionKey, 'hex').toString('latin1'), key.slice(8), admin.slice(8)],
      ...numbers.flatMap((number) => [number.slice(2), `7700 ${number.slice(6)}`]),
      ...tried,
    ]
    for (const [where, text] of told) {
      for (const mark of marks) assert.ok(!text.includes(mark), `${mark} in ${where}: ${around(text, mark)}`)
      for (const code of sent) assert.doesNotMatch(text, new RegExp(`(?<![0-9a-f])${code}(?![0-9a-f])`, 'i'), where)
    }
    const log = gateway.stderr()
    assert.ok(
      !log.includes(msisdn) && log.includes('checkout'),
      'the log names the caller, and no number of the account',
    )
  })
}

const around = (text: string, mark: string) =>
  text.slice(Math.max(0, text.indexOf(mark) - 200), text.indexOf(mark) + 100)
