import assert from 'node:assert/strict'
import type { Store } from '../src/store/store.ts'
import { noon, someSigningKey, within } from './support/ledger-samples.ts'

/** What store.ts says of signing keys; `it` opens an empty store for each. */
export function testSigningKeys(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  const day = 86_400_000
  const kids = async (store: Store) => (await store.signingKeys()).map(({ kid }) => kid)

  it('of many who make a signing key for one span at once one does', async (store) => {
    const made = Array.from({ length: 5 }, () => someSigningKey())
    const added = await Promise.all(made.map((key) => within(store, (tx) => tx.addSigningKey(key))))
    const [winner, ...others] = added.filter((key) => key !== undefined)
    assert.deepEqual([await kids(store), others], [[winner?.kid], []])
  })

  it('signing keys are read as they were written, the earliest first, and one span may begin with another', async (store) => {
    const later = someSigningKey({ signsFrom: noon + day, signsUntil: noon + 2 * day })
    const longer = someSigningKey({ signsUntil: noon + 7 * day })
    const first = someSigningKey()
    await within(store, async (tx) => {
      for (const key of [later, longer, first]) await tx.addSigningKey(key)
    })
    const read = await store.signingKeys()
    assert.deepEqual(
      read.map((key) => ({ ...key, privateSealed: Buffer.from(key.privateSealed) })),
      [first, longer, later],
    )
  })

  it('signing keys whose time is long over are erased', async (store) => {
    const old = someSigningKey()
    const young = someSigningKey({ signsFrom: noon + day, signsUntil: noon + 2 * day })
    await within(store, async (tx) => {
      for (const key of [old, young]) await tx.addSigningKey(key)
      await tx.eraseSigningKeys(noon + day - 1)
    })
    assert.deepEqual(await kids(store), [old.kid, young.kid])
    await within(store, (tx) => tx.eraseSigningKeys(noon + day))
    assert.deepEqual(await kids(store), [young.kid])
  })
}
