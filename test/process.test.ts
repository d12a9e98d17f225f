import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import * as z from 'zod'
import { jwt, startReceiver } from '../src/simulator/verify2/verify2-under-test.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { version } from '../src/version.ts'
import { freePorts, request } from './support/gateway.ts'
import { mcpCall } from './support/mcp-call.ts'
import { run } from './support/process.ts'
import { dataFolder, type Served, serve, start, tollgate } from './support/serving.ts'
import { gist } from './support/verifying.ts'

const verification = { number: '+44 7700 900123', brand: 'Acme' }

function where({ addresses: [rest = '', mcp = '', vonage = ''] }: Served) {
  return { rest, mcp, vonage }
}

/** A sandbox whose Vonage is elsewhere. */
function sandboxOn(vonage: string) {
  const account = { VONAGE_API_KEY: '5a4db0c5', VONAGE_API_SECRET: 'sandboxSecret1' }
  return { ...freePorts, ...account, TOLLGATE_MODE: 'sandbox', VONAGE_API_HOST: vonage }
}

async function isClosed(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  )
}

async function newestCode(vonage: string): Promise<string> {
  const { body } = await request(`${vonage}/inbox/messages?to=447700900123`)
  return body.messages.at(-1).code
}

test('a sandbox says where it is, and the command it shows sends a first code', async () => {
  using folder = dataFolder()
  await using served = await serve([], { ...freePorts, TOLLGATE_DATA_DIR: folder.path })
  const { rest, mcp, vonage } = where(served)
  assert.match(served.banner, /^tollgate [\d.]+, sandbox: nothing is sent/)
  const curl = served.banner.split('\n').find((line) => line.trimStart().startsWith('curl ')) ?? ''
  const { code, stdout } = await run('sh', ['-c', curl], { PATH: process.env.PATH ?? '' })
  assert.equal(code, 0)
  const { request_id, message_sent } = JSON.parse(stdout)
  assert.equal(message_sent, true)
  const checked = { request_id, code: await newestCode(vonage) }
  assert.equal(gist(await request(`${rest}/v1/verifications/check`, 'POST', checked)), '200 verified')

  assert.deepEqual((await request(`${rest}/healthz`)).body, { status: 'ok' })
  assert.deepEqual((await request(`${rest}/readyz`)).body, { status: 'ready' })
  assert.equal((await request(`${rest}/docs`)).status, 200)
  assert.equal((await mcpCall(mcp, 'tools/list')).body.result.tools.length, 6)
  assert.equal((await request(`${vonage}/inbox`)).status, 200)
  for (const page of served.banner.matchAll(/http[^\s)]+\/(?:docs|inbox)/g)) {
    assert.equal((await request(page[0])).status, 200, page[0])
  }

  served.signal('SIGINT')
  assert.equal(await served.ended, 0)
  const lines = served
    .stderr()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const logged = lines.find(({ route }) => route === '/v1/verifications/check')
  assert.match(logged.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.deepEqual([logged.surface, logged.method, logged.status], ['rest', 'POST', 200])
  assert.match(logged.requestId, /^[0-9a-f-]{36}$/)
})

// Over before the patience with requests is: it waits for the answer, not for the client to hang up.
test('SIGTERM lets a running request end, even when it is sent twice, and nothing listens after it', {
  timeout: 9000,
}, async () => {
  using folder = dataFolder()
  const asked = Promise.withResolvers<void>()
  const mayAnswer = Promise.withResolvers<void>()
  await using vonage = createServer(async (_request, response) => {
    asked.resolve()
    await mayAnswer.promise
    response.end(JSON.stringify({ request_id: 'a'.repeat(32), status: '0' }))
  })
  vonage.listen(0, '127.0.0.1')
  await once(vonage, 'listening')
  const { port } = z.object({ port: z.number() }).parse(vonage.address())
  await using served = await serve(['serve'], {
    ...sandboxOn(`http://127.0.0.1:${port}`),
    TOLLGATE_DATA_DIR: folder.path,
  })
  const { rest, mcp } = where(served)
  const running = request(`${rest}/v1/verifications`, 'POST', verification)
  await asked.promise
  served.signal('SIGTERM')
  while (!(await isClosed(`${rest}/healthz`)));
  served.signal('SIGTERM')
  assert.ok(await isClosed(mcp))
  mayAnswer.resolve()
  assert.equal(gist(await running), '200 pending')
  assert.equal(await served.ended, 0)
})

