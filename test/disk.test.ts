import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { someFolder } from './support/folder.ts'
import { request } from './support/gateway.ts'
import { spawnGateway } from './support/spawned-gateway.ts'
import { gist, someNumber } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

test('what a failing disk did not take is neither acknowledged nor acted on, until the gateway starts anew', async () => {
  await using vonage = await startVonageApart()
  using folder = someFolder()
  const sign = join(folder.path, 'the-disk-fails')
  const env = { ...vonage.env, TOLLGATE_DATA_DIR: folder.path, TOLLGATE_LOG_LEVEL: 'silent' }
  {
    const preload = fileURLToPath(import.meta.resolve('./support/failing-disk.mjs'))
    await using gateway = await spawnGateway({ ...env, DISK_FAILS_WITH: sign, NODE_OPTIONS: `--import=${preload}` })
    const ask = (number: string) => request(`${gateway.rest}/v1/verifications`, 'POST', { number, brand: 'Acme' })
    const ready = () => request(`${gateway.rest}/readyz`)
    assert.equal(gist(await ask(someNumber)), '200 pending')
    assert.equal((await ready()).status, 200)

    writeFileSync(sign, '')
    assert.equal(gist(await ask('447700900124')), '500 internal')
    // What the operating system kept of it may be lost, so nothing after it can be relied on.
    rmSync(sign)
    assert.equal(gist(await ask('447700900125')), '500 internal')
    assert.equal(gist(await ready()), '503 overloaded')
  }
  assert.deepEqual(
    ['447700900124', '447700900125'].flatMap((number) => vonage.simulator.messages(number)),
    [],
  )

  await using gateway = await spawnGateway(env)
  assert.equal((await request(`${gateway.rest}/readyz`)).status, 200)
  const { body } = await request(`${gateway.rest}/v1/verifications`, 'POST', { number: '447700900126', brand: 'Acme' })
  assert.equal(body.state, 'pending')
})
