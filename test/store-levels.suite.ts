import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Store, Transaction } from '../src/store/store.ts'
import { noon, within } from './support/ledger-samples.ts'

const scopes = ['address:1', 'prefix:44770090', 'country:GB', 'total:']
/** Transactions that are begun at the same time: what each counts in, how often, and whether it fails when it has. */
const work = fc.record({
  counted: fc.subarray(scopes, { minLength: 1 }),
  times: fc.integer({ min: 1, max: 2 }),
  fails: fc.boolean(),
})
const works = fc.array(work, { maxLength: 20 })

/** What store.ts says of levels; `it` opens an empty store for each. */
export function testLevels(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  const count = async (tx: Transaction, counted: string[], now = noon) => {
    const found = await tx.takeLevels(counted)
    await tx.keepLevels(new Map(counted.map((scope) => [scope, String(Number(found.get(scope) ?? 0) + 1)])), now)
  }
  const allOf = (store: Store) => within(store, async (tx) => Object.fromEntries(await tx.takeLevels(scopes)))

  it('of transactions begun together, levels hold what those have counted that did not fail', async (store) => {
    const expected: Record<string, number> = {}
    const inTurn = fc.asyncProperty(works, async (group) => {
      await Promise.allSettled(
        group.map(({ counted, times, fails }) =>
          store.transaction(counted.join(), async (tx) => {
            for (let time = 0; time < times; time++) await count(tx, counted)
            if (fails) throw new Error('fails')
          }),
        ),
      )
      for (const { counted, times, fails } of group) {
        for (const scope of fails ? [] : counted) expected[scope] = (expected[scope] ?? 0) + times
      }
      const held = Object.entries(await allOf(store)).map(([scope, state]) => [scope, Number(state)])
      assert.deepEqual(Object.fromEntries(held), expected)
    })
    await fc.assert(inTurn, { numRuns: 30, endOnFailure: true })
  })

  it('levels of a kind are erased that nobody has touched since, and come back where that is undone', async (store) => {
    await within(store, (tx) => count(tx, scopes))
    await within(store, (tx) => count(tx, ['prefix:44770090'], noon + 2))
    const erase = (tx: Transaction) => tx.eraseLevels('address', noon + 1, 10)
    await assert.rejects(
      store.transaction('undone', async (tx) => {
        assert.equal(await erase(tx), 1)
        assert.equal((await tx.takeLevels(scopes)).has('address:1'), false)
        throw new Error('undone')
      }),
      /undone/,
    )
    assert.equal((await allOf(store))['address:1'], '1')
    const [, seen] = await Promise.allSettled([
      store.transaction('undone', async (tx) => {
        await erase(tx)
        await tx.takeLevels(['address:1'])
        throw new Error('undone')
      }),
      store.transaction('seen', (tx) => tx.takeLevels(['address:1'])),
    ])
    assert.deepEqual(seen, { status: 'fulfilled', value: new Map([['address:1', '1']]) })
    assert.equal(await within(store, (tx) => tx.eraseLevels('prefix', noon + 1, 10)), 0)
    assert.equal(await within(store, erase), 1)
    assert.deepEqual(Object.keys(await allOf(store)).sort(), ['country:GB', 'prefix:44770090', 'total:'])
  })

  it('a level that is touched while those of its kind are erased stays whole', async (store) => {
    await within(store, (tx) => count(tx, ['address:1', 'address:2']))
    const keep = (tx: Transaction, scope: string) => tx.keepLevels(new Map([[scope, 'whole']]), noon + 2)
    const ends = await Promise.allSettled([
      store.transaction('read', (tx) => tx.takeLevels(['address:2'])),
      store.transaction('touched', (tx) => keep(tx, 'address:1')),
      store.transaction('failed', async (tx) => {
        await keep(tx, 'address:3')
        throw new Error('failed')
      }),
      store.transaction('erased', (tx) => tx.eraseLevels('address', noon + 1, 10)),
    ])
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
    // One that somebody reads in that moment is left for the next time.
    await within(store, (tx) => tx.eraseLevels('address', noon + 1, 10))
    const left = await within(store, (tx) => tx.takeLevels(['address:1', 'address:2', 'address:3']))
    assert.deepEqual([...left], [['address:1', 'whole']])
  })
}
