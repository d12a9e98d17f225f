import assert from 'node:assert/strict'
import type { Store } from '../src/store/store.ts'
import { newId, noon, someApproval, within } from './support/ledger-samples.ts'

/** What store.ts says of approvals and of what was spent; `it` opens an empty store for each. */
export function testApprovals(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  const insert = (store: Store, approval = someApproval()) =>
    within(store, async (tx) => {
      await tx.insertApproval(approval)
      return approval
    })
  const decide = (store: Store, id: string, at = noon) =>
    within(store, (tx) => tx.decideApproval(id, { state: 'approved', by: 'ops', at }))
  const use = (store: Store, id: string, at = noon) =>
    within(store, (tx) => tx.useApproval(id, { orderId: newId(), at }))

  it('an approval is read as it was written, and the newest are listed first', async (store) => {
    const approvals = [noon, noon + 1, noon + 1].map((createdAt) => someApproval({ createdAt }))
    for (const approval of approvals) await insert(store, approval)
    const [first] = approvals
    const { askedSealed, ...read } = (await store.approval(first?.id ?? '')) ?? someApproval()
    assert.deepEqual({ ...read, askedSealed: Buffer.from(askedSealed ?? []) }, first)
    assert.equal(await store.approval(newId()), undefined)
    const ids = approvals.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)).map(({ id }) => id)
    const page = await store.approvals({ limit: 2 })
    const rest = await store.approvals({ limit: 2, before: page[1] })
    assert.deepEqual(
      [...page, ...rest].map(({ id }) => id),
      ids,
    )
    assert.deepEqual(await store.approvals({ state: 'used', limit: 2 }), [])
  })

  it('an approval is decided once, while it is pending and in time', async (store) => {
    const { id } = await insert(store)
    assert.equal(await decide(store, id, noon + 600_000), undefined)
    const decided = await decide(store, id, noon + 599_999)
    assert.deepEqual([decided?.state, decided?.decidedBy, decided?.decidedAt], ['approved', 'ops', noon + 599_999])
    assert.equal(await decide(store, id), undefined)
  })

  it('an approval is used once, when it is approved and in time', async (store) => {
    const { id } = await insert(store)
    assert.equal(await use(store, id), undefined)
    await decide(store, id)
    assert.equal(await use(store, id, noon + 600_000), undefined)
    const used = await Promise.all(Array.from({ length: 5 }, () => use(store, id)))
    assert.equal(used.filter((each) => each !== undefined).length, 1)
  })

  it('the open approval of a digest is the newest that is neither used nor over', async (store) => {
    const digest = newId()
    const open = (now: number) => within(store, (tx) => tx.openApproval(digest, now))
    assert.equal(await open(noon), undefined)
    const first = await insert(store, someApproval({ digest }))
    const second = await insert(store, someApproval({ digest, createdAt: noon + 1, expiresAt: noon + 600_001 }))
    await insert(store)
    assert.equal((await open(noon))?.id, second.id)
    await decide(store, second.id)
    await use(store, second.id)
    assert.equal((await open(noon))?.id, first.id)
    assert.equal(await open(noon + 600_000), undefined)
  })

  it('the approvals of a caller are counted while they are pending and in time', async (store) => {
    const { id } = await insert(store)
    await insert(store, someApproval({ expiresAt: noon + 1 }))
    await insert(store, someApproval({ caller: 'other' }))
    const pending = (now: number) => within(store, (tx) => tx.pendingApprovals('agent', now))
    assert.deepEqual([await pending(noon), await pending(noon + 1)], [2, 1])
    await decide(store, id)
    assert.equal(await pending(noon), 1)
  })

  it('what was asked is erased some time after it is over, some at a time, and the rest stays', async (store) => {
    const over = [await insert(store), await insert(store)]
    const later = await insert(store, someApproval({ expiresAt: noon + 600_001 }))
    const erase = () => within(store, (tx) => tx.eraseAsked(noon + 600_000, 1))
    assert.deepEqual([await erase(), await erase(), await erase()], [1, 1, 0])
    for (const { id } of over) assert.deepEqual((await store.approval(id))?.askedSealed, undefined)
    assert.ok((await store.approval(later.id))?.askedSealed)
  })

  it('what an order costs goes over to the one that takes its place', async (store) => {
    const [first, second] = [newId(), newId()]
    await within(store, async (tx) => {
      await tx.addSpend({ orderId: first, caller: 'a', at: noon, micros: 5 })
      await tx.moveSpend(first, second)
      await tx.removeSpend(first)
    })
    assert.equal((await store.spendTotals('a', noon)).all.day, 5)
    await within(store, (tx) => tx.removeSpend(second))
    assert.equal((await store.spendTotals('a', noon)).all.day, 0)
  })

  it('what is spent is summed by caller and in all, by day and by month, and taken back', async (store) => {
    const add = (caller: string, at: number, orderId = newId()) =>
      within(store, (tx) => tx.addSpend({ orderId, caller, at, micros: 5 }))
    const order = newId()
    const tomorrow = noon + 86_400_000
    assert.deepEqual(await add('a', noon, order), { caller: { day: 5, month: 5 }, all: { day: 5, month: 5 } })
    await add('b', noon)
    assert.deepEqual(await add('a', tomorrow), { caller: { day: 5, month: 10 }, all: { day: 5, month: 15 } })
    assert.deepEqual(await add('a', noon + 31 * 86_400_000), {
      caller: { day: 5, month: 5 },
      all: { day: 5, month: 5 },
    })
    assert.deepEqual(await store.spendTotals('a', noon), { caller: { day: 5, month: 10 }, all: { day: 10, month: 15 } })
    await within(store, (tx) => tx.removeSpend(order))
    await within(store, (tx) => tx.removeSpend(order))
    assert.deepEqual(await store.spendTotals('a', noon), { caller: { day: 0, month: 5 }, all: { day: 5, month: 10 } })
  })
}
