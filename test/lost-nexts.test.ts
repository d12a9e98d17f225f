import assert from 'node:assert/strict'
import { test } from 'node:test'
import { request } from './support/gateway.ts'
import { keyed } from './support/keyed.ts'
import { paths, type Stage, stage } from './support/provoking.ts'
import { gist, verifying } from './support/verifying.ts'

const cut = { connection: 'cut' }

/** Two SMS, the second after two minutes. */
const twoMessages = { workflow_id: 4 }

/** The next command does its work, and its answer is lost. */
const loseAnswer = ({ gateway }: Stage) => gateway.fault(paths.control, cut, { takes_effect: true })

/** The next command never arrives. */
const loseCommand = ({ gateway }: Stage) => gateway.fault(paths.control, cut)

/** The next command does its work 20 seconds after its answer was given up. */
const delayCommand = ({ gateway }: Stage) => gateway.fault(paths.control, cut, { effect_after_seconds: 20 })

/** Vonage cannot be searched for so many looks, each of which asks twice. */
const loseSearch = ({ gateway }: Stage, looks: number) =>
  gateway.fault(paths.search, { http: 500 }, { times: 2 * looks })

const searches = ({ gateway }: Stage) => gateway.calls.filter(({ path }) => path === paths.search)
const next = ({ gateway }: Stage, id: string) => keyed(gateway).next('k', id)
const resendAt = async ({ look, gateway }: Stage, id: string) =>
  (Date.parse((await look(id)).body.resend_at) - gateway.clock.now()) / 1000

/** How many messages count against the caps, and how many of them are still to come. */
function counted({ read, gateway }: Stage): [all: number, toCome: number] {
  const times = read('select at from sends').map(({ at }) => Number(at))
  const day = read('select sum(sends) as sends from send_days')[0]?.sends
  assert.equal(day, times.length)
  return [times.length, times.filter((at) => at > gateway.clock.now()).length]
}

/** A verification whose next message may be asked for. */
async function startPending(on: Stage, more: object = {}): Promise<string> {
  const id = await on.start({ ...more })
  await on.gateway.clock.advance(70)
  return id
}

test('a next event whose answer is lost is a success when Vonage’s record shows it, and is asked for once', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await loseAnswer(on)
  const sent = await next(on, id)
  assert.deepEqual([gist(sent), sent.body.message_sent, sent.body.request_id], ['200 pending', true, id])
  assert.deepEqual([on.nexts(), (await on.messages()).length, counted(on)], [1, 2, [2, 0]])
  assert.equal(await resendAt(on, id), 60)
  const [open] = on.read('select next_asks, next_intent, next_asked_at, next_look_at from runs')
  assert.deepEqual(Object.values(open ?? {}), [null, null, null, null])
  assert.equal(gist(await on.checkRight(id)), '200 verified')
})

test('a next event that never arrived is waited for a minute while codes are checked, then it is given back', async () => {
  await using on = await stage({ TOLLGATE_SENDS_PER_NUMBER: '3/10m' })
  const id = await startPending(on, twoMessages)
  await loseCommand(on)
  const lost = await next(on, id)
  assert.deepEqual([gist(lost), lost.body.request_id], ['504 upstream_unreachable', id])
  assert.equal(await resendAt(on, id), 60, 'it may have gone out')
  for (const again of [await next(on, id), await on.next(id)]) {
    assert.equal(gist(again), '409 not_now')
    assert.ok(again.body.retry_after_seconds >= 1 && again.body.retry_after_seconds <= 5)
  }
  assert.equal(gist(await on.checkWrong(id)), '400 wrong_code')
  assert.equal((await on.request()).body.message_sent, false, 'it is joined')
  await on.gateway.clock.advance(45)
  assert.deepEqual(counted(on), [3, 1])
  await on.gateway.clock.advance(20)
  assert.deepEqual(counted(on), [2, 0], 'the one that the workflow sent by itself is the second')
  assert.equal(await resendAt(on, id), 45)
  const looks = searches(on).length
  await on.gateway.clock.advance(45)
  assert.equal(searches(on).length, looks)
  assert.equal(on.nexts(), 1)
  assert.equal(gist(await on.checkRight(id)), '200 verified')
})

