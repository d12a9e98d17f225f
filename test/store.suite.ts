import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run, Store } from '../src/store/store.ts'
import { testApiKeys } from './store-api-keys.suite.ts'
import { testApprovals } from './store-approvals.suite.ts'
import { testDecisions } from './store-decisions.suite.ts'
import { testErasure } from './store-erasure.suite.ts'
import { testKeys } from './store-keys.suite.ts'
import { testKnownPeople } from './store-known-people.suite.ts'
import { testLevels } from './store-levels.suite.ts'
import { testNexts } from './store-nexts.suite.ts'
import { testOrders } from './store-orders.suite.ts'
import { testSigningKeys } from './store-signing-keys.suite.ts'
import { testTransactions } from './store-transactions.suite.ts'
import { testWebhooks } from './store-webhooks.suite.ts'
import {
  insert,
  messagesAt,
  newId,
  noon,
  someCheck,
  someKey,
  someRun,
  someVerification,
  within,
} from './support/ledger-samples.ts'

/** An empty store of its own for each test; `await using` ends it. */
export type OpenStore = () => Promise<AsyncDisposable & { store: Store }>

const leaseMs = 100_000

/** What falls due by then, claimed. */
const due = (store: Store, now: number) => within(store, (tx) => tx.claimDue(now, now + leaseMs))

