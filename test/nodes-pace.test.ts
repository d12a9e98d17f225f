import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noon } from './support/gateway.ts'
import { startNodes } from './support/nodes.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

const number = (index: number) => String(447_700_900_200 + index)

test('nodes keep the rate of their account together, by the clock of their database', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage, { env: { TOLLGATE_UPSTREAM_RPS: '30', TOLLGATE_NUMBERS_RPS: '1' } })
  const { one, other } = cluster
  await cluster.ledger.standAt(noon)
  const asked = Array.from({ length: 40 }, (_, index) => verifying(index % 2 ? one : other, number(index)).request())
  const listed = [one, other].map((node) => node.rest('GET', '/v1/numbers'))
  const answers = await Promise.all([...asked, ...listed])
  const throttled = answers.filter(({ body }) => body.code === 'upstream_throttled')
  assert.deepEqual([throttled.length, vonage.calls.length], [11, 31], 'no second has come, so no more may go out')
  await cluster.ledger.standAt(noon + 1100)
  assert.equal((await verifying(one, number(0)).request()).status, 200)
})

test('a check goes before the sends that wait on another node', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage, { env: { TOLLGATE_UPSTREAM_RPS: '4' } })
  const { one, other } = cluster
  const id = await verifying(one, number(0)).start()
  const sends = Array.from({ length: 16 }, (_, index) => verifying(other, number(index + 1)).request())
  await new Promise<void>((resolve) => {
    const isFull = () => (vonage.calls.length >= 4 ? resolve() : setImmediate(isFull))
    isFull()
  })
  assert.equal(gist(await verifying(one, number(0)).checkRight(id)), '200 verified')
  const sentBefore = vonage.calls.findIndex(({ path }) => path === '/verify/check/json')
  assert.ok(sentBefore <= 8, `${sentBefore} calls went before the check`)
  await Promise.all(sends)
})
