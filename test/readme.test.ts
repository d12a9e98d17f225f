import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { banner } from '../src/commands/serve.ts'
import { readConfig } from '../src/config.ts'
import { examplesOf } from '../src/examples.ts'
import { operations } from '../src/operations.ts'
import { problems } from '../src/problems.ts'
import { settings } from '../src/settings.ts'
import { events } from '../src/webhooks/events.ts'
import { freePort } from './support/free-port.ts'
import { startGateway } from './support/gateway.ts'
import { verifying } from './support/verifying.ts'
import { someSecret, startTelling } from './support/webhooks.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The rows of the table below a heading, without its head. */
function rows(heading: string): string[][] {
  const [, section = ''] = readme.split(`\n## ${heading}\n`)
  const lines = section.split('\n## ')[0]?.split('\n') ?? []
  const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.slice(1, -1).split('|'))
  return cells.slice(2).map((row) => row.map((cell) => cell.trim()))
}

/** The first code block of a language below a heading. */
function block(heading: string, language: string): string {
  const [, section = ''] = readme.split(`\n## ${heading}\n`)
  return section.split(`\`\`\`${language}\n`)[1]?.split('\n```')[0] ?? ''
}

test('the settings in the README are those of the program', () => {
  assert.deepEqual(
    rows('Settings'),
    Object.entries(settings).map(([name, { default: fallback, help }]) => [
      `\`${name}\``,
      fallback === undefined ? '' : `\`${fallback}\``,
      help,
    ]),
  )
})

test('the errors in the README are those of the program', () => {
  assert.deepEqual(
    rows('Errors'),
    Object.entries(problems).map(([code, { status, advice }]) => [`\`${code}\``, String(status), advice]),
  )
})

test('the operations in the README are those of the program', () => {
  assert.deepEqual(
    rows('Operations'),
    operations.map(({ name, rest, tool }) => [
      `\`${name}\``,
      `\`${rest.method} ${rest.path}\``,
      { default: 'yes', 'opt-in': 'opt-in', never: 'never' }[tool],
    ]),
  )
})

test('the parts of the benchmark in the README are those that it runs', () => {
  const run = readFileSync(new URL('../bench/run.mjs', import.meta.url), 'utf8')
  const parts = run.match(/^const parts = \[([^\]]*)\]/m)?.[1]?.match(/\w+/g)
  assert.deepEqual(
    rows('How fast').map(([part]) => part),
    parts?.map((part) => `\`${part}\``),
  )
})

test('the webhooks in the README are those of the program', () => {
  assert.deepEqual(
    rows('Webhooks'),
    Object.entries(events).map(([type, { when }]) => [`\`${type}\``, when]),
  )
})

test('the webhook in the README is one that is sent', async () => {
  await using gateway = await startTelling()
  const { start, checkRight } = verifying(gateway)
  const id = await start()
  await gateway.clock.advance(7)
  await checkRight(id)
  await gateway.tell()
  const [, verified] = gateway.receiver.heard
  assert.deepEqual(JSON.parse(verified?.body ?? ''), JSON.parse(block('Webhooks', 'json')))
})

test('the receiver in the README takes what is sent, and nothing else', async () => {
  const port = await freePort()
  const code = block('Webhooks', 'js').replace('9000', String(port))
  const receiver = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: import.meta.dirname,
    env: { TOLLGATE_WEBHOOK_SECRET: someSecret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = `http://127.0.0.1:${port}/`
    const post = () => fetch(url, { method: 'POST', body: '{}' }).catch(() => undefined)
    let forged = await post()
    while (!forged) forged = await post()
    assert.equal(forged.status, 400)
    await using gateway = await startTelling({ env: { TOLLGATE_WEBHOOK_URLS: url } })
    const id = await verifying(gateway).start()
    await gateway.tell()
    const [printed] = await once(receiver.stdout.setEncoding('utf8'), 'data')
    assert.equal(printed, `verification.requested ${id} 1\n`)
  } finally {
    receiver.kill()
  }
})

test('the README shows what a start prints', () => {
  const addresses = {
    rest: 'http://127.0.0.1:8082',
    mcp: 'http://127.0.0.1:9092/mcp',
    simulator: 'http://127.0.0.1:8083',
    isClosed: false,
  }
  assert.ok(readme.includes(`$ npm start\n${banner(readConfig({}), addresses)}`))
})

test('the curl lines in the README verify a number when they are pasted', async () => {
  await using gateway = await startGateway()
  const lines = block('A verification in five curl lines', 'sh')
    .replace('http://127.0.0.1:8082', gateway.addresses.rest)
    .replace('http://127.0.0.1:8083', gateway.addresses.simulator)
  assert.equal(lines.split('\n').length, 5)
  const { stdout } = await promisify(execFile)('sh', ['-euc', lines])
  assert.deepEqual(stdout.match(/"state":"\w+"/g), ['"state":"verified"', '"state":"verified"'])
})

test('the curl lines about repeating send one message, and the second answer says that it is a repeat', async () => {
  await using gateway = await startGateway()
  const lines = block('Repeating safely', 'sh').replace('http://127.0.0.1:8082', gateway.addresses.rest)
  const { stdout } = await promisify(execFile)('sh', ['-euc', lines])
  assert.deepEqual(stdout.match(/idempotent-replayed: \w+/gi), ['idempotent-replayed: true'])
  const ids = stdout.match(/"request_id":"\w+"/g) ?? []
  assert.deepEqual([ids.length, new Set(ids).size], [2, 1])
  assert.equal((await gateway.messages('447700900123')).length, 1)
})

test('the README shows the claims of a signed result, and how examples/ reads one', () => {
  const example = examplesOf('check-verification').find((one) => 'output' in one)
  assert.ok(example && 'output' in example && 'verification_token' in example.output)
  const claims = decodeJwt(String(example.output.verification_token))
  assert.deepEqual(JSON.parse(block('A signed result', 'json')), claims)
  const source = readFileSync(new URL('../examples/signed-result.ts', import.meta.url), 'utf8')
  assert.equal(`${block('A signed result', 'ts')}\n`, source)
})

test('the configurations for agents in the README are JSON and name the MCP address', () => {
  const [, section = ''] = readme.split('\n## From an agent\n')
  const blocks = section.split('\n## ')[0]?.split('```json\n').slice(1) ?? []
  assert.equal(blocks.length, 3)
  for (const text of blocks) {
    const config = JSON.stringify(JSON.parse(text.split('\n```')[0] ?? ''))
    assert.match(config, /"http:\/\/127\.0\.0\.1:9092\/mcp"/)
  }
})
