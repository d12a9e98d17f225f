import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asked, numberAt, withBudgets } from './support/budgeted.ts'
import type { TestGateway } from './support/gateway.ts'
import { startNodes } from './support/nodes.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { writtenPolicy } from './support/written-policy.ts'

for (const kind of ['prefix', 'country', 'key', 'total'] as const) {
  test(`of many who ask three nodes at once no more get a message than the budget has, by ${kind}`, async () => {
    await using vonage = await startVonageApart()
    await using cluster = await startNodes(vonage, { count: 3, env: withBudgets({ [kind]: 10 }) })
    const places = Array.from({ length: 30 }, (_, place) => place)
    const answers = await Promise.all(
      places.map((place) => verifying(cluster.nodes[place % 3] as TestGateway, numberAt(place)).request()),
    )
    const sent = answers.filter(({ status }) => status === 200)
    assert.deepEqual([sent.length, vonage.calls.filter(({ path }) => path === '/verify/json').length], [6, 6])
  })
}

test('nobody has to give way where many ask three nodes at once, from an address that is new', async () => {
  await using vonage = await startVonageApart()
  const env = { TOLLGATE_POLICY: writtenPolicy('mode: record') }
  await using cluster = await startNodes(vonage, { count: 3, env })
  for (let round = 0; round < 12; round += 1) {
    const context = { ip: `198.51.100.${round}` }
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, place) =>
        asked(cluster.nodes[place % 3] as TestGateway, 12 * round + place, { context }),
      ),
    )
    assert.deepEqual(new Set(answers.map(gist)), new Set(['200 pending']))
  }
})
