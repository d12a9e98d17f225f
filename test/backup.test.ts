import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { existingDataKeys } from '../src/data-keys.ts'
import { Secret } from '../src/privacy.ts'
import { engines, startBeside } from './support/beside.ts'
import type { TestGateway } from './support/gateway.ts'
import { keyed, someOffer } from './support/keyed.ts'
import { makeKey } from './support/keys.ts'
import { mcpCall } from './support/mcp-call.ts'
import { gist, verifying } from './support/verifying.ts'
import { startReceiver } from './support/webhooks.ts'
import { writtenPolicy } from './support/written-policy.ts'

/** Numbers as people write them, and the digits that every spelling of one has. */
const numbers = {
  pending: { number: '+44 7700 900123' },
  verified: { number: '0044 7700-900124' },
  failed: { number: '(+44) 7700 900125' },
  cancelled: { number: '07700 900126', country: 'GB' },
  expired: { number: '447700900127' },
  lost: { number: '+44.7700.900128' },
  checkLost: { number: '+44 (0) 7700 900129' },
  released: { number: '447700900130' },
  called: { number: '447700900131' },
  challenged: { number: '447700900132' },
  known: { number: '447700900133' },
}
const digitsOf = ({ number }: { number: string }) => number.replaceAll(/\D/g, '').slice(-10)

/** Who is behind one of them. */
const who = { ip: '203.0.113.77', session_id: 'session-77', account_id: 'account-77', device_id: 'device-77' }
const policy = `overrides: [{number: +${numbers.challenged.number}, action: challenge, reason: a test, until: 2099-01-01}]`

/** Makes verifications of every kind, and whatever else fills the tables of the ledger. Answers every code there was, and the number bought. */
async function story(gateway: TestGateway, pass: (seconds: number) => Promise<void>) {
  const on = (who: { number: string; country?: string }) => {
    const calls = verifying(gateway, `44${digitsOf(who)}`)
    const key = (what: string) => `"${what} ${who.number}"`
    const { request, check, next } = keyed(gateway)
    return {
      ...calls,
      async start() {
        const { status, body } = await request(key('request'), who)
        assert.equal(status, 200, JSON.stringify(body))
        return String(body.request_id)
      },
      checkRight: async (id: string) => check(key('right'), id, await gateway.code(`44${digitsOf(who)}`)),
      checkWrong: (id: string, code: string) => check(key(code), id, code),
      next: (id: string) => next(key('next'), id),
    }
  }
  // Nobody gives these codes, which is told after a quarter of an hour.
  for (let last = 200; last < 220; last += 1) await verifying(gateway, `447700900${last}`).start()
  await pass(900)

  const wrong = ['113579', '224680', '335791']
  const expired = on(numbers.expired)
  const gone = await expired.start()
  await pass(301)
  assert.equal(await expired.state(gone), 'expired')

  const verified = on(numbers.verified)
  const seen = await verified.start()
  await pass(60)
  assert.equal(gist(await verified.next(seen)), '200 pending')
  assert.equal(gist(await verified.checkWrong(seen, wrong[0] ?? '')), '400 wrong_code')
  assert.equal(gist(await verified.checkRight(seen)), '200 verified')

  const failed = on(numbers.failed)
  const guessed = await failed.start()
  for (const code of wrong) await failed.checkWrong(guessed, code)
  assert.equal(await failed.state(guessed), 'failed')

  const cancelled = on(numbers.cancelled)
  assert.equal(gist(await cancelled.cancel(await cancelled.start())), '200 cancelled')

  await gateway.fault('/verify/json', { status: '5' })
  assert.equal(gist(await on(numbers.lost).request(numbers.lost)), '502 upstream_error')

  const checkLost = on(numbers.checkLost)
  const unchecked = await checkLost.start()
  await gateway.fault('/verify/check/json', { status: '5' })
  assert.equal(gist(await checkLost.checkRight(unchecked)), '502 upstream_error')

  const challenged = on(numbers.challenged)
  const { challenge_token } = (await challenged.request({})).body
  assert.equal(gist(await challenged.request({ challenge_token })), '200 pending')

  const known = on(numbers.known)
  const { request_id } = (await known.request({ context: who })).body
  assert.equal(gist(await known.check(request_id, await gateway.code(numbers.known.number))), '200 verified')

  const pending = on(numbers.pending)
  assert.equal(await pending.state(await pending.start()), 'pending')

  const offer = await someOffer(gateway)
  assert.equal((await keyed(gateway).buy('buy', offer)).status, 200)
  await gateway.fault('/number/update', { http: 500 })
  const forwarding = { voiceCallbackType: 'tel', voiceCallbackValue: numbers.called.number }
  const updated = await gateway.rest('PATCH', `/v1/numbers/${offer.country}/${offer.msisdn}`, forwarding)
  assert.equal(gist(updated), '502 upstream_error')
  const released = await gateway.rest('DELETE', `/v1/numbers/GB/${numbers.released.number}`)
  assert.equal(gist(released), '409 number_unavailable')

  const inboxes = await Promise.all(Object.values(numbers).map((who) => gateway.messages(`44${digitsOf(who)}`)))
  return { codes: [...wrong, ...inboxes.flat().map(({ code }) => code)], bought: offer.msisdn }
}

