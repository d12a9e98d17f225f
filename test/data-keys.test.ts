import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { DataKeys, Secret } from '../src/privacy.ts'
import { engines, startBeside } from './support/beside.ts'
import { isReplay, keyed } from './support/keyed.ts'
import { dataFolder, tollgate } from './support/serving.ts'
import { gist, verifying } from './support/verifying.ts'

const newKey = () => DataKeys.generate().reveal().slice(0, 64)

test('a new key of the data folder writes after a restart, and old ones are dropped once nothing needs them', async () => {
  await using on = await startBeside('SQLite')
  const file = join(on.folder, 'data.keys')
  const parts = () => readFileSync(file, 'utf8').trim().split(':')
  const before = parts()
  const first = await keyed(on.gateway()).request('k')
  assert.equal(gist(first), '200 pending')

  const rotated = await on.command(['data-keys', 'rotate'])
  assert.deepEqual([rotated.code, rotated.stderr], [0, ''])
  assert.match(rotated.stdout, /Restart the gateway, then run `tollgate data-keys reseal`/)
  const [hash, encryption] = before
  const [newHash, newest = '', ...older] = parts()
  assert.deepEqual([newHash, older], [hash, [encryption]])
  assert.match(newest, /^[0-9a-f]{64}$/)
  assert.notEqual(newest, encryption)
  assert.ok(!rotated.stdout.includes(newest), 'no key is printed')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(
    readdirSync(on.folder).filter((name) => name.startsWith('data.keys')),
    ['data.keys'],
  )

  await on.restart()
  const again = await keyed(on.gateway()).request('k')
  assert.deepEqual([again.body, isReplay(again)], [first.body, true], 'the older key still reads')
  await verifying(on.gateway(), '447700900124').start()

  const early = await on.command(['data-keys', 'drop'])
  assert.deepEqual([early.code, early.stdout], [1, ''])
  assert.match(
    early.stderr,
    /^tollgate: older keys are still needed by what they have encrypted \(\d+\): run data-keys reseal\n$/,
  )
  assert.equal(parts().length, 3)

  const resealed = await on.command(['data-keys', 'reseal'])
  assert.equal(resealed.code, 0)
  for (const place of [
    'runs.number_sealed: 1',
    'signing_keys.private_sealed: \\d',
    'idempotency_keys.answer_sealed: 1',
  ]) {
    assert.match(resealed.stderr, new RegExp(`tollgate: ${place} encrypted with the newest key\\n`))
  }
  assert.ok(JSON.parse(resealed.stdout).resealed > 2)
  assert.deepEqual(JSON.parse((await on.command(['data-keys', 'reseal'])).stdout), { resealed: 0, unreadable: 0 })

  assert.equal((await on.command(['data-keys', 'drop'])).code, 0)
  assert.deepEqual(parts(), [hash, newest])
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await on.restart()
  assert.deepEqual((await keyed(on.gateway()).request('k')).body, first.body)
  await on.clock.advance(60)
  const { next, checkRight } = verifying(on.gateway())
  assert.equal(gist(await next(first.body.request_id)), '200 pending', 'the number is read')
  assert.equal(gist(await checkRight(first.body.request_id)), '200 verified', 'and what signs the result')
})

for (const engine of engines) {
  describe(engine, () => {
    test('keys that are set change by what is set: more than a batch is sealed anew, and no key is written or printed', async () => {
      const [hash, old, next] = [newKey(), newKey(), newKey()]
      await using on = await startBeside(engine, { env: { TOLLGATE_DATA_KEYS: `${hash}:${old}` } })
      const id = await verifying(on.gateway()).start()
      await verifying(on.gateway()).checkRight(id)
      const columns = `caller, brand, number_hash, number_mask, number_sealed, parameters, state, tries, asked_at, sent_at,
        event_index, code_made_at, expires_at, ended_at`
      for (const digit of '12345678') {
        await on.sql(`insert into runs (id, ${columns}) select id || '${digit}', ${columns} from runs`)
      }
      const files = readdirSync(on.folder)
      const rotated = await on.command(['data-keys', 'rotate'])
      assert.equal(rotated.code, 0)
      assert.match(rotated.stdout, /nothing was written.*\n\n {2}<hash>:<new>:/)

      const env = { TOLLGATE_DATA_KEYS: `${hash}:${next}:${old}` }
      await on.restart(env)
      const keys = new DataKeys(new Secret(env.TOLLGATE_DATA_KEYS))
      const resealed = await on.command(['data-keys', 'reseal'], env)
      assert.match(resealed.stderr, /runs\.number_sealed: 200 .*\n.*runs\.number_sealed: 256 /)
      assert.equal(JSON.parse(resealed.stdout).unreadable, 0)
      assert.equal(keys.hash('447700900123'), new DataKeys(new Secret(`${hash}:${next}`)).hash('447700900123'))
      const dropped = await on.command(['data-keys', 'drop'], env)
      assert.match(dropped.stdout, /may be <hash>:<newest> now/)
      for (const { stdout, stderr } of [rotated, resealed, dropped]) {
        for (const key of [hash, old, next]) assert.ok(!`${stdout}${stderr}`.includes(key))
      }
      assert.deepEqual(
        readdirSync(on.folder).filter((name) => !name.startsWith('ledger')),
        files.filter((name) => !name.startsWith('ledger')),
      )
      await on.restart({ TOLLGATE_DATA_KEYS: `${hash}:${next}` })
      assert.equal((await verifying(on.gateway()).look(id)).body.state, 'verified')
    })
  })
}

test('what no key opens is counted and left as it is', async () => {
  await using on = await startBeside('SQLite')
  await verifying(on.gateway()).start()
  await on.sql(`update runs set number_sealed = x'00112233'`)
  assert.deepEqual(JSON.parse((await on.command(['data-keys', 'reseal'])).stdout), { resealed: 0, unreadable: 1 })
})

test('what is written while values are sealed anew is not overwritten', async () => {
  await using on = await startBeside('SQLite')
  const { start, checkRight } = verifying(on.gateway())
  await checkRight(await start())
  await on.command(['data-keys', 'rotate'])
  await on.restart()
  const [resealed, forgotten] = await Promise.all([
    on.command(['data-keys', 'reseal']),
    on.command(['forget', '447700900123']),
  ])
  assert.deepEqual([resealed.code, forgotten.code], [0, 0])
  const { runs = [] } = await on.text()
  assert.deepEqual(
    runs.map((row) => row.split(' | ').slice(4, 6)),
    [['**', 'null']],
  )
})

test('there is nothing to change where there are no keys, and a wrong word is refused', async () => {
  using folder = dataFolder()
  const env = { TOLLGATE_DATA_DIR: join(folder.path, 'data') }
  const { code, stderr } = await tollgate(['data-keys', 'rotate'], env)
  assert.deepEqual([code, /there are no data keys in .*: set TOLLGATE/.test(stderr)], [1, true], stderr)
  assert.deepEqual(readdirSync(folder.path), [])
  for (const words of [[], ['turn'], ['rotate', 'twice']]) {
    assert.equal((await tollgate(['data-keys', ...words], env)).code, 2)
  }
  writeFileSync(join(folder.path, 'data.keys'), 'nonsense')
  for (const word of ['rotate', 'reseal', 'drop']) {
    const broken = await tollgate(['data-keys', word], { TOLLGATE_DATA_DIR: folder.path })
    assert.match(broken.stderr, /^tollgate: .*data\.keys: data keys are 64 hex digits each/)
  }
  assert.equal(readFileSync(join(folder.path, 'data.keys'), 'utf8'), 'nonsense')
})