test('a repeat of a next event that never arrived sends it, once that is known', async () => {
  await using on = await stage()
  const id = await startPending(on, { workflow_id: 1, next_event_wait: 200, pin_expiry: 200 })
  await loseCommand(on)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(65)
  const sent = await next(on, id)
  assert.deepEqual([gist(sent), sent.body.message_sent], ['200 pending', true])
  assert.deepEqual([on.nexts(), (await on.messages()).length], [2, 2])
})

test('a next event that takes effect later is found then, and its repeat is a success without another', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await delayCommand(on)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(26)
  assert.equal(await resendAt(on, id), 34, 'it counts from when it was asked for')
  const found = await next(on, id)
  assert.deepEqual([gist(found), found.body.message_sent], ['200 pending', true])
  await on.gateway.clock.advance(34)
  assert.equal((await next(on, id)).headers.get('idempotent-replayed'), 'true')
  assert.deepEqual([on.nexts(), (await on.messages()).length, counted(on)], [1, 2, [2, 0]])
})

test('a repeat finds its own message also after another was sent, and after the end', async () => {
  await using on = await stage()
  const id = await startPending(on, { workflow_id: 1 })
  await delayCommand(on)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(60)
  assert.equal(gist(await on.next(id)), '200 pending')
  assert.equal(gist(await on.checkRight(id)), '200 verified')
  const found = await next(on, id)
  assert.deepEqual([gist(found), found.body.message_sent], ['200 verified', true])
  assert.deepEqual([(await on.messages()).length, on.nexts()], [3, 2])
})

test('a repeat finds its own new code also after that was replaced by another', async () => {
  await using on = await stage()
  const id = await startPending(on)
  await delayCommand(on)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(26)
  assert.equal(gist(await on.request()), '200 pending')
  await on.gateway.clock.advance(60)
  assert.equal(gist(await on.next(id)), '200 pending')
  const found = await next(on, id)
  assert.deepEqual([gist(found), found.body.message_sent], ['200 pending', true])
  assert.deepEqual([(await on.messages()).length, on.runs()], [3, 3])
})

test('a message that the workflow sends by itself is not taken for the one that was asked for', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await loseCommand(on)
  await next(on, id)
  await on.gateway.clock.advance(52)
  assert.equal((await on.messages()).length, 2)
  assert.deepEqual(counted(on), [3, 0])
  await on.gateway.clock.advance(13)
  assert.deepEqual(counted(on), [2, 0])
  assert.equal(on.read('select nexts_done from runs')[0]?.nexts_done, '')
})

test('a message that was asked for is told from the workflow’s own also when Vonage is searched late', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await loseAnswer(on)
  await loseSearch(on, 12)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(65)
  assert.deepEqual([await resendAt(on, id), counted(on)], [-5, [2, 0]])
  const found = await next(on, id)
  assert.deepEqual([gist(found), found.body.message_sent, on.nexts()], ['200 pending', true, 1])
})

test('a message that takes effect just before the workflow’s own is found before that is due', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await on.gateway.fault(paths.control, cut, { effect_after_seconds: 40 })
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(46)
  assert.deepEqual([gist(await next(on, id)), on.nexts()], ['200 pending', 1])
})

test('a message that the workflow sends just when it is asked for is that message', async () => {
  await using on = await stage()
  const id = await on.start(twoMessages)
  await on.gateway.clock.advance(110)
  await loseCommand(on)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(15)
  const found = await next(on, id)
  assert.deepEqual([gist(found), found.body.message_sent, on.nexts()], ['200 pending', true, 1])
  assert.deepEqual([(await on.messages()).length, counted(on)], [2, [2, 0]])
})

test('while Vonage cannot be searched the question stays', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await loseCommand(on)
  await loseSearch(on, 4)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  on.sql('update runs set next_asked_at = next_asked_at - 200000; update sends set at = at - 200000 where ordinal = 2')
  await on.gateway.clock.advance(11)
  assert.equal(gist(await next(on, id)), '409 not_now', 'however late it is')
  await on.gateway.clock.advance(5)
  assert.deepEqual([gist(await next(on, id)), on.nexts()], ['200 pending', 2])
})