test('SIGTERM ends a start that is held up', async () => {
  using folder = dataFolder()
  const path = join(folder.path, 'ledger.db')
  await openSqlite({ path, mode: 'sandbox', keyCheck: '' }).close()
  using other = new DatabaseSync(path)
  other.exec('begin immediate')
  rmSync(`${path}.lock`)
  const starting = start([], { ...freePorts, TOLLGATE_DATA_DIR: folder.path })
  const ended = once(starting, 'close')
  const watcher = watch(folder.path)
  while (!existsSync(`${path}.lock`)) await once(watcher, 'change')
  watcher.close()
  starting.kill('SIGTERM')
  assert.deepEqual(await ended, [null, 'SIGTERM'])
})

test('after a kill the next start serves the same ledger', async () => {
  using folder = dataFolder()
  await using vonage = await serve(['simulator'], { TOLLGATE_SIMULATOR_PORT: '0' })
  const [base = ''] = vonage.addresses
  const env = { ...sandboxOn(base), TOLLGATE_DATA_DIR: folder.path }
  await using killed = await serve([], env)
  const { body } = await request(`${where(killed).rest}/v1/verifications`, 'POST', verification)
  const shown = await tollgate(['verifications', 'show', body.request_id], env)
  killed.signal('SIGKILL')
  assert.equal(await killed.ended, 'SIGKILL')

  await using again = await serve([], env)
  const check = { request_id: body.request_id, code: await newestCode(base) }
  assert.equal(gist(await request(`${where(again).rest}/v1/verifications/check`, 'POST', check)), '200 verified')

  const { body: inbox } = await request(`${base}/inbox/messages?to=447700900123`)
  const told = JSON.parse(shown.stdout)
  assert.equal(told.vonage_request_id, inbox.messages[0].request_id, 'Vonage’s own id, for a support case')
  assert.deepEqual([told.request_id, told.state, told.run.number], [body.request_id, 'pending', '44********23'])

  vonage.signal('SIGTERM')
  assert.equal(await vonage.ended, 0)
})

