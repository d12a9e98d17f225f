import assert from 'node:assert/strict'
import type { Store } from '../src/store/store.ts'
import { insert, newId, noon, someCheck, someNext, someRun, within } from './support/ledger-samples.ts'

/** What store.ts says of next messages; `it` opens an empty store for each. */
export function testNexts(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('a running run has one next message open at a time, and none beside a check', async (store) => {
    const { run } = await insert(store)
    const next = someNext()
    const take = (id = run.id) => within(store, (tx) => tx.takeNext(id, next))
    const taken = await Promise.all(Array.from({ length: 4 }, () => take()))
    assert.deepEqual(
      taken.flatMap((each) => each?.next ?? []),
      [next],
    )
    assert.deepEqual((await store.run(run.id))?.next, next)
    for (const state of ['sending', 'unknown', 'ended'] as const)
      assert.equal(await take((await insert(store, someRun({ state }))).run.id), undefined)
    const checked = (await insert(store)).run
    await within(store, (tx) => tx.takeTry(checked.id, { tries: 3, check: someCheck() }))
    assert.equal(await take(checked.id), undefined)
  })

  it('a run is checked while its next event is open, and not while it is being replaced', async (store) => {
    for (const asks of ['event', 'replacement'] as const) {
      const { run } = await insert(store)
      await within(store, (tx) => tx.takeNext(run.id, someNext({ asks })))
      const taken = await within(store, (tx) => tx.takeTry(run.id, { tries: 3, check: someCheck() }))
      assert.equal(taken !== undefined, asks === 'event')
    }
  })

  it('a next message is closed once, only that one, also on a run that has ended, and is remembered if it went out', async (store) => {
    const { run } = await insert(store, someRun({ nextsDone: ['earlier'] }))
    assert.deepEqual((await store.run(run.id))?.nextsDone, ['earlier'])
    const close = (next = someNext(), isDone = true) => within(store, (tx) => tx.closeNext(run.id, next, { isDone }))
    assert.equal(await close(), undefined)
    const [unsent, sent, unnamed, late] = [1, 2, 3, 4].map((ms) => someNext({ askedAt: noon + ms }))
    assert.ok(unsent && sent && unnamed && late)
    unnamed.intentId = undefined
    const take = (next: typeof sent) => within(store, (tx) => tx.takeNext(run.id, next))
    await take(unsent)
    assert.equal(await close(sent), undefined)
    assert.deepEqual((await close(unsent, false))?.nextsDone, ['earlier'])
    await take(sent)
    const closed = await close(sent)
    assert.deepEqual([closed?.next, closed?.nextsDone], [undefined, ['earlier', sent.intentId]])
    assert.equal(await close(sent), undefined)
    await take(unnamed)
    assert.deepEqual((await close(unnamed))?.nextsDone, ['earlier', sent.intentId])
    await take(late)
    await within(store, (tx) => tx.endRun(run.id, noon))
    assert.deepEqual((await store.run(run.id))?.next, late)
    const ended = await close(late)
    assert.deepEqual([ended?.state, ended?.nextsDone.at(-1)], ['ended', late.intentId])
  })

  it('next messages fall due for one of many who look, whatever else is due on their runs, and again later', async (store) => {
    const next = someNext({ lookAt: noon + 5 })
    const { run } = await insert(store, someRun({ expiresAt: noon + 50 }))
    await within(store, (tx) => tx.takeNext(run.id, next))
    assert.deepEqual(
      [await store.nextDueAt(), await within(store, (tx) => tx.claimDue(noon + 5, noon + 60))],
      [noon + 5, []],
    )
    const claim = (now: number) => within(store, (tx) => tx.claimNexts(now, noon + 100))
    assert.deepEqual(await claim(noon + 4), [])
    const claims = await Promise.all(Array.from({ length: 3 }, () => claim(noon + 5)))
    assert.deepEqual(
      claims.flat().map(({ id }) => id),
      [run.id],
    )
    assert.equal(await store.nextDueAt(), noon + 50)
    await within(store, (tx) => tx.endRun(run.id, noon))
    assert.equal(await store.nextDueAt(), noon + 100)
    await within(store, (tx) => tx.lookForNext(run.id, someNext({ askedAt: noon + 1 }), noon))
    assert.equal(await store.nextDueAt(), noon + 100, 'another one than that')
    await within(store, (tx) => tx.lookForNext(run.id, next, noon + 60))
    assert.deepEqual(
      (await claim(noon + 60)).map(({ id }) => id),
      [run.id],
    )
    await within(store, (tx) => tx.closeNext(run.id, next, { isDone: false }))
    assert.deepEqual([await store.nextDueAt(), await claim(noon + 1000)], [undefined, []])
  })

  it('what became of a next message that a crash cut off is looked for at once', async (store) => {
    const { run } = await insert(store)
    await insert(store)
    await within(store, (tx) => tx.takeNext(run.id, someNext({ intentId: newId() })))
    await within(store, (tx) => tx.markCutOffUnknown())
    assert.equal(await store.nextDueAt(), 0)
    assert.deepEqual(
      (await within(store, (tx) => tx.claimNexts(noon, noon + 1))).map(({ id }) => id),
      [run.id],
    )
  })
}