/** Holds an engine to what store.ts says. */
export function testStore(engine: string, open: OpenStore): void {
  const it = (behaviour: string, check: (store: Store) => Promise<void>) =>
    test(`${engine}: ${behaviour}`, async () => {
      await using opened = await open()
      await check(opened.store)
    })

  it('what was written is read again as it was', async (store) => {
    const { run, verifications } = await insert(store, someRun({ cancelAt: noon + 1, checksSeen: 2 }))
    const read = await store.run(run.id)
    assert.deepEqual({ ...read, numberSealed: undefined }, { ...run, numberSealed: undefined })
    assert.deepEqual(Buffer.from(read?.numberSealed ?? []), run.numberSealed)
    assert.deepEqual(await store.verification(verifications[0]?.id ?? ''), verifications[0])
    const told = someVerification(run, { nonce: 'n', purpose: 'login' })
    await within(store, (tx) => tx.insertVerification(told))
    assert.deepEqual(await store.verification(told.id), told)
    assert.deepEqual([await store.run(newId()), await store.verification(newId())], [undefined, undefined])
    assert.equal(await store.isReady(), true)
  })

  it('the codes that were given for a number are told by the runs that ended since, the last first', async (store) => {
    const { numberHash } = someRun()
    const endedAt = [noon, noon + 1, noon + 2]
    for (const [index, at] of endedAt.entries()) {
      const { run } = await insert(store, someRun({ numberHash, tries: index + 1 }))
      await within(store, (tx) => tx.endRun(run.id, at))
    }
    await insert(store, someRun({ numberHash, tries: 2 }))
    const told = await within(store, (tx) => tx.triesOfEnded(numberHash, noon))
    assert.deepEqual(told, [
      { tries: 3, endedAt: noon + 2 },
      { tries: 2, endedAt: noon + 1 },
    ])
    assert.deepEqual(await within(store, (tx) => tx.triesOfEnded(someRun().numberHash, 0)), [])
  })

  it('a verification is read with its run, each as it is read alone', async (store) => {
    const { run, ids } = await insert(store, someRun({ check: someCheck() }))
    const [id = ''] = ids
    await within(store, (tx) => tx.endVerification(id, 'failed', noon + 5))
    assert.deepEqual(await store.verificationOnRun(id), {
      verification: await store.verification(id),
      run: await store.run(run.id),
      pendingOnRun: ids.length - 1,
    })
    assert.equal(await store.verificationOnRun(newId()), undefined)
  })

  it('a number has one run that has not ended', async (store) => {
    const { run } = await insert(store)
    const other = someRun({ numberHash: run.numberHash })
    await assert.rejects(insert(store, other))
    assert.equal((await within(store, (tx) => tx.liveRun(run.numberHash)))?.id, run.id)
    await within(store, (tx) => tx.endRun(run.id, noon))
    assert.equal(await within(store, (tx) => tx.liveRun(run.numberHash)), undefined)
    await insert(store, other)
    assert.equal((await within(store, (tx) => tx.liveRun(run.numberHash)))?.id, other.id)
  })

  it('an ended run keeps its number, is not changed and does not end again', async (store) => {
    const { run } = await insert(store, someRun({ cancelAt: noon }))
    await within(store, (tx) => tx.takeTry(run.id, { tries: 3, check: someCheck() }))
    const ended = await within(store, (tx) => tx.endRun(run.id, noon))
    assert.deepEqual([ended?.state, ended?.cancelAt, ended?.check], ['ended', undefined, undefined])
    assert.deepEqual(Buffer.from(ended?.numberSealed ?? []), run.numberSealed)
    assert.equal(await within(store, (tx) => tx.endRun(run.id, noon)), undefined)
    assert.equal(await within(store, (tx) => tx.updateRun(run.id, { state: 'running' })), undefined)
    assert.equal((await store.run(run.id))?.state, 'ended')
  })

  it('a change of a run touches what it names, and clears what it names as undefined', async (store) => {
    const { run } = await insert(store, someRun({ cancelAt: noon }))
    const changed = await within(store, (tx) => tx.updateRun(run.id, { cancelAt: undefined, eventIndex: 1 }))
    assert.deepEqual({ ...changed, numberSealed: 0 }, { ...run, cancelAt: undefined, eventIndex: 1, numberSealed: 0 })
  })

  it('no more tries of a run are taken than it has, and one check at a time', async (store) => {
    const { run } = await insert(store)
    const take = (check = someCheck()) => within(store, (tx) => tx.takeTry(run.id, { tries: 3, check }))
    const first = someCheck()
    const taken = await Promise.all(Array.from({ length: 5 }, () => take(first)))
    const [winner, ...more] = taken.filter((each) => each !== undefined)
    assert.deepEqual([winner?.tries, winner?.check, more], [1, first, []])
    for (const tries of [2, 3]) {
      const { check } = (await store.run(run.id)) ?? {}
      const closed = check && (await within(store, (tx) => tx.closeCheck(run.id, check)))
      assert.ok(closed && closed.check === undefined)
      assert.equal((await take())?.tries, tries)
    }
    assert.equal((await store.run(run.id))?.tries, 3)
  })

  it('a check is closed once, and only that check', async (store) => {
    const { run } = await insert(store)
    const check = someCheck()
    const close = (wanted = check) => within(store, (tx) => tx.closeCheck(run.id, wanted))
    assert.equal(await close(), undefined)
    await within(store, (tx) => tx.takeTry(run.id, { tries: 3, check }))
    assert.equal(await close({ ...check, askedAt: noon + 1 }), undefined)
    assert.equal(await close({ ...check, codeHash: newId() }), undefined)
    assert.equal(await within(store, (tx) => tx.lookAt(run.id, noon + 7)), true)
    assert.equal((await store.run(run.id))?.check?.lookAt, noon + 7)
    assert.equal((await close())?.id, run.id)
    assert.equal(await close(), undefined)
    assert.equal(await within(store, (tx) => tx.lookAt(run.id, noon)), false)
  })

  it('a check falls due before anything else of its run, also when the run has ended', async (store) => {
    const { run } = await insert(store, someRun({ cancelAt: noon + 1, expiresAt: noon + 2 }))
    const check = someCheck({ lookAt: noon + 5 })
    await within(store, (tx) => tx.takeTry(run.id, { tries: 3, check }))
    assert.deepEqual([await store.nextDueAt(), await due(store, noon + 4)], [noon + 5, []])
    await within(store, (tx) => tx.endRun(run.id, noon))
    assert.equal(await store.nextDueAt(), undefined)
    await within(store, (tx) => tx.keepCheck(run.id, check))
    const [kept] = await due(store, noon + 5)
    assert.deepEqual([await store.nextDueAt(), kept?.state, kept?.check], [noon + 5, 'ended', check])
    assert.equal(await within(store, (tx) => tx.closeCheck(run.id, check)), undefined, 'it is not open any more')
    await within(store, (tx) => tx.forgetCheck(run.id))
    assert.deepEqual([await store.nextDueAt(), await due(store, noon + 5)], [undefined, []])
  })

  it('a run that is not running gives no try', async (store) => {
    for (const state of ['sending', 'unknown', 'ended'] as const) {
      const { run } = await insert(store, someRun({ state }))
      assert.equal(await within(store, (tx) => tx.takeTry(run.id, { tries: 3, check: someCheck() })), undefined)
    }
  })

  it('tries of a verification are counted up to its limit while it is pending, and given back with the run’s', async (store) => {
    const { run, ids } = await insert(store)
    const [id = ''] = ids
    const count = () => within(store, (tx) => tx.countTry(id, 2))
    assert.deepEqual([(await count())?.tries, (await count())?.tries, await count()], [1, 2, undefined])
    await within(store, (tx) => tx.takeTry(run.id, { tries: 3, check: someCheck() }))
    await within(store, (tx) => tx.returnTry(id))
    assert.deepEqual([(await store.verification(id))?.tries, (await store.run(run.id))?.tries], [1, 0])
    await within(store, (tx) => tx.returnTry(id))
    await within(store, (tx) => tx.returnTry(id))
    assert.deepEqual([(await store.verification(id))?.tries, (await store.run(run.id))?.tries], [0, 0])
    await within(store, (tx) => tx.endVerification(id, 'cancelled', noon))
    assert.equal(await count(), undefined)
  })

  it('a verification ends once', async (store) => {
    const { ids, run } = await insert(store)
    const [id = ''] = ids
    const end = (state: 'verified' | 'cancelled') => within(store, (tx) => tx.endVerification(id, state, noon + 5))
    const ended = await Promise.all([end('verified'), end('cancelled')])
    const [winner, ...more] = ended.filter((each) => each !== undefined)
    const { state, endedAt } = (await store.verification(id)) ?? {}
    assert.deepEqual([state, endedAt, more], [winner?.state, noon + 5, []])
    assert.deepEqual(await store.pendingOn(run.id), [])
  })

  it('pending verifications move to another run with their tries, ended ones stay', async (store) => {
    const { run, ids } = await insert(store, someRun(), 3)
    const [ended = '', tried = '', fresh = ''] = ids
    const next = someRun()
    await within(store, async (tx) => {
      await tx.endVerification(ended, 'cancelled', noon)
      await tx.countTry(tried, 2)
      await tx.insertRun(next)
      await tx.moveVerifications(run.id, next.id)
    })
    assert.equal((await store.verification(ended))?.runId, run.id)
    const moved = await store.pendingOn(next.id)
    assert.deepEqual(
      moved.map(({ id, tries }) => [id, tries]),
      [
        [tried, 0],
        [fresh, 0],
      ],
    )
  })

  it('messages are counted by number and by time, and those to come are taken back', async (store) => {
    const { run } = await insert(store)
    const { run: other } = await insert(store)
    const sent = (since: number) => within(store, (tx) => tx.sendsTo(run.numberHash, since))
    await within(store, async (tx) => {
      await tx.insertSends(run.numberHash, run.id, messagesAt(noon, noon + 60_000))
      await tx.insertSends(run.numberHash, run.id, messagesAt(noon))
      await tx.insertSends(other.numberHash, other.id, messagesAt(noon + 1))
    })
    assert.deepEqual(await sent(0), [noon, noon, noon + 60_000])
    assert.deepEqual(await sent(noon + 1), [noon + 60_000])
    const ofDay = async (at: number) => (await within(store, (tx) => tx.sentOnDay(at))).sends
    const midnight = noon + 43_200_000
    await within(store, (tx) => tx.insertSends(run.numberHash, run.id, messagesAt(midnight)))
    assert.deepEqual([await ofDay(noon), await ofDay(midnight - 1), await ofDay(midnight)], [4, 4, 1])
    await within(store, (tx) => tx.endRun(run.id, noon))
    assert.deepEqual(await sent(0), [noon, noon])
    await within(store, (tx) => tx.removeSends(run.id, noon))
    assert.deepEqual([await sent(0), await ofDay(noon), await ofDay(midnight)], [[], 1, 0])
  })

  it('messages are counted by caller and day too', async (store) => {
    const { run } = await insert(store, someRun({ caller: 'checkout' }))
    const { run: other } = await insert(store, someRun({ caller: 'login' }))
    const midnight = noon + 43_200_000
    await within(store, async (tx) => {
      await tx.insertSends(run.numberHash, run.id, messagesAt(noon, noon + 1, midnight))
      await tx.insertSends(other.numberHash, other.id, messagesAt(noon))
    })
    const counts = async () => {
      const asked = [noon, midnight].flatMap((at) => ['checkout', 'login', 'nobody'].map((caller) => ({ at, caller })))
      return Promise.all(
        asked.map(
          async ({ at, caller }) =>
            (await within(store, (tx) => tx.sentOnDay(at, { of: 'caller', name: caller }))).sends,
        ),
      )
    }
    assert.deepEqual(await counts(), [2, 1, 0, 1, 0, 0])
    await within(store, (tx) => tx.removeSends(run.id, noon + 1))
    assert.deepEqual(await counts(), [1, 1, 0, 0, 0, 0])
    await within(store, (tx) => tx.forgetRun(other.id))
    assert.deepEqual(await counts(), [1, 0, 0, 0, 0, 0])
  })

  it('what is due are expiries and cancels of runs that have not ended', async (store) => {
    assert.equal(await store.nextDueAt(), undefined)
    const { run: late } = await insert(store, someRun({ expiresAt: noon + 300_000 }))
    const { run: cancel } = await insert(store, someRun({ expiresAt: noon + 300_000, cancelAt: noon + 31_000 }))
    const { run: early } = await insert(store, someRun({ expiresAt: noon + 60_000, cancelAt: noon + 90_000 }))
    await insert(store, someRun({ state: 'ended', expiresAt: noon }))
    assert.equal(await store.nextDueAt(), noon + 31_000)
    const ids = async (now: number) => new Set((await due(store, now)).map(({ id }) => id))
    assert.deepEqual(await ids(noon + 30_999), new Set())
    assert.deepEqual(await ids(noon + 60_000), new Set([cancel.id, early.id]))
    await within(store, (tx) => tx.endRun(early.id, noon))
    assert.equal(await store.nextDueAt(), noon + 160_000)
    assert.deepEqual(await ids(noon + 300_000), new Set([cancel.id, late.id]))
  })

  it('what Vonage is asked for is given to one node only, until that one must have come back', async (store) => {
    const check = someCheck({ lookAt: noon })
    const { run: checked } = await insert(store)
    await within(store, (tx) => tx.takeTry(checked.id, { tries: 3, check }))
    const { run: left } = await insert(store, someRun({ cancelAt: noon }))
    const claims = await Promise.all(Array.from({ length: 5 }, () => due(store, noon)))
    const claimed = claims.flat()
    assert.equal(claimed.length, 2)
    const cancelling = claimed.find(({ id }) => id === left.id)
    assert.deepEqual([cancelling?.isCancelling, cancelling?.cancelAt], [true, noon + leaseMs])
    assert.deepEqual(claimed.find(({ id }) => id === checked.id)?.check, { ...check, lookAt: noon + leaseMs })
    assert.deepEqual(await due(store, noon + leaseMs - 1), [])
    assert.equal((await due(store, noon + leaseMs)).length, 2)
  })

  it('a cancel is withdrawn until Vonage is told', async (store) => {
    const { run } = await insert(store, someRun({ cancelAt: noon }))
    const withdraw = () => within(store, (tx) => tx.withdrawCancel(run.id))
    assert.equal((await withdraw())?.cancelAt, undefined)
    await within(store, (tx) => tx.updateRun(run.id, { cancelAt: noon }))
    await due(store, noon)
    assert.equal(await withdraw(), undefined)
    await within(store, (tx) => tx.updateRun(run.id, { isCancelling: false }))
    assert.equal((await withdraw())?.id, run.id)
  })

  it('a run whose sending never came back is unknown, and no other', async (store) => {
    const sent = (sentAt: number, state: Run['state'] = 'sending') => insert(store, someRun({ state, sentAt }))
    const runs = [await sent(noon), await sent(noon + 1), await sent(noon, 'running'), await sent(noon, 'ended')]
    await within(store, (tx) => tx.markLostUnknown(noon))
    const states = await Promise.all(runs.map(async ({ run }) => (await store.run(run.id))?.state))
    assert.deepEqual(states, ['unknown', 'sending', 'running', 'ended'])
  })

  it('a caller’s verifications come newest first, of one state if wanted, from behind a place', async (store) => {
    const { ids } = await insert(store, someRun(), 3)
    await insert(store, someRun({ caller: 'somebody' }), 2)
    const [oldest = '', middle = '', newest = ''] = ids
    await within(store, (tx) => tx.endVerification(middle, 'verified', noon))
    const list = async (query: object) =>
      (await store.verificationsOf({ caller: 'local', limit: 10, ...query })).map(({ id }) => id)
    assert.deepEqual(await list({}), [newest, middle, oldest])
    assert.deepEqual(await list({ limit: 2 }), [newest, middle])
    assert.deepEqual(await list({ state: 'pending' }), [newest, oldest])
    assert.deepEqual(await list({ before: { createdAt: noon + 1, id: middle } }), [oldest])
    assert.deepEqual(await list({ caller: 'nobody' }), [])
  })

  it('verifications of one moment are paged without loss', async (store) => {
    const run = someRun()
    await within(store, async (tx) => {
      await tx.insertRun(run)
      for (let index = 0; index < 5; index += 1) await tx.insertVerification(someVerification(run))
    })
    const listed: string[] = []
    let before: { createdAt: number; id: string } | undefined
    for (let page = 0; page < 3; page += 1) {
      const found = await store.verificationsOf({ caller: 'local', before, limit: 2 })
      listed.push(...found.map(({ id }) => id))
      before = found.at(-1)
    }
    assert.deepEqual([listed.length, new Set(listed).size], [5, 5])
  })

  it('a run that is forgotten leaves nothing behind, a verification only itself', async (store) => {
    const { run, ids } = await insert(store, someRun(), 2)
    const [first = '', second = ''] = ids
    await within(store, (tx) => tx.insertSends(run.numberHash, run.id, messagesAt(noon)))
    await within(store, (tx) => tx.forgetVerification(first))
    assert.deepEqual([await store.verification(first), (await store.pendingOn(run.id)).length], [undefined, 1])
    await within(store, (tx) => tx.forgetRun(run.id))
    assert.deepEqual([await store.run(run.id), await store.verification(second)], [undefined, undefined])
    assert.equal((await within(store, (tx) => tx.sentOnDay(noon))).sends, 0)
  })

  it('an id of Vonage’s is known as long as its run is, ended or not', async (store) => {
    const { run } = await insert(store)
    const holds = (id: string) => within(store, (tx) => tx.holdsUpstreamId(id))
    await within(store, (tx) => tx.endRun(run.id, noon))
    assert.deepEqual([await holds(run.upstreamId ?? ''), await holds(newId())], [true, false])
  })

  it('what a crash cut off becomes unknown, and nothing else', async (store) => {
    const { run: sending } = await insert(store, someRun({ state: 'sending' }))
    const { run: running } = await insert(store)
    const order = { caller: 'local', action: 'buy', country: 'GB', createdAt: noon } as const
    const [cutOff, done] = [someKey(), someKey()]
    await within(store, async (tx) => {
      await tx.insertOrder({ ...order, id: newId(), numberHash: 'one', state: 'intended' })
      await tx.insertOrder({ ...order, id: newId(), numberHash: 'two', state: 'done', settledAt: noon })
      await tx.claimKey(cutOff, noon)
      await tx.claimKey(done, noon)
      await tx.settleKey(done, 'done', Buffer.from('sealed'))
      await tx.markCutOffUnknown()
    })
    const states = [sending, running].map(async ({ id }) => (await store.run(id))?.state)
    assert.deepEqual(await Promise.all(states), ['unknown', 'running'])
    const orders = ['one', 'two'].map(async (numberHash) => (await store.latestOrder('GB', numberHash))?.state)
    assert.deepEqual(await Promise.all(orders), ['unknown', 'done'])
    assert.equal(await store.nextOrderLookAt(), 0)
    const keys = [cutOff, done].map(async (key) => (await within(store, (tx) => tx.idempotencyKey(key)))?.state)
    assert.deepEqual(await Promise.all(keys), ['unknown', 'done'])
  })

  testErasure(it)
  testKeys(it)
  testApiKeys(it)
  testApprovals(it)
  testDecisions(it)
  testKnownPeople(it)
  testSigningKeys(it)
  testWebhooks(it)
  testLevels(it)
  testNexts(it)
  testTransactions(it)
  testOrders(it)
}
