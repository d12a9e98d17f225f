import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNodes } from './support/nodes.ts'
import { query } from './support/postgres.ts'
import { tollgate } from './support/serving.ts'
import { verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { startReceiver } from './support/webhooks.ts'

/** Waits until so many deliveries are of this kind. */
async function until(database: string, kind: string, count: number): Promise<void> {
  const found = () => query(database, `select 1 from webhook_deliveries where ${kind}`)
  while ((await found()).length < count) await new Promise(setImmediate)
}

test('two nodes share what is to be told: each webhook is sent once, also when both try again at the same time', async () => {
  await using vonage = await startVonageApart()
  await using receiver = await startReceiver()
  await using cluster = await startNodes(vonage, { env: receiver.env })
  const { one, other, ledger } = cluster
  receiver.answer(() => ({ status: 500 }))
  const numbers = Array.from({ length: 20 }, (_, index) => `4477009001${10 + index}`)
  const ids = await Promise.all(
    numbers.map((number, index) => verifying(index % 2 === 0 ? one : other, number).start()),
  )
  await until(ledger.databaseUrl, `last_error = 'HTTP 500'`, ids.length)

  const taken: string[] = []
  receiver.answer(({ id }) => {
    taken.push(id)
    return { status: 200 }
  })
  await ledger.pass(20_000)
  const [first = '', second = ''] = ids
  await Promise.all([verifying(one, numbers[0]).cancel(first), verifying(other, numbers[1]).cancel(second)])
  await until(ledger.databaseUrl, `state = 'delivered'`, ids.length + 2)
  const told = [...ids.map((id) => `msg_${id}_1`), `msg_${first}_2`, `msg_${second}_2`]
  assert.deepEqual(taken.toSorted(), told.toSorted())
  assert.deepEqual(receiver.faults, [])

  const { stdout } = await tollgate(['webhooks', 'list', '--state', 'delivered'], { DATABASE_URL: ledger.databaseUrl })
  assert.equal(stdout.trimEnd().split('\n').length, 22)
})

test('what a node that has died had under way is sent by another', async () => {
  await using vonage = await startVonageApart()
  await using receiver = await startReceiver()
  receiver.answer(() => 'never')
  await using cluster = await startNodes(vonage, { env: receiver.env, overrides: { patienceMs: 100 } })
  const { one, other, ledger } = cluster
  const id = await verifying(one).start()
  while (receiver.heard.length === 0) await new Promise(setImmediate)

  receiver.answer(() => ({ status: 200 }))
  // As if whoever has it were gone: the lease runs out before there is an answer.
  await ledger.pass(31_000)
  await verifying(other, '447700900124').start()
  await until(ledger.databaseUrl, `state = 'delivered'`, 2)
  assert.deepEqual(receiver.of(id), ['1 requested', '1 requested'])
})
