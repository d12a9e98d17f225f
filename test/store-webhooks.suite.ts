import assert from 'node:assert/strict'
import type { ClaimedDelivery, Store } from '../src/store/store.ts'
import { insert, newId, noon, within } from './support/ledger-samples.ts'

const target = 'https://example.com/hooks'
const other = 'https://example.org/hooks'

/** Writes events of one subject, a millisecond apart. */
async function tell(store: Store, howMany = 1, targets = [target]): Promise<string[]> {
  const subject = newId()
  const ids: string[] = []
  for (let sequence = 1; sequence <= howMany; sequence += 1) {
    const event = { id: `msg_${subject}_${sequence}`, type: 'verification.requested', subject, sequence }
    const told = { ...event, at: noon + sequence, payload: `{"told":${sequence}}` }
    await within(store, (tx) => tx.insertEvent(told, targets))
    ids.push(event.id)
  }
  return ids
}

function claim(store: Store, more: { now?: number; limit?: number; target?: string } = {}): Promise<ClaimedDelivery[]> {
  const { now = noon + 1000 } = more
  const wanted = { target, now, until: now + 30_000, giveUpAt: now + 86_400_000, limit: 100, ...more }
  return within(store, (tx) => tx.claimDeliveries(wanted))
}

const noNumber = { numberMask: undefined, numberSealed: undefined }

const list = (store: Store) => store.deliveries({ limit: 100 })