describe('the command line', { concurrency: 3 }, () => {
  const commands = [
    'serve',
    'simulator',
    'mcp',
    'keys',
    'approvals',
    'policy',
    'guard',
    'audit',
    'doctor',
    'verifications',
    'forget',
    'data-keys',
    'restore-check',
    'webhooks',
    'openapi',
  ]

  test('its help lists every command, and its version is a line', async () => {
    const [help, short, ofVersion] = await Promise.all([
      tollgate(['--help']),
      tollgate(['-h']),
      tollgate(['--version']),
    ])
    assert.deepEqual([help.code, help.stderr, short.stdout], [0, '', help.stdout])
    const listed = [...help.stdout.matchAll(/^ {2}([a-z][a-z-]*)\b/gm)].map(([, name]) => name)
    assert.deepEqual(listed, commands)
    assert.deepEqual(ofVersion, { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  for (const name of commands) {
    test(`${name} has a help of its own, which starts nothing`, async () => {
      const { code, stdout, stderr } = await tollgate([name, '--help'], { TOLLGATE_NONSENSE: '1' })
      assert.deepEqual([code, stderr], [0, ''])
      assert.ok(stdout.startsWith(`Usage: tollgate ${name}`))
      assert.ok(stdout.trimEnd().split('\n').length >= 4, stdout)
    })
  }

  const wrong: [words: string[], says: RegExp][] = [
    [['sevre'], /there is no command "sevre"/],
    [['serve', 'now'], /serve takes no words/],
    [['--port=80'], /--port/],
    [['simulator', 'x'], /simulator takes no words/],
    [['mcp'], /mcp --stdio/],
    [['verifications', 'list'], /verifications show <request_id>/],
    [['verifications', 'show'], /verifications show <request_id>/],
    [['webhooks'], /webhooks list/],
    [['webhooks', 'list', '--state', 'lost'], /--state pending\|delivered\|dead/],
    [['webhooks', 'replay'], /webhooks replay <id>/],
    [['webhooks', 'replay', 'msg_1', '--all-dead'], /webhooks replay --all-dead/],
  ]
  for (const [words, says] of wrong) {
    test(`"${words.join(' ')}" is a wrong call: one line, and exit code 2`, async () => {
      const { code, stdout, stderr } = await tollgate(words)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /^tollgate: [^\n]+ \(tollgate --help lists the commands\)\n$/)
      assert.match(stderr, says)
    })
  }

  test('showing a verification that is not in the ledger, or of no ledger, fails with one line', async () => {
    using folder = dataFolder()
    const env = { TOLLGATE_DATA_DIR: folder.path }
    const none = await tollgate(['verifications', 'show', 'f'.repeat(32)], env)
    assert.deepEqual([none.code, none.stdout], [1, ''])
    assert.match(none.stderr, /^tollgate: there is no ledger at [^\n]+\n$/)
    await using served = await serve([], { ...freePorts, ...env })
    const unknown = await tollgate(['verifications', 'show', 'f'.repeat(32)], env)
    assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
    assert.match(unknown.stderr, /^tollgate: the ledger has no verification f{32}\n$/)
    assert.equal((await request(`${where(served).rest}/readyz`)).status, 200)
  })

  test('looking into a file that is no ledger, or a broken one, fails with one line', async () => {
    using folder = dataFolder()
    const path = join(folder.path, 'ledger.db')
    await openSqlite({ path, mode: 'sandbox', keyCheck: '' }).close()
    const whole = readFileSync(path)
    for (const bytes of ['', 'This is no database. '.repeat(100), whole.fill('x', 4096)]) {
      writeFileSync(path, bytes)
      const { code, stdout, stderr } = await tollgate(['verifications', 'show', 'f'.repeat(32)], {
        DATABASE_URL: `sqlite:${path}`,
      })
      assert.deepEqual([code, stdout], [1, ''], stderr)
      assert.match(stderr, /^tollgate: the ledger [^\n]+\n$/)
    }
  })

  test('a simulator takes the account that is set, and refuses a setting that there is not', async () => {
    const account = { VONAGE_API_KEY: 'abcd1234', VONAGE_API_SECRET: 'mySecret9' }
    await using vonage = await serve(['simulator'], { ...account, TOLLGATE_SIMULATOR_PORT: '0' })
    const [base = ''] = vonage.addresses
    const asked = async (key: string, secret: string) => {
      const authorization = `Basic ${btoa(`${key}:${secret}`)}`
      return (await request(`${base}/account/numbers`, 'GET', undefined, { authorization })).status
    }
    assert.equal(await asked('abcd1234', 'mySecret9'), 200)
    assert.equal(await asked('5a4db0c5', 'sandboxSecret1'), 401)
    assert.doesNotMatch(vonage.banner, /mySecret9/)
    const { code, stderr } = await tollgate(['simulator'], { TOLLGATE_SIMULATER_PORT: '1' })
    assert.equal(code, 1)
    assert.match(stderr, /^tollgate: TOLLGATE_SIMULATER_PORT is no setting; [^\n]+\n$/)
  })

  test('a simulator sends webhooks to the address that is set, and demands the secret with it', async () => {
    await using receiver = await startReceiver()
    const { url, signatureSecret } = receiver.target
    const env = { TOLLGATE_SIMULATOR_WEBHOOK_URL: url, TOLLGATE_SIMULATOR_SIGNATURE_SECRET: signatureSecret }
    await using vonage = await serve(['simulator'], { ...env, TOLLGATE_SIMULATOR_PORT: '0' })
    const [base = ''] = vonage.addresses
    const authorization = `Bearer ${jwt()}`
    const workflow = [{ channel: 'sms', to: '447700900911' }]
    const asked = await request(`${base}/v2/verify`, 'POST', { brand: 'Acme', workflow }, { authorization })
    assert.equal(asked.status, 202)
    assert.equal((await request(`${base}/simulator/webhooks`)).status, 200)
    assert.deepEqual(
      receiver.bodies().map(({ type, status }) => [type, status]),
      [
        ['event', 'failed'],
        ['summary', 'failed'],
      ],
    )
    assert.ok(receiver.received.every(({ authorization: signed }) => signed.startsWith('Bearer ')))
    for (const [name, half] of Object.entries(env)) {
      const { code, stderr } = await tollgate(['simulator'], { [name]: half })
      const missing = Object.keys(env).find((other) => other !== name)
      assert.equal(code, 1)
      assert.equal(stderr, `tollgate: ${missing} is not set but its other half is: set both for webhooks, or neither\n`)
    }
  })
})
