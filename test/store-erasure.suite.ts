import assert from 'node:assert/strict'
import type { Run, Store } from '../src/store/store.ts'
import {
  insert,
  messagesAt,
  newId,
  noon,
  someApproval,
  someCheck,
  someKey,
  someRun,
  someSigningKey,
  within,
} from './support/ledger-samples.ts'

const hour = 3_600_000

const isErased = (run: Run | undefined) =>
  run?.numberHash === run?.id && run?.numberMask === '**' && run?.numberSealed === undefined

/** What store.ts says of erasing, of a hold after a restore, and of sealing anew; `it` opens an empty store for each. */
export function testErasure(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('numbers of runs that ended long enough ago are erased, so many at once as wanted and the oldest first', async (store) => {
    const ended = [noon + 3, noon + 1, noon + 2]
    const runs = [...ended.map((endedAt) => someRun({ state: 'ended', endedAt })), someRun({ expiresAt: noon })]
    for (const run of runs) await insert(store, run)
    const erase = (until: number, limit = 5) => within(store, (tx) => tx.eraseNumbers(until, limit))
    const erased = () => Promise.all(runs.map(async ({ id }) => isErased(await store.run(id))))
    assert.equal(await erase(noon), 0)
    assert.deepEqual([await erase(noon + 9, 2), await erased()], [2, [false, true, true, false]])
    assert.deepEqual([await erase(noon + 9), await erase(noon + 9)], [1, 0])
    assert.deepEqual(await erased(), [true, true, true, false])
    const { numberHash, numberMask, numberSealed, ...kept } = (await store.run(runs[0]?.id ?? '')) ?? {}
    const { numberHash: h, numberMask: m, numberSealed: s, ...before } = runs[0] ?? {}
    assert.deepEqual(kept, before, 'all else stays')
  })

  it('of many who erase at once each erases something else', async (store) => {
    for (let index = 0; index < 10; index += 1) await insert(store, someRun({ state: 'ended', endedAt: noon + index }))
    const erase = () => store.transaction(newId(), (tx) => tx.eraseNumbers(noon + 9, 3))
    const erased = await Promise.all(Array.from({ length: 4 }, erase))
    assert.deepEqual(erased.sort(), [1, 3, 3, 3])
  })

  it('a run that ends says when, and one that an earlier version ended counts from its own end', async (store) => {
    const { run } = await insert(store)
    assert.equal((await within(store, (tx) => tx.endRun(run.id, noon + 7)))?.endedAt, noon + 7)
    const { run: old } = await insert(store, someRun({ state: 'ended', expiresAt: noon + 5 }))
    assert.equal(await within(store, (tx) => tx.eraseNumbers(noon + 5, 9)), 1)
    assert.deepEqual([isErased(await store.run(old.id)), isErased(await store.run(run.id))], [true, false])
  })

  it('old messages are erased while the count of their day stays', async (store) => {
    const { run } = await insert(store)
    await within(store, (tx) =>
      tx.insertSends(run.numberHash, run.id, messagesAt(noon, noon + 1, noon + 2, noon + hour)),
    )
    const erase = (until: number, limit = 9) => within(store, (tx) => tx.eraseSends(until, limit))
    const left = () => within(store, (tx) => tx.sendsTo(run.numberHash, 0))
    assert.deepEqual([await erase(noon - 1), await erase(noon + 2, 2)], [0, 2])
    assert.deepEqual(await left(), [noon + 2, noon + hour])
    assert.deepEqual([await erase(noon + 2), await left()], [1, [noon + hour]])
    assert.equal((await within(store, (tx) => tx.sentOnDay(noon))).sends, 4)
  })

  it('a number is erased at all its runs, ended or not, and at no other', async (store) => {
    const numberHash = newId()
    const of = (members: Partial<Run>) => someRun({ numberHash, ...members })
    await insert(store, of({ state: 'ended' }), 2)
    await insert(store, of({ state: 'ended' }), 1)
    const { run: live, ids } = await insert(store, of({}), 1)
    const { run: other } = await insert(store)
    await within(store, (tx) => tx.insertSends(numberHash, live.id, messagesAt(noon)))
    const erase = () => within(store, (tx) => tx.eraseNumber(numberHash))
    assert.deepEqual(await erase(), { runs: 3, verifications: 4 })
    assert.deepEqual(await erase(), { runs: 0, verifications: 0 })
    assert.ok(isErased(await store.run(live.id)) && !isErased(await store.run(other.id)))
    assert.equal(await within(store, (tx) => tx.liveRun(numberHash)), undefined)
    assert.deepEqual(await within(store, (tx) => tx.sendsTo(numberHash, 0)), [noon])
    assert.equal((await store.pendingOn(live.id))[0]?.id, ids[0])
    assert.equal((await within(store, (tx) => tx.endRun(live.id, noon)))?.state, 'ended')
    assert.equal(await within(store, (tx) => tx.eraseNumbers(noon, 9)), 0, 'it is erased already')
  })

  it('numbers of orders that were refused long enough ago are erased, and of one number at once', async (store) => {
    const order = { caller: 'local', action: 'cancel', country: 'GB', state: 'intended', createdAt: noon } as const
    const settled = async (state: 'done' | 'refused', at: number, numberHash = newId()) => {
      const id = newId()
      await within(store, (tx) => tx.insertOrder({ ...order, id, numberHash, numberSealed: Buffer.from('sealed') }))
      await within(store, (tx) => tx.settleOrder(id, state, at))
      return id
    }
    const numberHash = newId()
    const ids = [await settled('done', noon), await settled('refused', noon), await settled('refused', noon + 1)]
    ids.push(await settled('refused', noon + 9, numberHash), await settled('done', noon + 9, numberHash))
    const erased = async () => {
      const orders = await Promise.all(ids.map((id) => store.order(id)))
      for (const each of orders) assert.equal(each?.numberHash === each?.id, each?.numberSealed === undefined)
      return orders.map((each) => each?.numberSealed === undefined)
    }
    const erase = (limit: number) => within(store, (tx) => tx.eraseOrderedNumbers(noon + 1, limit))
    assert.deepEqual([await erase(1), await erased()], [1, [false, true, false, false, false]])
    assert.deepEqual([await erase(9), await erase(9)], [1, 0])
    assert.deepEqual(await erased(), [false, true, true, false, false])
    await within(store, (tx) => tx.eraseNumber(numberHash))
    assert.deepEqual(await erased(), [false, true, true, true, false], 'what was ordered belongs to the account')
  })

  it('messages are held until a time that can be changed and taken back', async (store) => {
    const hold = (until: number | undefined) => within(store, (tx) => tx.holdSends(until))
    assert.equal(await store.sendsHeldUntil(), undefined)
    await hold(noon)
    await hold(noon + hour)
    assert.equal(await store.sendsHeldUntil(), noon + hour)
    assert.equal(await within(store, (tx) => tx.sendsHeldUntil()), noon + hour)
    await hold(undefined)
    await hold(undefined)
    assert.equal(await store.sendsHeldUntil(), undefined)
  })

  it('the newest intent is known, what is overdue, and how many runs have not ended', async (store) => {
    assert.deepEqual(
      [await store.newestIntentAt(), await store.overdue(noon), await store.liveRuns()],
      [undefined, [], { sending: 0, running: 0, unknown: 0 }],
    )
    const { run: late } = await insert(store, someRun({ expiresAt: noon + 2, state: 'unknown' }))
    const { run: early } = await insert(store, someRun({ expiresAt: noon + 1 }))
    const { run: checked } = await insert(store, someRun({ expiresAt: noon, askedAt: noon + 5 }))
    await within(store, (tx) => tx.takeTry(checked.id, { tries: 3, check: someCheck() }))
    await insert(store, someRun({ expiresAt: noon, state: 'ended' }))
    assert.deepEqual(
      (await store.overdue(noon + 2)).map(({ id }) => id),
      [early.id, late.id],
    )
    assert.equal(await store.newestIntentAt(), noon + 5)
    assert.deepEqual(await store.liveRuns(), { sending: 0, running: 2, unknown: 1 })
    const order = { id: newId(), caller: 'local', action: 'buy', country: 'GB', numberHash: newId() } as const
    await within(store, (tx) => tx.insertOrder({ ...order, state: 'intended', createdAt: noon + 9 }))
    assert.equal(await store.newestIntentAt(), noon + 9)
  })

  it('what is sealed is found page by page, and sealed anew unless it has changed', async (store) => {
    const sealed = (text: string) => Buffer.from(text)
    for (const text of ['one', 'two', 'three']) await insert(store, someRun({ numberSealed: sealed(text) }))
    await insert(store, someRun({ numberSealed: undefined }))
    const key = someKey()
    await within(store, async (tx) => {
      await tx.claimKey(key, noon)
      await tx.settleKey(key, 'done', sealed('answer'))
      const order = { id: newId(), caller: 'local', action: 'buy', country: 'GB', createdAt: noon } as const
      const settingsSealed = sealed('settings')
      await tx.addSigningKey(someSigningKey({ privateSealed: sealed('signing key') }))
      await tx.insertOrder({
        ...order,
        state: 'done',
        numberHash: newId(),
        numberSealed: sealed('order'),
        settingsSealed,
      })
      await tx.insertApproval(someApproval({ askedSealed: sealed('asked') }))
    })
    const found: string[] = []
    for (const place of store.sealedPlaces) {
      let page = await store.sealedValues(place, undefined, 1)
      while (page.length > 0) {
        found.push(...page.map(({ sealed: value }) => Buffer.from(value).toString()))
        page = await store.sealedValues(place, page.at(-1), 1)
      }
      const [value] = await store.sealedValues(place, undefined, 1)
      assert.ok(value)
      const replace = () => within(store, (tx) => tx.replaceSealed(place, value, sealed('anew')))
      assert.deepEqual([await replace(), await replace()], [true, false])
      const [replaced] = await store.sealedValues(place, undefined, 1)
      assert.deepEqual([replaced?.key, Buffer.from(replaced?.sealed ?? []).toString()], [value.key, 'anew'])
    }
    assert.deepEqual(found.sort(), ['answer', 'asked', 'one', 'order', 'settings', 'signing key', 'three', 'two'])
  })
}