/** With whatever may stand between the digits. */
const spelled = (digits: string) => new RegExp([...digits].join('\\D{0,2}'))
/** Not as a part of something longer. */
const whole = (code: string) => new RegExp(`(?<![0-9a-f])${code}(?![0-9a-f])`, 'i')

for (const engine of engines) {
  test(`${engine}: a backup of the ledger shows no number, no code and no key, and neither does the log`, async () => {
    await using receiver = await startReceiver()
    await using on = await startBeside(engine, {
      env: { ...receiver.env, TOLLGATE_SPEND_PER_DAY: '100', TOLLGATE_POLICY: writtenPolicy(policy) },
    })
    const { codes, bought } = await story(on.gateway(), (seconds) => on.clock.advance(seconds))
    assert.ok(codes.length > 9)
    const offer = await someOffer(on.gateway())
    await mcpCall(on.gateway().addresses.mcp, 'tools/call', { name: 'buy-number', arguments: offer })
    const key = await makeKey(on.gateway())
    const text = await on.text()
    const empty = Object.keys(text).filter((table) => text[table]?.length === 0)
    assert.deepEqual(empty, engine === 'SQLite' ? ['paces'] : [], 'the story fills every table that this engine uses')

    const files = () => globSync(`${on.folder}/ledger.db*`).map((file) => readFileSync(file, 'latin1'))
    const whileServing = files()
    const { log } = on.gateway()
    await on.stop()
    const shown = [...Object.values(text).flat(), ...whileServing, ...files(), ...log]
    for (const content of shown) {
      for (const who of Object.values(numbers)) assert.doesNotMatch(content, spelled(digitsOf(who)))
      for (const number of [bought, offer.msisdn]) assert.doesNotMatch(content, spelled(number))
      for (const word of [key.slice(-43), ...Object.values(who)]) assert.ok(!content.includes(word), word)
      for (const code of codes) assert.doesNotMatch(content, whole(code))
    }
    assert.match(shown.join('\n'), /44\*{8}23/, 'what is searched is the ledger')

    assert.ok(receiver.heard.some(({ type, data }) => type === 'number.bought' && data.msisdn === bought))
    const { TOLLGATE_DATA_KEYS: set } = on.env
    const keys = existingDataKeys({ dataDir: on.folder, dataKeys: set === undefined ? undefined : new Secret(set) })
    const sealed = (text.runs ?? []).map((row) => row.split(' | ')[5] ?? '').filter((value) => value !== 'null')
    const opened = sealed.map((value) => keys.open(Buffer.from(value, 'latin1')).slice(-10))
    for (const who of ['pending', 'verified', 'lost'] as const) assert.ok(opened.includes(digitsOf(numbers[who])))
  })
}
