import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines, startBeside } from './support/beside.ts'
import { keyed, someOffer } from './support/keyed.ts'
import { bearer, makeKey } from './support/keys.ts'
import { verifying } from './support/verifying.ts'

type Beside = Awaited<ReturnType<typeof startBeside>>

/** The audit as it is exported. */
async function exported(on: Beside) {
  const { code, stdout, stderr } = await on.command(['audit', 'export'])
  assert.equal(code, 0, stderr)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

const made = (on: Beside, name: string) => on.command(['keys', 'create', '--name', name, '--scopes', 'verify'])
const verified = async (on: Beside, ...kept: string[]) => on.command(['audit', 'verify', ...kept])

for (const engine of engines) {
  test(`${engine}: what is administered and spent is recorded, and nothing else`, async () => {
    await using on = await startBeside(engine)
    const gateway = on.gateway()
    const offer = await someOffer(gateway)
    await keyed(gateway).buy('buy', offer)
    await verifying(gateway).start()
    const key = await makeKey(gateway, { name: 'shop', scopes: ['numbers:buy', 'numbers:write'] })
    await gateway.rest('DELETE', `/v1/numbers/GB/447700900124`, undefined, bearer(key))
    await on.command(['keys', 'rotate', 'shop', '--overlap', '0'])
    await on.command(['keys', 'revoke', 'shop'])
    await on.command(['keys', 'revoke', 'shop'])
    await on.command(['forget', '+44 7700 900123'])
    await on.command(['restore-check'])
    await on.command(['restore-check', '--release'])
    const trail = await exported(on)
    const actors = trail.map(({ actor, action, details: { state } }) =>
      [actor.replace(/:.*/, ''), action, state].join(' ').trim(),
    )
    assert.deepEqual(actors, [
      'local number.buy intended',
      'local number.buy done',
      'test key.created',
      'shop number.cancel intended',
      'shop number.cancel refused',
      'operator key.rotated',
      'operator key.revoked',
      'operator number.forgotten',
      'operator sends.held',
      'operator sends.released',
    ])
    const [bought] = trail
    const { msisdn } = offer
    assert.deepEqual(bought.details, {
      country: 'GB',
      number: `${msisdn.slice(0, 2)}********${msisdn.slice(-2)}`,
      state: 'intended',
    })
    for (const told of [JSON.stringify(trail), ...((await on.text()).audit ?? [])]) {
      for (const secret of [key, key.slice(-43), msisdn, '900123', '900124']) assert.ok(!told.includes(secret))
    }
    assert.equal((await verified(on)).stdout, `10:${trail.at(-1).hash}\n`)
  })

  test(`${engine}: who changes, removes or reorders entries is found out`, async () => {
    await using on = await startBeside(engine)
    for (const name of ['a', 'b', 'c', 'd']) await made(on, name)
    const head = (await verified(on)).stdout.trim()
    const trail = await exported(on)
    const hashOf = (sequence: number) => trail[sequence - 1].hash
    const swap = (one: number, other: number) =>
      `update audit set sequence = -1 where sequence = ${one}; update audit set sequence = ${one} where sequence = ${other};
       update audit set sequence = ${other} where sequence = -1`
    const tampering: [harm: string, mend: string, said: RegExp][] = [
      [
        "update audit set actor = 'x' where sequence = 2",
        `update audit set actor = '${trail[1].actor}' where sequence = 2`,
        /entry 2 was changed/,
      ],
      [
        'update audit set at = at + 1 where sequence = 1',
        'update audit set at = at - 1 where sequence = 1',
        /entry 1 was changed/,
      ],
      [
        "update audit set details = '{}' where sequence = 4",
        `update audit set details = '${JSON.stringify(trail[3].details)}' where sequence = 4`,
        /entry 4 was changed/,
      ],
      [swap(2, 3), swap(3, 2), /entry 2 does not follow the one before it/],
      [
        'update audit set sequence = 9 where sequence = 3',
        'update audit set sequence = 3 where sequence = 9',
        /entry 3 is missing/,
      ],
      [
        'update audit set sequence = 0 where sequence = 1',
        'update audit set sequence = 1 where sequence = 0',
        /entry 1 is missing/,
      ],
      [
        'update audit_head set sequence = 6',
        'update audit_head set sequence = 4',
        /entries 5 to 6 are missing at the end/,
      ],
      [
        `update audit_head set hash = '${hashOf(3)}'`,
        `update audit_head set hash = '${hashOf(4)}'`,
        /entry 4 is not the one that the head names/,
      ],
    ]
    for (const [harm, mend, said] of tampering) {
      await on.sql(harm)
      const { code, stdout, stderr } = await verified(on)
      assert.deepEqual([code, stdout], [1, ''], harm)
      assert.match(stderr, said, harm)
      await on.sql(mend)
      assert.equal((await verified(on)).stdout.trim(), head, mend)
    }
    await on.sql('create table kept_head as select * from audit_head')
    await on.sql('delete from audit_head')
    assert.match((await verified(on)).stderr, /the head is missing/)
    await on.sql('insert into audit_head select * from kept_head; drop table kept_head')
    // Whoever cuts the end off and moves the head is told from who has kept a head.
    await on.sql('delete from audit where sequence = 4')
    await on.sql(`update audit_head set sequence = 3, hash = '${hashOf(3)}'`)
    assert.equal((await verified(on)).code, 0)
    assert.match((await verified(on, '--kept', head)).stderr, /entries 4 to 4 are missing at the end/)
    await made(on, 'e')
    assert.match((await verified(on, '--kept', head)).stderr, /entry 4 is not the one whose hash was kept/)
    assert.equal((await verified(on, '--kept', `3:${hashOf(3)}`)).code, 0)
  })

  test(`${engine}: entries written at once each have their place`, async () => {
    await using on = await startBeside(engine)
    const buy = async (index: number) => {
      await on.gateway().rest('DELETE', `/v1/numbers/GB/4477009001${10 + index}`)
    }
    await Promise.all([...Array.from({ length: 20 }, (_, index) => buy(index)), made(on, 'a'), made(on, 'b')])
    const trail = await exported(on)
    assert.deepEqual(
      trail.map(({ sequence }) => sequence),
      Array.from({ length: 42 }, (_, index) => index + 1),
    )
    assert.equal((await verified(on)).code, 0)
  })
}

test('a wrong call of audit says what is allowed', async () => {
  await using on = await startBeside('SQLite')
  for (const words of ['audit', 'audit list', 'audit verify now', 'audit export --kept 1:a', 'audit verify --kept 7']) {
    const { code, stdout } = await on.command(words.split(' '))
    assert.deepEqual([code, stdout], [2, ''], words)
  }
  const { code, stderr } = await verified(on)
  assert.equal(code, 0)
  assert.match(stderr, /the audit is empty/)
})
