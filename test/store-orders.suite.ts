import assert from 'node:assert/strict'
import type { NumberOrder, Store } from '../src/store/store.ts'
import { newId, noon, within } from './support/ledger-samples.ts'

const key = { country: 'GB', numberHash: newId(), numberSealed: undefined }

function someOrder(members: Partial<NumberOrder> = {}): NumberOrder {
  const states = { state: 'intended', settledAt: undefined, isUntold: false } as const
  const wanted = { action: 'buy', settingsSealed: undefined } as const
  return {
    id: newId(),
    caller: 'local',
    ...key,
    ...wanted,
    ...states,
    createdAt: noon,
    lookAt: noon + 90_000,
    ...members,
  }
}

async function insert(store: Store, members: Partial<NumberOrder> = {}): Promise<NumberOrder> {
  const order = someOrder(members)
  await within(store, (tx) => tx.insertOrder(order))
  return order
}

/** What store.ts says of orders of numbers; `it` opens an empty store for each. */
export function testOrders(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('an order is read as it was written, and keeps nothing of what it was to set once it is settled', async (store) => {
    const order = await insert(store, { action: 'update', settingsSealed: Buffer.from('settings') })
    const read = await store.order(order.id)
    assert.deepEqual({ ...read, settingsSealed: Buffer.from(read?.settingsSealed ?? []) }, order)
    assert.equal(await store.order(newId()), undefined)
    await within(store, (tx) => tx.settleOrder(order.id, 'done', noon + 3))
    const settled = { state: 'done', settledAt: noon + 3, settingsSealed: undefined, lookAt: undefined }
    assert.deepEqual(await store.order(order.id), { ...order, ...settled })
  })

  it('the latest order of a number is the last that was not refused', async (store) => {
    const latest = () => store.latestOrder(key.country, key.numberHash)
    assert.equal(await latest(), undefined)
    const bought = await insert(store)
    await within(store, (tx) => tx.settleOrder(bought.id, 'done', noon + 3))
    const refused = await insert(store, { action: 'cancel', createdAt: noon + 5 })
    assert.equal((await latest())?.id, refused.id)
    await within(store, (tx) => tx.settleOrder(refused.id, 'refused', noon + 6))
    assert.equal((await latest())?.id, bought.id)
    assert.equal(await store.latestOrder('US', key.numberHash), undefined)
  })

  it('of many who look for what is due each gets another order, the longest due first, and nobody gets it twice', async (store) => {
    assert.equal(await store.nextOrderLookAt(), undefined)
    const orders = await Promise.all([7, 5, 6, 9].map((ms) => insert(store, { lookAt: noon + ms })))
    assert.equal(await store.nextOrderLookAt(), noon + 5)
    const claim = (now: number) => within(store, (tx) => tx.claimOrder(now, noon + 100))
    assert.equal(await claim(noon + 4), undefined)
    const first = await claim(noon + 7)
    assert.deepEqual([first?.id, first?.state, first?.lookAt], [orders[1]?.id, 'unknown', noon + 100])
    const more = (await Promise.all(Array.from({ length: 5 }, () => claim(noon + 7)))).flatMap(
      (order) => order?.id ?? [],
    )
    assert.deepEqual(new Set(more), new Set([orders[2]?.id, orders[0]?.id]))
    assert.equal(more.length, 2)
    assert.equal(await store.nextOrderLookAt(), noon + 9)
    assert.equal((await claim(noon + 100))?.id, orders[3]?.id)
    assert.equal((await claim(noon + 100))?.state, 'unknown', 'who looked for it has died')
  })

  it('what a look found is written down unless the order is settled, and Vonage’s answer in any case', async (store) => {
    const { id } = await insert(store)
    const read = async () => {
      const order = await store.order(id)
      return [order?.state, order?.isUntold, order?.lookAt]
    }
    await within(store, (tx) => tx.settleUnknownOrder(id, 'refused', noon + 1))
    assert.deepEqual(await read(), ['intended', false, noon + 90_000], 'its caller may get an answer yet')
    await within(store, (tx) => tx.lookForOrder(id, noon + 5))
    assert.deepEqual(await read(), ['unknown', false, noon + 5])
    await within(store, (tx) => tx.settleUnknownOrder(id, 'refused', noon + 6))
    assert.deepEqual(await read(), ['refused', true, undefined])
    await within(store, async (tx) => {
      await tx.lookForOrder(id, noon + 7)
      await tx.settleUnknownOrder(id, 'done', noon + 7)
    })
    assert.deepEqual(await read(), ['refused', true, undefined])
    await within(store, (tx) => tx.settleOrder(id, 'done', noon + 8))
    assert.deepEqual(await read(), ['done', false, undefined])
  })
}