test('a right code counts while the next event is open, and the message is settled all the same', async () => {
  for (const [lose, sends] of [
    [loseCommand, 1],
    [delayCommand, 1],
    [loseAnswer, 2],
  ] as const) {
    await using on = await stage()
    const id = await startPending(on, { workflow_id: 2 })
    await lose(on)
    await loseSearch(on, 1)
    assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
    assert.equal(gist(await on.checkRight(id)), '200 verified')
    assert.equal(counted(on)[0], 2)
    await on.gateway.clock.advance(30)
    assert.deepEqual(counted(on), [sends, 0])
    assert.equal((await on.messages()).length, sends)
    await on.gateway.clock.advance(100)
    assert.equal(on.read('select count(*) as n from runs where next_look_at is not null')[0]?.n, 0)
  }
})

test('a verification can be cancelled while its next event is open', async () => {
  await using on = await stage()
  const id = await startPending(on, twoMessages)
  await loseCommand(on)
  await next(on, id)
  assert.equal(gist(await on.cancel(id)), '200 cancelled')
  await on.gateway.clock.advance(70)
  assert.deepEqual([counted(on), on.cancels()], [[1, 0], 1])
  assert.equal((await on.request()).body.message_sent, true)
})

/** What the caller of a run’s id could do at Vonage. */
async function verifyElsewhere({ gateway, messages }: Stage): Promise<void> {
  const message = (await messages()).at(-1)
  const authorization = `Basic ${btoa('5a4db0c5:sandboxSecret1')}`
  const body = { request_id: message?.request_id, code: message?.code }
  await request(`${gateway.addresses.simulator}${paths.check}`, 'POST', body, { authorization })
}

test('a run that turns out to be over is ended as Vonage’s record says, and its message is settled', async () => {
  for (const [more, lose, sends] of [
    [twoMessages, loseCommand, 1],
    [twoMessages, loseAnswer, 2],
    [{}, loseCommand, 1],
  ] as const) {
    await using on = await stage()
    const id = await startPending(on, more)
    await lose(on)
    await loseSearch(on, 1)
    assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
    await verifyElsewhere(on)
    await on.gateway.clock.advance(6)
    assert.deepEqual([await on.state(id), counted(on)], ['expired', [sends, 0]])
  }
})

test('a next message of a run that turns out at once to be over answers how it ended', async () => {
  for (const more of [twoMessages, {}]) {
    await using on = await stage()
    const id = await startPending(on, more)
    await verifyElsewhere(on)
    await loseCommand(on)
    assert.equal(gist(await next(on, id)), '410 verification_expired')
    assert.deepEqual(counted(on), [1, 0])
  }
})

test('what Vonage has not found for a minute and a half is expired, and an event of it stays counted', async () => {
  for (const [more, sends] of [
    [{ workflow_id: 2 }, 3],
    [{}, 1],
  ] as const) {
    await using on = await stage()
    const id = await startPending(on, more)
    await loseCommand(on)
    await on.gateway.fault(paths.search, { status: '101' }, { times: 1000 })
    assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
    await on.gateway.clock.advance(89)
    assert.equal(await on.state(id), 'pending')
    await on.gateway.clock.advance(6)
    assert.deepEqual([await on.state(id), counted(on)], ['expired', [sends, 0]])
    assert.equal(gist(await next(on, id)), '410 verification_expired')
  }
})

test('lost next messages are looked up ten at a time, together with lost checks', async () => {
  await using on = await stage()
  const people = Array.from({ length: 12 }, (_, index) => verifying(on.gateway, String(447700900200 + index)))
  const ids: string[] = []
  for (const person of people) ids.push(await person.start(twoMessages))
  await on.gateway.clock.advance(70)
  await on.gateway.fault(paths.search, { status: '101' }, { times: 13 })
  for (const [index, person] of people.entries()) {
    await on.gateway.fault(index < 6 ? paths.control : paths.check, cut, { takes_effect: true })
    const id = ids[index] ?? ''
    assert.equal(gist(await (index < 6 ? person.next(id) : person.checkRight(id))), '504 upstream_unreachable')
  }
  // One has both open.
  await on.gateway.fault(paths.check, cut, { takes_effect: true })
  assert.equal((await people[0]?.checkRight(ids[0] ?? ''))?.status, 504)
  const before = searches(on).length
  await on.gateway.clock.advance(6)
  const found = searches(on).slice(before)
  assert.deepEqual(
    found.map(({ parameters }) => [parameters.request_ids ?? parameters.request_id].flat().length),
    [10, 2],
  )
  const states = await Promise.all(people.map((person, index) => person.state(ids[index] ?? '')))
  assert.deepEqual(states, ['verified', ...Array(5).fill('pending'), ...Array(6).fill('verified')])
  assert.equal(on.read('select count(*) as n from runs where next_look_at is not null')[0]?.n, 0)
  assert.equal(counted(on)[0], 18)
})

