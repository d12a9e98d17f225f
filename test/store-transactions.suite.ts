import assert from 'node:assert/strict'
import type { Run, Store, Transaction } from '../src/store/store.ts'
import { together } from '../src/together.ts'
import { insert, messagesAt, noon, someRun, within } from './support/ledger-samples.ts'

/** What store.ts says of transactions; `it` opens an empty store for each. */
export function testTransactions(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('a transaction that throws has changed nothing, and the next one works', async (store) => {
    const { run, ids } = await insert(store)
    const broken = store.transaction('test', async (tx) => {
      await tx.endVerification(ids[0] ?? '', 'verified', noon)
      await tx.endRun(run.id, noon)
      await tx.insertSends(run.numberHash, run.id, messagesAt(noon))
      throw new Error('broken')
    })
    await assert.rejects(broken, /broken/)
    assert.deepEqual([(await store.run(run.id))?.state, (await store.pendingOn(run.id)).length], ['running', 1])
    assert.deepEqual(await within(store, (tx) => tx.sendsTo(run.numberHash, 0)), [])
  })

  it('of what a transaction begins together nothing goes on after one of it has failed', async (store) => {
    const run = someRun()
    const keptLater = async (tx: Transaction) => {
      for (let reads = 0; reads < 20; reads += 1) await tx.run(run.id).catch(() => {})
      await tx.keepPace('later', 'kept').catch(() => {})
    }
    const twice = store.transaction('test', (tx) => together(tx.insertRun(run), tx.insertRun(run), keptLater(tx)))
    await assert.rejects(twice, /unique/i)
    const after = async (tx: Transaction) => [await tx.run(run.id), await tx.pace('later')]
    assert.deepEqual(await within(store, after), [undefined, undefined])
  })

  it('transactions do not mix, and nobody else sees half of one', async (store) => {
    const { run } = await insert(store)
    let seen: Run | undefined
    let quick: Promise<Run | undefined> | undefined
    const order: string[] = []
    await store.transaction('test', async (tx) => {
      await tx.updateRun(run.id, { state: 'unknown' })
      quick = store.transaction('test', async (other) => {
        order.push('quick')
        return other.run(run.id)
      })
      seen = await store.run(run.id)
      await new Promise(setImmediate)
      order.push('slow')
    })
    assert.equal(seen?.state, 'running')
    assert.equal((await quick)?.state, 'unknown')
    assert.deepEqual(order, ['slow', 'quick'])
  })
}
