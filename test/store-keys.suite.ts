import assert from 'node:assert/strict'
import type { IdempotencyKey, Store } from '../src/store/store.ts'
import { newId, noon, someKey, within } from './support/ledger-samples.ts'

/** What store.ts says of idempotency keys; `it` opens an empty store for each. */
export function testKeys(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('of many who take one key at once one has it, and another caller has his own', async (store) => {
    const key = someKey()
    const take = (members = {}) => within(store, (tx) => tx.claimKey({ ...key, intentId: newId(), ...members }, noon))
    const taken = await Promise.all(Array.from({ length: 5 }, () => take()))
    assert.equal(taken.filter(Boolean).length, 1)
    assert.deepEqual(await within(store, (tx) => tx.idempotencyKey(key)), taken.find(Boolean))
    assert.equal((await take({ caller: 'other' }))?.caller, 'other')
    assert.equal((await take({ keyHash: newId() }))?.caller, 'local')
  })

  it('a key whose time is over is taken as a new one, unless its call still runs', async (store) => {
    const old = someKey({ runningUntil: noon + 60_000, expiresAt: noon + 60_000 })
    const late = someKey({ keyHash: old.keyHash, runningUntil: noon + 400_000 })
    const take = (now: number) => within(store, (tx) => tx.claimKey(late, now))
    await within(store, (tx) => tx.claimKey(old, noon))
    await within(store, (tx) => tx.settleKey(old, 'done', Buffer.from('sealed')))
    assert.equal(await take(noon + 59_999), undefined)
    assert.deepEqual(await take(noon + 60_000), late)

    const running = someKey({ runningUntil: noon + 300_000, expiresAt: noon + 60_000 })
    await within(store, (tx) => tx.claimKey(running, noon))
    const again = (now: number) => within(store, (tx) => tx.claimKey({ ...running, runningUntil: now + 1 }, now))
    assert.equal(await again(noon + 299_999), undefined)
    assert.equal((await again(noon + 300_000))?.runningUntil, noon + 300_001)
  })

  it('a key of unknown outcome, or whose call was given up, is taken again for the same payload and intent', async (store) => {
    const key = someKey()
    const resume = (now: number, members = {}) =>
      within(store, (tx) => tx.resumeKey({ ...key, runningUntil: now + 300_000, ...members }, now))
    await within(store, (tx) => tx.claimKey(key, noon))
    assert.equal(await resume(noon + 299_999), undefined)
    assert.deepEqual(await resume(noon + 300_000), { ...key, runningUntil: noon + 600_000 })
    const held = { ...key, runningUntil: noon + 600_000 }
    assert.equal((await within(store, (tx) => tx.settleKey(held, 'unknown')))?.state, 'unknown')
    assert.equal(await resume(noon + 300_001, { payloadHash: newId() }), undefined)
    assert.equal(await resume(noon + 300_001, { caller: 'other' }), undefined)
    assert.equal((await resume(noon + 300_001))?.intentId, key.intentId)
    assert.equal(await resume(noon + 300_001), undefined)
  })

  it('only who has a key settles or frees it, and an answer stays as it was written', async (store) => {
    const key = someKey()
    const lost = { ...key, runningUntil: key.runningUntil - 1 }
    const answer = Buffer.from('sealed')
    const settle = (held: typeof key) => within(store, (tx) => tx.settleKey(held, 'done', answer))
    const release = (held: typeof key) => within(store, (tx) => tx.releaseKey(held))
    await within(store, (tx) => tx.claimKey(key, noon))
    assert.deepEqual([await settle(lost), await release(lost)], [undefined, undefined])
    const done = await settle(key)
    assert.deepEqual([done?.state, Buffer.from(done?.answerSealed ?? [])], ['done', answer])
    assert.deepEqual([await settle(key), await release(key)], [undefined, undefined])
    assert.equal((await within(store, (tx) => tx.idempotencyKey(key)))?.state, 'done')
    const other = someKey()
    await within(store, (tx) => tx.claimKey(other, noon))
    assert.equal((await release(other))?.keyHash, other.keyHash)
    assert.equal(await within(store, (tx) => tx.idempotencyKey(other)), undefined)
  })

  it('keys whose time is over are erased, so many at once as wanted and the oldest first', async (store) => {
    const keys = [3, 1, 2].map((minutes) => someKey({ expiresAt: noon + minutes * 60_000 }))
    const running = someKey({ runningUntil: noon + 900_000, expiresAt: noon })
    await within(store, async (tx) => {
      for (const key of [...keys, running]) await tx.claimKey(key, noon - 1)
      for (const key of keys) await tx.settleKey(key, 'unknown')
    })
    const isLeft = (key: IdempotencyKey) => within(store, async (tx) => (await tx.idempotencyKey(key)) !== undefined)
    const left = () => Promise.all([...keys, running].map(isLeft))
    assert.equal(await within(store, (tx) => tx.eraseKeys(noon + 119_999, 5)), 1)
    assert.deepEqual(await left(), [true, false, true, true])
    await within(store, (tx) => tx.eraseKeys(noon + 600_000, 1))
    assert.deepEqual(await left(), [true, false, false, true])
    await within(store, (tx) => tx.eraseKeys(noon + 900_000, 5))
    assert.deepEqual(await left(), [false, false, false, false])
  })
}
