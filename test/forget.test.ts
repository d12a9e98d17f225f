import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { isReplay, keyed } from './support/keyed.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'
import { startReceiver } from './support/webhooks.ts'

const asWritten = '+44 7700 900123'
const hour = 3600

/** What the README shows that the command prints. */
function example(): { forgotten: object; counted: { until: string } } {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, shown = ''] = readme.split(`$ tollgate forget ${asWritten}\n`)
  return JSON.parse(shown.split('\n```')[0] ?? '')
}

const sendsOf = ({ sends = [] }: Record<string, string[]>) => sends.map((row) => row.split(' | ')[0])

for (const engine of engines) {
  describe(engine, () => {
    test('forgetting a number ends and erases its verifications beside a running gateway, and no other', async () => {
      await using on = await startBeside(engine)
      const { start, checkRight, look, check } = verifying(on.gateway())
      const verified = await start()
      await checkRight(verified)
      const pending = [await start(), await start()]
      const other = await verifying(on.gateway(), '447700900124').start()
      const code = await on.gateway().code(someNumber)

      const { code: exit, stdout, stderr } = await on.command(['forget', ...asWritten.split(' ')])
      assert.equal(exit, 0, stderr)
      const { forgotten, counted } = JSON.parse(stdout)
      const { until } = example().counted
      assert.deepEqual({ forgotten, counted: { ...counted, until } }, example())
      assert.ok(Date.parse(counted.until) > on.clock.now() + 24 * hour * 1000)
      assert.match(stderr, /"forgotten":\{.*a number was forgotten/)
      for (const said of [stdout, stderr]) assert.doesNotMatch(said, /7700|900123/)

      for (const id of [verified, ...pending]) assert.equal((await look(id)).body.number, '**')
      assert.equal((await look(verified)).body.state, 'verified')
      for (const id of pending) assert.equal(gist(await check(id, code)), '410 verification_cancelled')
      const text = await on.text()
      const rows = text.runs ?? []
      assert.ok(rows.every((row) => !row.includes('44********23')))
      const unfound = [...new Set(sendsOf(text))].filter((hash = '') => !rows.some((row) => row.includes(hash)))
      assert.equal(unfound.length, 1, 'the hash of the one number, and not of the other')
      assert.equal((await look(other)).body.number, '44********24')
      assert.equal(gist(await verifying(on.gateway(), '447700900124').checkRight(other)), '200 verified')
    })

    test('the run of a forgotten number is cancelled at Vonage as soon as that may be, and no further message comes', async () => {
      await using on = await startBeside(engine)
      const { start, state } = verifying(on.gateway())
      const id = await start({ workflow_id: 4 })
      await on.command(['forget', asWritten])
      await on.clock.advance(45)
      assert.equal(on.vonage.calls.filter(({ parameters }) => parameters.cmd === 'cancel').length, 1)
      await on.clock.advance(120)
      assert.equal(on.vonage.simulator.messages(someNumber).length, 1)
      assert.equal(await state(id), 'cancelled')
    })

    test('forgetting gets nobody around the caps of a number', async () => {
      await using on = await startBeside(engine, { env: { TOLLGATE_SENDS_PER_NUMBER: '2/10m' } })
      const { start, checkRight, request } = verifying(on.gateway())
      for (let sent = 0; sent < 2; sent += 1) await checkRight(await start())
      await on.command(['forget', asWritten])
      assert.equal(gist(await request()), '429 quota_exceeded')
    })

    test('a repeat with an Idempotency-Key sends nothing to a forgotten number', async () => {
      await using on = await startBeside(engine)
      const { request } = keyed(on.gateway())
      const first = await request('k')
      await on.command(['forget', asWritten])
      const again = await request('k')
      assert.deepEqual([again.status, isReplay(again), again.body.number], [200, true, '**'])
      assert.equal(again.body.request_id, first.body.request_id)
      assert.equal(on.vonage.simulator.messages(someNumber).length, 1)
    })

    test('webhooks tell that a forgotten number’s verification was cancelled, and none that comes later holds its mask', async () => {
      await using receiver = await startReceiver()
      receiver.answer(() => ({ status: 500 }))
      await using on = await startBeside(engine, { env: receiver.env })
      const id = await verifying(on.gateway()).start()
      while (receiver.heard.length === 0) await on.clock.advance(1)
      assert.equal(receiver.heard[0]?.data.number, '44********23')
      await on.command(['forget', asWritten])
      for (const text of Object.values(await on.text()).flat()) assert.doesNotMatch(text, /44\*/)
      receiver.answer(() => ({ status: 200 }))
      const before = receiver.heard.length
      while (receiver.of(id).at(-1) !== '2 cancelled') await on.clock.advance(10)
      const after = receiver.heard.slice(before)
      assert.deepEqual(after.map(({ type, data }) => [type, data.number]).sort(), [
        ['verification.cancelled', '**'],
        ['verification.requested', '**'],
      ])
    })

    test('a number that is forgotten while a message is asked for leaves nothing behind', async () => {
      await using on = await startBeside(engine)
      const { request, look, state } = verifying(on.gateway())
      const held = on.hold('/verify/json')
      const asking = request()
      await held.arrived
      assert.equal((await on.command(['forget', asWritten])).code, 0)
      held.release()
      const { body } = await asking
      assert.equal(await state(body.request_id), 'cancelled')
      assert.equal((await look(body.request_id)).body.number, '**')
      await on.clock.advance(45)
      assert.equal(on.vonage.calls.filter(({ parameters }) => parameters.cmd === 'cancel').length, 1)
    })

    test('a number that is forgotten while its next message is on the way gets none, and nothing is left behind', async () => {
      await using on = await startBeside(engine)
      const { start, next, state } = verifying(on.gateway())
      const id = await start()
      await on.clock.advance(60)
      const held = on.hold('/verify/control/json')
      const resending = next(id)
      await held.arrived
      assert.equal((await on.command(['forget', asWritten])).code, 0)
      held.release()
      assert.equal(gist(await resending), '410 verification_cancelled')
      assert.equal(on.vonage.simulator.messages(someNumber).length, 1)
      assert.equal(await state(id), 'cancelled')
      const { runs = [] } = await on.text()
      assert.deepEqual(
        runs.map((row) => row.split(' | ')[4]),
        ['**'],
      )
    })
  })
}

test('a number that the ledger does not know is forgotten too, and the command says so', async () => {
  await using on = await startBeside('SQLite')
  const { code, stdout, stderr } = await on.command(['forget', '00447700900123'])
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(stdout), {
    forgotten: { runs: 0, verifications: 0, cancelled: 0 },
    counted: { messages: 0 },
  })
  assert.match(stderr, /tollgate: nothing was kept of this number\n/)
})

test('what is no number is refused, and so is a ledger without its keys', async () => {
  await using on = await startBeside('SQLite')
  for (const words of [[], ['nonsense'], ['+44']]) {
    const { code, stdout, stderr } = await on.command(['forget', ...words])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, words.length === 0 ? /call it as forget <number>/ : /number: /)
  }
  const nowhere = await on.command(['forget', asWritten], { TOLLGATE_DATA_DIR: `${on.folder}/elsewhere` })
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /^tollgate: there are no data keys in .*elsewhere\/data\.keys: set TOLLGATE_DATA_KEYS/)
})

test('a verification whose time is over is forgotten as expired', async () => {
  await using on = await startBeside('SQLite')
  const id = await verifying(on.gateway()).start()
  await on.stop()
  await on.sql('update runs set expires_at = 1, asked_at = 0')
  const { stdout } = await on.command(['forget', asWritten])
  assert.deepEqual(JSON.parse(stdout).forgotten, { runs: 1, verifications: 1, cancelled: 0 })
  await on.restart()
  assert.equal(await verifying(on.gateway()).state(id), 'expired')
})
