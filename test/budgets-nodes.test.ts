import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { asked, withBudgets } from './support/budgeted.ts'
import { type Answer, noon, startGateway, type TestGateway } from './support/gateway.ts'
import { startNodes } from './support/nodes.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'
import { writtenPolicy } from './support/written-policy.ts'

type Vonage = Awaited<ReturnType<typeof startVonageApart>>

const nodeAt = (nodes: TestGateway[], place: number) => nodes[place % nodes.length] as TestGateway

/** For numbers from one place on. */
function askAtOnce(nodes: TestGateway[], from: number, count: number): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => asked(nodeAt(nodes, index), from + index)))
}

for (const kind of ['prefix', 'country', 'key', 'total'] as const) {
  test(`of many who ask three nodes at once no more get a message than the budget has, by ${kind}`, async () => {
    await using vonage = await startVonageApart()
    await using cluster = await startNodes(vonage, { count: 3, env: withBudgets({ [kind]: 10 }) })
    const answers = await askAtOnce(cluster.nodes, 0, 30)
    const sent = answers.filter(({ status }) => status === 200)
    assert.deepEqual([sent.length, vonage.calls.filter(({ path }) => path === '/verify/json').length], [6, 6])
  })
}

/** Nodes that let a request against a used up budget through as long as the money of the day for so many messages lasts. */
const holdingOut = (messages: number) => ({
  count: 3,
  env: withBudgets({ prefix: 1 }, { hold_out: { share: 0.1, day: (messages * 333) / 10_000 } }),
  // The last of its digits are chance.
  overrides: { newId: () => `${randomBytes(12).toString('hex')}00000000` },
})

async function heldOut(gateway: TestGateway): Promise<number> {
  const { body } = await gateway.rest('GET', '/v1/decisions?limit=100')
  return body.decisions.filter(({ held_out }: { held_out?: boolean }) => held_out).length
}

test('of many who ask three nodes at once over a budget no more are let through than the day’s money is for', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage, holdingOut(4))
  assert.equal(gist(await asked(cluster.one, 0)), '200 pending')
  const answers = (await askAtOnce(cluster.nodes, 1, 30)).map(gist)
  assert.deepEqual(answers.toSorted(), [...Array(4).fill('200 pending'), ...Array(26).fill('403 challenge_required')])
  assert.equal(await heldOut(cluster.one), 4)
})

test('no more next messages are let through over a budget than the day’s money is for, on three nodes at once', async () => {
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage, holdingOut(8))
  await cluster.ledger.standAt(noon)
  assert.equal(gist(await asked(cluster.one, 0)), '200 pending')
  const runs = await askAtOnce(cluster.nodes, 1, 6)
  await Promise.all([vonage.pass(61), cluster.ledger.standAt(noon + 61_000)])
  const nexts = runs.map(({ body }, place) => verifying(nodeAt(cluster.nodes, place)).next(body.request_id))
  assert.deepEqual(new Set((await Promise.all(nexts)).map(gist)), new Set(['200 pending']))
  assert.equal(await heldOut(cluster.one), 8)
})

/** Those of one country wait for each other: each tells what its messages cost. */
const ofCountries = Array.from({ length: 12 }, (_, place) => {
  const range = ['44770090', '3361234', '3461234', '3161234', '4670123', '4851234'][place % 6]
  return `${range}${String(place).padStart(4, '0')}`
})

/** How many more get a message once twelve have given right codes, at once or one after the other. */
async function roomAfter(vonage: Vonage, nodes: TestGateway[], { atOnce }: { atOnce: boolean }): Promise<number> {
  const one = nodeAt(nodes, 0)
  const ids: string[] = []
  for (const number of ofCountries) ids.push(await verifying(one, number).start())
  assert.equal(gist(await asked(one, 12)), '403 challenge_required')
  const checks = ofCountries.map((number, place) => async () => {
    const code = vonage.simulator.messages(number).at(-1)?.code ?? ''
    const answer = await verifying(nodeAt(nodes, place), number).check(ids[place] ?? '', code)
    assert.equal(gist(answer), '200 verified')
  })
  if (atOnce) await Promise.all(checks.map((check) => check()))
  else for (const check of checks) await check()
  let room = 0
  while ((await asked(one, 12 + room)).status === 200) room += 1
  return room
}

test('of right codes that three nodes are given at once a budget misses none', async () => {
  const env = withBudgets({ total: 20 })
  await using vonage = await startVonageApart()
  await using cluster = await startNodes(vonage, { count: 3, env })
  await cluster.ledger.standAt(Date.now())
  const atOnce = await roomAfter(vonage, cluster.nodes, { atOnce: true })
  await using another = await startVonageApart()
  await using alone = await startGateway({ env: { ...another.env, ...env } })
  assert.deepEqual([atOnce, await roomAfter(another, [alone], { atOnce: false })], [36, 36])
})

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
