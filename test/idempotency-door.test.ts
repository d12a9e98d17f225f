import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod'
import { localCaller } from '../src/access/caller.ts'
import { SimulatedClock } from '../src/clock.ts'
import { GatewayError } from '../src/errors.ts'
import { createIdempotency, type Idempotency, type Repeats } from '../src/idempotency.ts'
import { type AnyOperation, type Context, execute } from '../src/operation.ts'
import { DataKeys } from '../src/privacy.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { someFolder } from './support/folder.ts'
import { newId, noon } from './support/ledger-samples.ts'
import { ownOperation } from './support/own-operation.ts'

/** Only the door: operations of a test use no other service. */
class DoorOnly implements Context {
  readonly caller
  readonly surface = 'rest'
  readonly repeats
  readonly idempotency
  constructor(idempotency: Idempotency, caller: string, repeats?: Repeats) {
    this.idempotency = idempotency
    this.caller = { ...localCaller, id: caller }
    this.repeats = repeats
  }
  get verifications(): never {
    throw new Error('operations of a test have no services')
  }
  get decisions(): never {
    throw new Error('operations of a test have no services')
  }
  get approvals(): never {
    throw new Error('operations of a test have no services')
  }
  get numbers(): never {
    throw new Error('operations of a test have no services')
  }
}

function openDoor() {
  const folder = someFolder()
  const store = openSqlite({ path: join(folder.path, 'ledger.db'), mode: 'sandbox', keyCheck: 'keys' })
  const clock = new SimulatedClock({ standsAt: noon })
  const keys = new DataKeys(DataKeys.generate())
  const idempotency = createIdempotency({ store, keys, clock, newId })
  return {
    clock,
    call(of: AnyOperation, caller: string, key: string, input: object = {}): Promise<unknown> {
      return execute(of, input, new DoorOnly(idempotency, caller, { key, onReplay: () => {} }))
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      folder[Symbol.dispose]()
    },
  }
}

const definition = {
  name: 'count',
  title: 'Count',
  description: 'Counts.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  scope: 'verify',
  rest: { method: 'POST', path: '/v1/count' },
  tool: 'opt-in',
  input: z.strictObject({}),
  output: z.looseObject({ count: z.int(), token: z.string().optional() }),
  problems: [],
} as const

test('one key of two callers is two keys', async () => {
  await using door = openDoor()
  let count = 0
  const counting = ownOperation({ ...definition, run: async () => ({ count: ++count }) })
  const answers = []
  for (const caller of ['one', 'two', 'one', 'two']) answers.push(await door.call(counting, caller, 'k'))
  assert.deepEqual(answers, [{ count: 1 }, { count: 2 }, { count: 1 }, { count: 2 }])
})

test('what must not be stored is made anew for each repeat', async () => {
  await using door = openDoor()
  let made = 0
  const token = () => `token ${++made}`
  const seen: unknown[] = []
  const signing = ownOperation({
    ...definition,
    output: z.strictObject({ count: z.int(), token: z.string() }),
    unstored: {
      members: ['token'],
      async renew(stored, { caller }) {
        seen.push([stored, caller.id])
        return { token: token() }
      },
    },
    run: async () => ({ count: 1, token: token() }),
  })
  assert.deepEqual(await door.call(signing, 'me', 'k'), { count: 1, token: 'token 1' })
  assert.deepEqual(await door.call(signing, 'me', 'k'), { count: 1, token: 'token 2' })
  assert.deepEqual(seen, [[{ count: 1 }, 'me']])
})

test('a fault of our own is no answer: the call runs again, under the same id', async () => {
  await using door = openDoor()
  const ids: unknown[] = []
  const failing = ownOperation({
    ...definition,
    async run(_input, { intentId }) {
      ids.push(intentId)
      if (ids.length === 1) throw new TypeError('broken')
      return { count: ids.length }
    },
  })
  await assert.rejects(door.call(failing, 'me', 'k'), TypeError)
  assert.deepEqual(await door.call(failing, 'me', 'k'), { count: 2 })
  assert.deepEqual(await door.call(failing, 'me', 'k'), { count: 2 })
  assert.match(String(ids[0]), /^[0-9a-f]{32}$/)
  assert.equal(ids[0], ids[1])
})

const isRunning = (error: unknown) => error instanceof GatewayError && error.code === 'request_in_progress'

test('a call that has not come back in five minutes is taken for dead, and what it says later is not stored', async () => {
  await using door = openDoor()
  const slow = Promise.withResolvers<void>()
  let count = 0
  const hanging = ownOperation({
    ...definition,
    async run() {
      const mine = ++count
      if (mine === 1) await slow.promise
      return { count: mine }
    },
  })
  const first = door.call(hanging, 'me', 'k')
  await door.clock.advance(299)
  await assert.rejects(door.call(hanging, 'me', 'k'), isRunning)
  await door.clock.advance(1)
  assert.deepEqual(await door.call(hanging, 'me', 'k'), { count: 2 })
  slow.resolve()
  assert.deepEqual(await first, { count: 1 })
  assert.deepEqual(await door.call(hanging, 'me', 'k'), { count: 2 })
})