test('a resend whose cancel got no answer goes on at once when Vonage’s record shows it', async () => {
  await using on = await stage({ TOLLGATE_SENDS_PER_NUMBER: '2/10m' })
  const id = await startPending(on)
  await loseAnswer(on)
  const sent = await next(on, id)
  assert.deepEqual([gist(sent), sent.body.message_sent, sent.body.request_id], ['200 pending', true, id])
  assert.deepEqual([on.cancels(), on.runs(), (await on.messages()).length, counted(on)], [1, 2, 2, [2, 0]])
  assert.equal(gist(await on.checkRight(id)), '200 verified')
})

test('while a cancel that never arrived is open, checks and joins wait; then the old code counts again', async () => {
  await using on = await stage({ TOLLGATE_SENDS_PER_NUMBER: '2/10m' })
  const id = await startPending(on)
  await loseCommand(on)
  const lost = await next(on, id)
  assert.deepEqual([gist(lost), lost.body.request_id], ['504 upstream_unreachable', id])
  const waiting = [await on.checkRight(id), await on.request(), await next(on, id), await on.next(id)]
  assert.deepEqual(waiting.map(gist), [
    '409 check_in_progress',
    '409 request_in_progress',
    '409 not_now',
    '409 not_now',
  ])
  for (const { body } of waiting) assert.ok(body.retry_after_seconds >= 1 && body.retry_after_seconds <= 5)
  await on.gateway.clock.advance(59)
  assert.deepEqual([counted(on)[0], gist(await on.checkRight(id))], [2, '409 check_in_progress'])
  await on.gateway.clock.advance(6)
  assert.deepEqual([counted(on), on.cancels(), on.checks()], [[1, 0], 1, 0])
  assert.equal((await on.look(id)).body.attempts_left, 3)
  const sent = await next(on, id)
  assert.deepEqual([gist(sent), on.cancels(), (await on.messages()).length], ['200 pending', 2, 2])
  assert.equal(gist(await on.checkRight(id)), '200 verified')
})

test('an old code whose cancel never arrived verifies once that is known', async () => {
  await using on = await stage()
  const id = await startPending(on)
  await loseCommand(on)
  await next(on, id)
  await on.gateway.clock.advance(65)
  assert.equal(gist(await on.checkRight(id)), '200 verified')
})

test('a cancel that takes effect later leaves a message that a repeat of the request sends, and nobody else', async () => {
  await using on = await stage({ TOLLGATE_SENDS_PER_NUMBER: '2/10m' })
  const id = await startPending(on)
  const other = await on.start()
  await delayCommand(on)
  assert.equal(gist(await next(on, id)), '504 upstream_unreachable')
  await on.gateway.clock.advance(26)
  const { body } = await on.look(id)
  assert.deepEqual([body.state, body.delivery, body.attempts_left], ['pending', 'unknown', 2])
  assert.deepEqual(counted(on), [1, 0], 'what is not asked for counts nothing')
  const refused = [await on.checkRight(id), await next(on, id), await on.next(other)]
  assert.deepEqual(refused.map(gist), Array(3).fill('409 delivery_unknown'))
  assert.equal(on.runs(), 1)
  assert.equal((await on.request()).body.message_sent, true)
  assert.deepEqual([counted(on), (await on.messages()).length], [[2, 0], 2])
  const found = await next(on, id)
  assert.deepEqual([gist(found), found.body.message_sent], ['200 pending', true])
  assert.equal(gist(await on.checkRight(other)), '200 verified')
  assert.deepEqual([await on.state(id), on.runs(), on.cancels()], ['superseded', 2, 1])
})

test('a message that nobody sends after a late cancel expires, and its repeat does not say that it was sent', async () => {
  await using on = await stage()
  const id = await startPending(on)
  await delayCommand(on)
  await next(on, id)
  await on.gateway.clock.advance(400)
  assert.equal(await on.state(id), 'expired')
  assert.equal(gist(await next(on, id)), '410 verification_expired')
  assert.deepEqual([on.runs(), counted(on)], [1, [1, 0]])
})

