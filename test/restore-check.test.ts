import assert from 'node:assert/strict'
import { cpSync, globSync, mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { SimulatedClock } from '../src/clock.ts'
import { requestVerification } from '../src/verifications/operations.ts'
import { codeLifeSeconds, longestRunMs, schedule } from '../src/verifications/workflows.ts'
import { engines, startBeside } from './support/beside.ts'
import { type Answer, freePorts } from './support/gateway.ts'
import { dataFolder, serve, tollgate } from './support/serving.ts'
import { gist, someNumber, verifying } from './support/verifying.ts'

const halfHour = 1800

function assertHeld(answer: Answer): void {
  assert.equal(gist(answer), '503 overloaded')
  assert.match(answer.body.detail, /^The ledger was restored from a backup: no message is sent until 20\d\d-/)
  const waits = Number(answer.headers.get('retry-after'))
  assert.ok(waits > halfHour - 300 && waits <= halfHour, String(waits))
}

for (const engine of engines) {
  describe(engine, () => {
    test('after a restore-check no message goes out, while codes are checked, until the hold is taken back', async () => {
      await using on = await startBeside(engine)
      const { start, request, next, look, checkRight } = verifying(on.gateway())
      const id = await start()
      await on.clock.advance(60)
      const { code, stdout, stderr } = await on.command(['restore-check'])
      assert.equal(code, 0, stderr)
      const { sends_held_until: until, newest_intent_at, ...found } = JSON.parse(stdout)
      assert.deepEqual(found, {
        expired: { runs: 0, verifications: 0 },
        live_runs: { sending: 0, running: 1, unknown: 0 },
      })
      assert.equal(newest_intent_at, (await look(id)).body.created_at)
      assert.match(stderr, new RegExp(`tollgate: no message is sent until ${until}; tollgate restore-check --release`))

      assertHeld(await request({ number: '447700900124' }))
      assertHeld(await next(id))
      assert.equal((await request()).body.message_sent, false, 'what sends nothing goes on')
      assert.equal(on.vonage.calls.filter(({ path }) => path !== '/verify/json').length, 0)
      assert.equal(on.vonage.calls.length, 1)
      assert.equal(gist(await checkRight(id)), '200 verified')
      assertHeld(await request())

      const released = await on.command(['restore-check', '--release'])
      assert.deepEqual(JSON.parse(released.stdout), { sends_held_until: null })
      assert.equal(gist(await request()), '200 pending')
    })

    test('a message whose sending is unknown is not asked for again while messages are held', async () => {
      await using on = await startBeside(engine)
      const { request } = verifying(on.gateway())
      await on.gateway().fault('/verify/json', { status: '5' })
      const keyed = { 'idempotency-key': 'k' }
      const asked = { number: someNumber, brand: 'Acme' }
      assert.equal(gist(await on.gateway().rest('POST', '/v1/verifications', asked, keyed)), '502 upstream_error')
      await on.command(['restore-check'])
      assertHeld(await request())
      assertHeld(await on.gateway().rest('POST', '/v1/verifications', asked, keyed))
      assert.equal(on.vonage.calls.filter(({ path }) => path === '/verify/json').length, 1)
      await on.command(['restore-check', '--release'])
      assert.equal(gist(await on.gateway().rest('POST', '/v1/verifications', asked, keyed)), '200 pending')
      assert.equal(on.vonage.simulator.messages(someNumber).length, 1)
    })
  })
}

/** What a backup of a stopped gateway holds. */
function backup(folder: string): () => void {
  const copies = join(folder, 'backup')
  const files = () => globSync(join(folder, 'ledger.db*')).filter((file) => !file.endsWith('.lock'))
  mkdirSync(copies)
  for (const file of files()) cpSync(file, join(copies, basename(file)))
  return () => {
    for (const file of files()) rmSync(file)
    cpSync(copies, folder, { recursive: true })
  }
}

test('a run that a restored ledger has lost is over when messages go out again', async () => {
  await using on = await startBeside('SQLite')
  const lost = '447700900124'
  const kept = await verifying(on.gateway()).start()
  await on.stop()
  const restore = backup(on.folder)
  await on.restart()
  await verifying(on.gateway(), lost).start({ workflow_id: 2 })
  await on.stop()
  restore()

  const { stdout } = await on.command(['restore-check'])
  assert.equal(JSON.parse(stdout).live_runs.running, 1)
  await on.restart()
  const { request, start } = verifying(on.gateway(), lost)
  assertHeld(await request())
  assert.equal(gist(await verifying(on.gateway()).checkRight(kept)), '200 verified')
  await on.clock.advance(halfHour - 60)
  assert.equal(gist(await request()), '503 overloaded')
  await on.clock.advance(120)
  const messages = on.vonage.simulator.messages(lost).length
  await start()
  assert.equal(on.vonage.simulator.messages(lost).length, messages + 1, 'a run of its own')
  assert.equal(on.vonage.calls.filter(({ path }) => path === '/verify/json').length, 3)
})

test('what was over before the restore-check expires with it, but for what is being checked', async () => {
  const clock = new SimulatedClock({ standsAt: Date.now() - 7_200_000 })
  await using on = await startBeside('SQLite', { clock })
  const { start } = verifying(on.gateway())
  const ids = [await start(), await start()]
  const checked = await verifying(on.gateway(), '447700900124').start()
  await on.stop()
  await on.sql(`update runs set check_look_at = 1, check_verification = 'v', check_code = 'c', check_asked_at = 1
    where number_mask = '44********24'`)
  const { stdout, stderr } = await on.command(['restore-check'])
  const { expired, live_runs, newest_intent_at } = JSON.parse(stdout)
  assert.deepEqual([expired, live_runs.running], [{ runs: 1, verifications: 2 }, 1], stderr)
  assert.equal(Date.parse(newest_intent_at), clock.now())
  await on.sql('update runs set check_look_at = null')
  await on.restart()
  const { state } = verifying(on.gateway())
  assert.deepEqual([await state(ids[0] ?? ''), await state(checked)], ['expired', 'pending'])
})

test('the hold is as long as any run can be, by the longest life of a code that is allowed', async () => {
  const { workflow_id, next_event_wait } = requestVerification.input.shape
  const isAllowed = [next_event_wait.safeParse(900), next_event_wait.safeParse(901), workflow_id.safeParse(8)]
  assert.deepEqual(
    isAllowed.map(({ success }) => success),
    [true, false, false],
  )
  const parameters = fc.record({
    code_length: fc.constant(6),
    workflow_id: fc.integer({ min: 1, max: 7 }),
    pin_expiry: fc.integer({ min: 60, max: 3600 }),
    next_event_wait: fc.option(fc.integer({ min: 60, max: 900 }), { nil: undefined }),
  })
  const longest = longestRunMs(600)
  fc.assert(
    fc.property(parameters, fc.integer({ min: 60, max: 3600 }), (asked, mostSeconds) => {
      fc.pre(codeLifeSeconds(asked) <= mostSeconds)
      assert.ok(schedule(asked, 0).endsAt <= longestRunMs(mostSeconds))
    }),
  )
  const long = { code_length: 6, workflow_id: 1, pin_expiry: 600, next_event_wait: 600 }
  assert.equal(schedule(long, 0).endsAt, longest)
  assert.equal(longestRunMs(3600), 3_600_000)

  using folder = dataFolder()
  const env = { TOLLGATE_DATA_DIR: folder.path, ...freePorts }
  await (await serve([], env))[Symbol.asyncDispose]()
  const before = Date.now()
  const { stdout } = await tollgate(['restore-check'], { ...env, TOLLGATE_PIN_EXPIRY_MAX: '3600' })
  const heldMs = Date.parse(JSON.parse(stdout).sends_held_until) - before
  assert.ok(heldMs >= 3_600_000 && heldMs < 3_660_000, String(heldMs))
})

test('a gateway that starts while messages are held says so, once they are not it does not', async () => {
  using folder = dataFolder()
  const env = { TOLLGATE_DATA_DIR: folder.path, ...freePorts }
  await (await serve([], env))[Symbol.asyncDispose]()
  const { stdout } = await tollgate(['restore-check'], env)
  const until = JSON.parse(stdout).sends_held_until
  {
    await using held = await serve([], env)
    assert.ok(held.banner.includes(`\n\nNo message is sent until ${until}: the ledger was restored.\n\n`), held.banner)
    assert.ok(held.stderr().includes(`"until":"${until}"`), held.stderr())
  }
  await tollgate(['restore-check', '--release'], env)
  await using free = await serve([], env)
  assert.doesNotMatch(free.banner, /restored/)
})

test('a wrong word is refused', async () => {
  assert.equal((await tollgate(['restore-check', 'now'])).code, 2)
})
