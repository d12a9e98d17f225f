import assert from 'node:assert/strict'
import type { Alert, Decision, DecisionQuery, Store } from '../src/store/store.ts'
import { newId, noon, someDecision, someRun, someVerification, within } from './support/ledger-samples.ts'

/** What store.ts says of decisions; `it` opens an empty store for each. */
export function testDecisions(it: (behaviour: string, check: (store: Store) => Promise<void>) => void): void {
  const insert = async (store: Store, ...decisions: Decision[]) => {
    for (const decision of decisions) await within(store, (tx) => tx.insertDecision(decision))
  }
  const ids = async (store: Store, query: Partial<DecisionQuery> = {}) =>
    (await store.decisions({ limit: 10, ...query })).map(({ id }) => id)

  it('a decision is read as it was written, with nothing where there is nothing', async (store) => {
    const whole = someDecision({ at: noon + 1 })
    const noHashes = { ipHash: undefined, sessionHash: undefined, accountHash: undefined, deviceHash: undefined }
    const noWords = { verificationId: undefined, country: undefined, rule: undefined, would: undefined }
    const nothing = { ...noHashes, ...noWords, numberHash: undefined }
    const bare = someDecision({ ...nothing, observed: undefined, bound: undefined, answer: 'allow', kind: 'next' })
    await insert(store, bare, whole)
    assert.deepEqual(await store.decisions({ limit: 10 }), [
      { ...whole, state: undefined },
      { ...bare, state: undefined },
    ])
  })

  it('decisions are listed from the newest on, page after page', async (store) => {
    const decisions = [noon, noon + 1, noon + 1, noon + 2].map((at) => someDecision({ at }))
    await insert(store, ...decisions)
    const expected = decisions.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map(({ id }) => id)
    const [, second] = await store.decisions({ limit: 2 })
    const before = second && { createdAt: second.at, id: second.id }
    assert.deepEqual([...(await ids(store, { limit: 2 })), ...(await ids(store, { before }))], expected)
  })

  it('decisions are chosen by each of what they hold', async (store) => {
    const one = someDecision()
    const other = someDecision({ at: noon + 10, caller: 'app', country: undefined, prefix: '3361234', answer: 'allow' })
    const bare = { ...other, id: newId(), at: noon + 20, rule: undefined }
    await insert(store, one, other, bare)
    const queries: [query: Partial<DecisionQuery>, found: Decision[]][] = [
      [{}, [bare, other, one]],
      [{ answer: 'block' }, [one]],
      [{ rule: 'guesses' }, [other, one]],
      [{ country: 'GB' }, [one]],
      [{ prefix: '4' }, [one]],
      [{ prefix: '3361234' }, [bare, other]],
      [{ prefix: '33612345' }, []],
      [{ caller: 'app', since: noon + 11 }, [bare]],
      [{ until: noon + 10 }, [one]],
      [{ since: noon, until: noon + 20 }, [other, one]],
    ]
    for (const [query, found] of queries)
      assert.deepEqual(
        await ids(store, query),
        found.map(({ id }) => id),
        JSON.stringify(query),
      )
  })

  it('conversion is told of messages, by each group, the largest first', async (store) => {
    const send = async (more: Partial<Decision>, state: 'pending' | 'verified', sharing?: 'verified') => {
      const run = someRun({ state: 'running', numberHash: newId() })
      const own = someVerification(run)
      await within(store, async (tx) => {
        await tx.insertRun(run)
        await tx.insertVerification(own)
        if (state === 'verified') await tx.endVerification(own.id, 'verified', noon)
        if (sharing) {
          const shared = someVerification(run)
          await tx.insertVerification(shared)
          await tx.endVerification(shared.id, sharing, noon)
        }
        await tx.insertDecision(someDecision({ id: own.id, verificationId: own.id, answer: 'allow', ...more }))
      })
    }
    await send({}, 'verified')
    await send({}, 'pending', 'verified')
    await send({ at: noon + 3_600_000, caller: 'app' }, 'pending')
    await send({ country: undefined, prefix: '88' }, 'verified')
    await insert(store, someDecision(), someDecision({ messages: 0 }), someDecision({ kind: 'next' }))
    const hours = { since: 0, until: noon + 3_600_001, limit: 10 }
    assert.deepEqual(await store.conversion({ by: 'country', ...hours }), [
      { name: 'GB', requested: 3, verified: 2, pending: 2 },
      { name: '', requested: 1, verified: 1, pending: 0 },
    ])
    assert.deepEqual(await store.conversion({ by: 'prefix', ...hours, limit: 1 }), [
      { name: '44770090', requested: 3, verified: 2, pending: 2 },
    ])
    const named = async (by: 'caller' | 'hour', more = {}) =>
      (await store.conversion({ by, ...hours, ...more })).map(({ name, requested }) => [name, requested])
    assert.deepEqual(await named('caller'), [
      ['shop', 3],
      ['app', 1],
    ])
    assert.deepEqual(await named('hour'), [
      [String(noon), 3],
      [String(noon + 3_600_000), 1],
    ])
    assert.deepEqual(await named('hour', { since: noon + 1 }), [[String(noon + 3_600_000), 1]])
    assert.deepEqual(await named('hour', { until: noon }), [])
    assert.deepEqual(await named('hour', { country: 'GB' }), [
      [String(noon), 2],
      [String(noon + 3_600_000), 1],
    ])
    assert.deepEqual(await named('hour', { caller: 'app' }), [[String(noon + 3_600_000), 1]])
    assert.deepEqual(await named('hour', { prefix: '8' }), [[String(noon), 1]])
    assert.deepEqual(await named('hour', { country: 'GB', prefix: '8' }), [])
  })

  it('what is kept no longer is erased, the oldest first and so many at once', async (store) => {
    const decisions = [noon, noon + 1, noon + 2].map((at) => someDecision({ at }))
    await insert(store, ...decisions)
    assert.equal(await within(store, (tx) => tx.eraseDecidedNumbers(noon + 1, 1)), 1)
    const hashes = async () => (await store.decisions({ limit: 10 })).map(({ numberHash }) => numberHash !== undefined)
    assert.deepEqual(await hashes(), [true, true, false])
    assert.equal(await within(store, (tx) => tx.eraseDecidedNumbers(noon + 1, 10)), 1)
    assert.equal(await within(store, (tx) => tx.eraseDecisions(noon + 1, 1)), 1)
    assert.deepEqual(await ids(store), [decisions[2]?.id, decisions[1]?.id])
    assert.equal(await within(store, (tx) => tx.eraseDecisions(noon + 1, 10)), 1)
    assert.deepEqual(await hashes(), [true])
  })

  it('an alert is news once an hour, and sooner where it is worse, however many nodes raise it', async (store) => {
    const raise = (level: Alert['level'], at: number, name = 'GB') => {
      const found = { requested: 20, verified: 1, pending: 0, since: noon, until: noon }
      return within(store, (tx) => tx.raiseAlert({ ...found, id: newId(), by: 'country', name, level, at }))
    }
    const news = await Promise.all(Array.from({ length: 3 }, () => raise('warn', noon)))
    assert.equal(news.filter((isNews) => isNews).length, 1)
    assert.equal(await raise('warn', noon, 'FR'), true)
    assert.deepEqual([await raise('act', noon + 1), await raise('alert', noon + 2)], [true, false])
    assert.deepEqual([await raise('warn', noon + 3_600_000), await raise('warn', noon + 3_600_001)], [false, true])
  })

  it('a challenge token is used once, and known until it would have expired', async (store) => {
    const use = (id: string) => within(store, (tx) => tx.useChallenge(id, noon + 1000))
    const id = newId()
    const used = await Promise.all(Array.from({ length: 5 }, () => use(id)))
    assert.equal(used.filter((isFirst) => isFirst).length, 1)
    assert.equal(await use(newId()), true)
    const erase = (expiredBy: number) => within(store, (tx) => tx.eraseChallenges(expiredBy, 1))
    assert.deepEqual([await erase(noon + 999), await erase(noon + 1000), await erase(noon + 1000)], [0, 1, 1])
    assert.equal(await use(id), true)
  })

  it('of a number that is forgotten no decision keeps the hash', async (store) => {
    const [one, other] = [someDecision(), someDecision({ at: noon + 1 })]
    await insert(store, one, other)
    await within(store, (tx) => tx.eraseNumber(one.numberHash ?? ''))
    const found = await store.decisions({ limit: 10 })
    assert.deepEqual(
      found.map(
        ({ numberHash, ipHash, sessionHash, accountHash, deviceHash }) =>
          [numberHash, ipHash, sessionHash, accountHash, deviceHash].filter((hash) => hash !== undefined).length,
      ),
      [5, 0],
    )
  })
}