test('whoever cancels or lets time run out while the new code is on its way is left with no run and no message', async () => {
  for (const lose of [loseCommand, delayCommand]) {
    await using on = await stage()
    const id = await startPending(on)
    await lose(on)
    await next(on, id)
    assert.equal(gist(await on.cancel(id)), '200 cancelled')
    await on.gateway.clock.advance(70)
    assert.deepEqual([counted(on), on.runs()], [[1, 0], 1])
    assert.equal((await on.request()).body.message_sent, true)
  }
  await using withdrawn = await stage()
  const unwanted = await startPending(withdrawn)
  await delayCommand(withdrawn)
  await next(withdrawn, unwanted)
  await withdrawn.gateway.fault(paths.control, cut, { times: 5 })
  await withdrawn.cancel(unwanted)
  await withdrawn.gateway.clock.advance(26)
  assert.deepEqual(
    withdrawn.read('select state from runs').map(({ state }) => state),
    ['ended'],
  )
  await using on = await stage()
  const id = await on.start()
  await on.gateway.clock.advance(290)
  await loseCommand(on)
  await next(on, id)
  await on.gateway.clock.advance(70)
  assert.deepEqual([await on.state(id), counted(on), on.runs()], ['expired', [1, 0], 1])
})

test('what Vonage refuses counts against no cap and leaves nothing open', async () => {
  for (const more of [twoMessages, {}]) {
    await using on = await stage()
    const id = await startPending(on, more)
    const before = counted(on)
    for (const status of ['1', '3', '19']) {
      await on.gateway.fault(paths.control, { status })
      await next(on, id)
      assert.deepEqual([counted(on), await resendAt(on, id)], [before, -10])
    }
    assert.equal(gist(await next(on, id)), '200 pending')
  }
})

test('what another process had open when it died is settled without a word from anybody', async () => {
  for (const [more, path] of [
    [twoMessages, 'event'],
    [{}, 'replacement'],
  ] as const) {
    await using on = await stage()
    const id = await startPending(on, more)
    const now = on.gateway.clock.now()
    on.sql(
      `update runs set next_asks = '${path}', next_intent = 'x', next_asked_at = ${now}, next_look_at = ${now + 60_000}`,
    )
    const early = await on.next(id)
    assert.deepEqual([gist(early), early.body.retry_after_seconds], ['409 not_now', 60])
    await on.gateway.clock.advance(125)
    assert.equal(on.read('select next_look_at from runs')[0]?.next_look_at, null)
    assert.equal(on.nexts() + on.cancels(), 0)
  }
})

test('whatever answers are lost, a call that is repeated until it is answered sends one message, and all are counted', async () => {
  await using on = await stage()
  const { gateway } = on
  for (const more of [{ takes_effect: true }, {}, { effect_after_seconds: 20 }])
    await gateway.fault(paths.control, cut, { ...more, rate: 0.25, seed: 'control' })
  await gateway.fault(paths.search, { http: 500 }, { rate: 0.2, seed: 'search' })
  // None of the workflows' own messages comes in the time of the test.
  const slow = { next_event_wait: 600, pin_expiry: 600 }
  const people = Array.from({ length: 12 }, (_, index) => {
    const number = String(447700900300 + index)
    return { ...verifying(gateway, number), asked: { workflow_id: [1, 2, 4, 6][index % 4], ...slow }, id: '' }
  })
  for (const person of people) person.id = await person.start(person.asked)
  await gateway.clock.advance(60)
  const waiting = new Set(people)
  for (let round = 0; round < 40 && waiting.size > 0; round += 1) {
    for (const person of waiting) {
      const answer = await keyed(gateway).next(person.id, person.id)
      if (answer.status === 200) waiting.delete(person)
      if (gist(answer) === '409 delivery_unknown') await person.request(person.asked)
    }
    await gateway.clock.advance(7)
  }
  assert.equal(waiting.size, 0)
  await gateway.clock.advance(30)
  for (const { messages, asked } of people) assert.equal((await messages()).length, 2, `workflow ${asked.workflow_id}`)
  const [all, toCome] = counted(on)
  assert.equal(all - toCome, 2 * people.length)
  assert.ok(on.nexts() + on.cancels() > people.length, 'some never arrived and had to be asked for again')
})