/** What store.ts says of webhooks; `it` opens an empty store for each. */
export function testWebhooks(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  it('a subject’s events are counted, and no number is given twice', async (store) => {
    assert.equal(await within(store, (tx) => tx.lastSequence('nobody')), 0)
    const [, second = ''] = await tell(store, 2)
    const subject = second.split('_')[1] ?? ''
    assert.equal(await within(store, (tx) => tx.lastSequence(subject)), 2)
    const again = { id: newId(), type: 'verification.failed', subject, sequence: 2, at: noon, payload: '{}' }
    await assert.rejects(within(store, (tx) => tx.insertEvent(again, [target])))
  })

  it('verifications of a run of which nothing is told are found in the order they were made', async (store) => {
    const { run, ids } = await insert(store, undefined, 3)
    const [first = '', second = '', third = ''] = ids
    await within(store, (tx) => tx.endVerification(third, 'cancelled', noon))
    const event = { id: newId(), type: 'verification.requested', subject: second, sequence: 1, at: noon, payload: '{}' }
    await within(store, (tx) => tx.insertEvent(event, [target]))
    const untold = await within(store, (tx) => tx.untold(run.id))
    assert.deepEqual(
      untold.map(({ id, state }) => [id, state]),
      [
        [first, 'pending'],
        [third, 'cancelled'],
      ],
    )
  })

  it('an event comes with what is kept of the number by now that it is about', async (store) => {
    const { run, ids } = await insert(store)
    const order = { id: newId(), caller: 'local', action: 'buy', country: 'GB', createdAt: noon } as const
    const numberSealed = Buffer.from('sealed')
    const event = { type: 'number.bought', sequence: 1, at: noon, payload: '{}' }
    await within(store, async (tx) => {
      await tx.insertOrder({ ...order, state: 'done', numberHash: newId(), numberSealed })
      for (const subject of [ids[0] ?? '', order.id]) await tx.insertEvent({ ...event, id: subject, subject }, [target])
    })
    const numbers = (told: Pick<ClaimedDelivery, 'eventId' | 'numberMask' | 'numberSealed'>[]) =>
      Object.fromEntries(told.map((each) => [each.eventId, each.numberMask ?? Buffer.from(each.numberSealed ?? [])]))
    const kept = { [ids[0] ?? '']: run.numberMask, [order.id]: numberSealed }
    assert.deepEqual(numbers(await list(store)), kept)
    assert.deepEqual(numbers(await claim(store)), kept)
    await within(store, (tx) => tx.eraseNumber(run.numberHash))
    const left = { ...kept, [ids[0] ?? '']: '**' }
    assert.deepEqual(numbers(await list(store)), left)
    assert.deepEqual(numbers(await claim(store, { now: noon + 90_000 })), left)
  })

  it('of many who take what is due at once each delivery goes to one, oldest first', async (store) => {
    const ids = await tell(store, 40)
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(store, { limit: 5 })))
    assert.deepEqual(
      claims.map(({ length }) => length),
      Array(8).fill(5),
    )
    const claimed = claims.flat()
    assert.deepEqual(claimed.map(({ eventId }) => eventId).sort(), ids.toSorted())
    const [first] = claimed.filter(({ eventId }) => eventId === ids[0])
    const times = { nextAt: noon + 31_000, giveUpAt: noon + 1000 + 86_400_000 }
    assert.deepEqual(first, { eventId: ids[0], target, attempts: 1, ...times, payload: '{"told":1}', ...noNumber })
    assert.deepEqual(await claim(store), [])
  })

  it('what is taken falls due again when nobody settles it, and is given up at the same time as before', async (store) => {
    const [id] = await tell(store)
    const [lost] = await claim(store)
    assert.ok(lost)
    assert.equal(await store.nextDeliveryAt(target), noon + 31_000)
    const [again] = await claim(store, { now: noon + 31_000 })
    assert.deepEqual([again?.eventId, again?.attempts, again?.giveUpAt], [id, 2, lost.giveUpAt])
    const late = await within(store, (tx) => tx.settleDelivery(lost, { state: 'delivered', settledAt: noon }))
    assert.equal(late, false, 'whoever was too late changes nothing')
    assert.equal((await list(store))[0]?.state, 'pending')
  })

  it('each target has its own deliveries, due at their own times', async (store) => {
    await tell(store, 1, [target, other])
    assert.deepEqual([await store.nextDeliveryAt(target), await store.nextDeliveryAt('nobody')], [noon + 1, undefined])
    const [held] = await claim(store)
    assert.ok(held)
    const outcome = { state: 'pending', nextAt: noon + 5000, lastError: 'HTTP 500' } as const
    assert.equal(await within(store, (tx) => tx.settleDelivery(held, outcome)), true)
    assert.deepEqual([await store.nextDeliveryAt(target), await store.nextDeliveryAt(other)], [noon + 5000, noon + 1])
    assert.equal((await claim(store, { target: other })).length, 1)
    assert.deepEqual(await claim(store, { now: noon + 4999 }), [])
    assert.equal((await claim(store, { now: noon + 5000 })).length, 1)
  })

  it('deliveries are listed oldest first, page by page and by state', async (store) => {
    const ids = await tell(store, 3, [target, other])
    const [held] = await claim(store, { limit: 1 })
    assert.ok(held)
    await within(store, (tx) => tx.settleDelivery(held, { state: 'dead', settledAt: noon + 9, lastError: 'HTTP 410' }))
    const [first, ...rest] = await store.deliveries({ limit: 4 })
    const listed = [...rest, ...(await store.deliveries({ after: rest.at(-1), limit: 4 }))]
    assert.deepEqual(
      [first, ...listed].map((delivery) => [delivery?.eventId, delivery?.target]),
      ids.flatMap((id) => [
        [id, target],
        [id, other],
      ]),
    )
    const event = { type: 'verification.requested', sequence: 1, at: noon + 1, payload: '{"told":1}' }
    const died = { state: 'dead', settledAt: noon + 9, lastError: 'HTTP 410' } as const
    const { nextAt, giveUpAt } = held
    const dead = { eventId: ids[0], target, attempts: 1, nextAt, giveUpAt, ...event, ...died, ...noNumber }
    assert.deepEqual(await store.deliveries({ state: 'dead', limit: 4 }), [dead])
    assert.equal((await store.deliveries({ state: 'pending', limit: 100 })).length, 5)
  })

  it('what has died, or what is named, is due again as if it were new', async (store) => {
    const [first = '', second = ''] = await tell(store, 3)
    const held = await claim(store)
    for (const each of held) {
      const state = each.eventId === second ? 'delivered' : 'dead'
      const outcome = { state, settledAt: noon, lastError: 'HTTP 500' } as const
      await within(store, (tx) => tx.settleDelivery(each, outcome))
    }
    const replay = (which: 'dead' | { eventId: string }) => within(store, (tx) => tx.replayDeliveries(which))
    assert.deepEqual([await replay({ eventId: second }), await replay({ eventId: 'none' })], [1, 0])
    assert.deepEqual(
      (await claim(store, { now: noon + 2000 })).map(({ eventId, attempts, giveUpAt }) => [
        eventId,
        attempts,
        giveUpAt,
      ]),
      [[second, 1, noon + 2000 + 86_400_000]],
    )
    assert.equal(await replay({ eventId: second }), 0, 'what is under way is left alone')
    assert.equal(await replay('dead'), 2)
    assert.deepEqual((await claim(store)).map(({ eventId }) => eventId === first).sort(), [false, true])
  })

  it('old deliveries are erased, delivered ones earlier, and events with none left', async (store) => {
    const ids = await tell(store, 4, [target, other])
    for (const each of await claim(store)) {
      await within(store, (tx) => tx.settleDelivery(each, { state: 'delivered', settledAt: noon }))
    }
    const erase = (deliveredBefore: number, allBefore: number, limit = 100) =>
      within(store, (tx) => tx.eraseDeliveries({ deliveredBefore, allBefore, limit }))
    const left = async () => (await list(store)).map(({ eventId, target: at }) => `${ids.indexOf(eventId)} ${at}`)
    assert.equal(await erase(noon + 3, noon), 2)
    assert.deepEqual(await left(), [
      `0 ${other}`,
      `1 ${other}`,
      `2 ${target}`,
      `2 ${other}`,
      `3 ${target}`,
      `3 ${other}`,
    ])
    assert.equal(await erase(noon + 9, noon + 4, 3), 3)
    assert.equal(await erase(noon + 9, noon + 4, 3), 2)
    assert.deepEqual(await left(), [`3 ${other}`])
    const subject = ids[0]?.split('_')[1] ?? ''
    assert.equal(await within(store, (tx) => tx.lastSequence(subject)), 4, 'the last event is still there')
    assert.equal(await erase(noon + 9, noon + 9), 1)
    assert.equal(await within(store, (tx) => tx.lastSequence(subject)), 0)
  })
}
