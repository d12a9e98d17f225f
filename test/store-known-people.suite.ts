import assert from 'node:assert/strict'
import type { Store } from '../src/store/store.ts'
import { newId, noon, someDecision, within } from './support/ledger-samples.ts'

const dayMs = 86_400_000

/** What store.ts says of known people; `it` opens an empty store for each. */
export function testKnownPeople(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  const pair = { numberHash: newId(), accountHash: newId() }
  const know = async (store: Store, at: number, who = pair) => {
    const decision = someDecision({ ...who, answer: 'allow' })
    await within(store, (tx) => tx.insertDecision(decision))
    await within(store, (tx) => tx.knowPair(decision.id, at))
  }
  const take = (store: Store, at: number) => within(store, (tx) => tx.takeLane(pair, at))

  it('a pair has a lane from a day after it was verified, to 90 days after it was the last time', async (store) => {
    assert.equal(await store.hasLane(pair, noon), false)
    await know(store, noon)
    const found = async (...days: number[]) => Promise.all(days.map((day) => store.hasLane(pair, noon + day * dayMs)))
    assert.deepEqual(await found(0, 1 - 1 / dayMs, 1, 90, 90 + 1 / dayMs), [false, false, true, true, false])
    await know(store, noon + 60 * dayMs)
    assert.deepEqual(await found(60, 150, 151), [true, true, false])
    await know(store, noon + 200 * dayMs)
    assert.deepEqual(await found(200, 201), [false, true], 'anew after so long a time')
    assert.equal(await store.hasLane({ ...pair, accountHash: newId() }, noon + 201 * dayMs), false)
  })

  it('a lane has room until two messages led to nothing, and then again when the pair is verified', async (store) => {
    await know(store, noon)
    const at = noon + 2 * dayMs
    assert.deepEqual(
      [await take(store, at), await take(store, at + 1), await take(store, at + dayMs)],
      [true, true, false],
    )
    await know(store, at + dayMs)
    assert.equal(await take(store, at + dayMs), true)
  })

  it('a lane has room for four messages a day', async (store) => {
    await know(store, noon)
    const at = noon + 2 * dayMs
    for (let sends = 0; sends < 4; sends += 1) {
      assert.equal(await take(store, at), true)
      await know(store, at)
    }
    assert.deepEqual([await take(store, at), await store.hasLane(pair, at)], [false, false])
    assert.equal(await take(store, at + dayMs), true)
  })

  it('a lane is not taken by more at once than it has room for', async (store) => {
    await know(store, noon)
    const taken = await Promise.all(Array.from({ length: 10 }, () => take(store, noon + dayMs)))
    assert.equal(taken.filter((had) => had).length, 2)
  })

  it('what did not go out is taken back', async (store) => {
    await know(store, noon)
    const decision = someDecision({ ...pair, inLane: true })
    const other = someDecision({ ...pair, inLane: false })
    for (const each of [decision, other]) await within(store, (tx) => tx.insertDecision(each))
    const at = noon + dayMs
    await take(store, at)
    await take(store, at)
    await within(store, (tx) => tx.returnLane(other.id))
    assert.equal(await store.hasLane(pair, at), false)
    await within(store, (tx) => tx.returnLane(decision.id))
    assert.equal(await store.hasLane(pair, at), true)
  })

  it('a verification of which no account is told makes nobody known', async (store) => {
    const decision = someDecision({ ...pair, accountHash: undefined })
    await within(store, (tx) => tx.insertDecision(decision))
    await within(store, (tx) => tx.knowPair(decision.id, noon))
    await within(store, (tx) => tx.knowPair(newId(), noon))
    assert.equal(await store.hasLane(pair, noon + dayMs), false)
  })

  it('pairs are erased by their last time, and with the number that is forgotten', async (store) => {
    await know(store, noon)
    const erase = (until: number) => within(store, (tx) => tx.erasePairs(until, 10))
    assert.deepEqual([await erase(noon - 1), await erase(noon), await erase(noon)], [0, 1, 0])
    await know(store, noon)
    await within(store, (tx) => tx.eraseNumber(pair.numberHash))
    assert.equal(await store.hasLane(pair, noon + dayMs), false)
  })
}
