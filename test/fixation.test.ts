import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../src/simulator/random.ts'
import { request } from './support/gateway.ts'
import { readers } from './support/readers.ts'
import { ReadingBooks } from './support/reading-books.ts'
import { inRounds, pick, playRounds } from './support/rounds.ts'
import { SharedNumber } from './support/shared-number.ts'
import { vonageRecord } from './support/vonage-records.ts'
import { startReceiver } from './support/webhooks.ts'
import { startTwoNodes, type World } from './support/worlds.ts'

const gamesAtOnce = 25
const steps = 6

const checkPath = '/verify/check/json'
const cut = { connection: 'cut' }

/** What goes wrong at Vonage in a step. */
const faults = {
  nothing: [],
  'answers to checks are lost': [{ path: checkPath, answer: cut, takes_effect: true, times: 5 }],
  'checks never arrive': [{ path: checkPath, answer: cut, times: 3 }],
  'answers are lost, and the record is not to be had': [
    { path: checkPath, answer: cut, takes_effect: true, times: 5 },
    { path: '/verify/search/json', answer: { http: 500 }, times: 10 },
  ],
  'answers to requests are lost': [{ path: '/verify/json', answer: cut, takes_effect: true, times: 2 }],
  'answers to commands are lost': [{ path: '/verify/control/json', answer: cut, takes_effect: true, times: 3 }],
  'checks arrive after they were given up': [
    { path: checkPath, answer: cut, effect_after_seconds: 70, rate: 0.5 },
    { path: checkPath, answer: cut, takes_effect: true, rate: 0.2 },
  ],
}
const late = faults['checks arrive after they were given up']
const often = Object.values(faults).filter((each) => each !== late)

test(
  'of those who ask for one number none is verified but who gives the code, whoever does what on which node',
  inRounds,
  async () => {
    await using receiver = await startReceiver()
    await using world = await startTwoNodes({ TOLLGATE_MCP_TOOLS: 'all', ...receiver.env })
    const books = new ReadingBooks()
    await playRounds({ usual: 2, full: 40 }, async (random, round) => {
      const games = Array.from({ length: gamesAtOnce }, (_, index) => {
        const number = String(447_400_000_000 + round * gamesAtOnce + index)
        return new SharedNumber({ world, random: new Random(random.hex(16), number), books, number })
      })
      const isLate = random.below(4) === 0
      await Promise.all(games.map((game) => Promise.all([game.ask('victim'), game.ask('attacker')])))
      for (let count = 0; count < steps; count += 1) {
        const planned = isLate ? late : pick(random, [faults.nothing, faults.nothing, ...often])
        await plan(world, planned)
        const reader = pick(random, [readers.GET, ...Object.values(readers)])
        const ids = games.slice(0, 3).flatMap((game) => game.ids)
        books.hear(receiver.heard.splice(0))
        await Promise.all([
          ...games.map((game) => game.play()),
          reader(pick(random, world.nodes), ids).then((answer) => books.judge(answer)),
        ])
        // While a check is open each further one waits for two real seconds.
        await world.pass(pick(random, planned === faults.nothing ? [0, 0, 5, 31, 61] : [0, 61, 70, 70]))
      }
      await plan(world, faults.nothing)
      await settle(world, games)
      if (!isLate) for (const game of games) await assertRightCodesCount(world, game, books)
      await verifyOwners(world, games, books)
      for (const [name, read] of Object.entries(readers)) {
        const ids = games.slice(name === 'GET' ? 0 : -3).flatMap((game) => game.ids)
        books.judgeLater(await read(pick(random, world.nodes), ids), name)
      }
    })
    books.hear(receiver.heard)
    assert.ok(books.heard.size > 0)
  },
)

async function plan({ vonage }: World, planned: object[]): Promise<void> {
  await request(`${vonage.url}/simulator/faults`, 'DELETE')
  for (const fault of planned) {
    const { status, body } = await request(`${vonage.url}/simulator/faults`, 'POST', fault)
    assert.equal(status, 200, JSON.stringify(body))
  }
}

const stateOf = async (world: World, id: string): Promise<string> =>
  (await world.nodes[0].rest('GET', `/v1/verifications/${id}`)).body.state

/** What became of checks without an answer is known after a minute; giving the code once more looks it up. */
async function settle(world: World, games: SharedNumber[]): Promise<void> {
  await world.pass(70)
  for (const game of games) {
    for (const id of game.sessions.victim) if ((await stateOf(world, id)) === 'pending') await game.giveCode(id)
  }
}

/** Where Vonage found a code right, one who gave it is verified, unless it was cancelled at that moment. */
async function assertRightCodesCount(
  world: World,
  { number, ids, cancelled }: SharedNumber,
  { givers }: ReadingBooks,
): Promise<void> {
  const runs = new Set((await world.messages(number)).map(({ request_id }) => request_id))
  const records = await Promise.all([...runs].map((id) => vonageRecord(world.vonage, id)))
  const right = records.filter(({ status }) => status === 'SUCCESS').length
  const states = await Promise.all(ids.map(async (id) => ({ id, state: await stateOf(world, id) })))
  const verified = states.filter(({ state }) => state === 'verified').length
  const wasCancelled = (id: string) => cancelled.has(id) && givers.has(id)
  const excused = states.filter(({ id, state }) => state === 'cancelled' && wasCancelled(id)).length
  assert.ok(verified <= right && verified + excused >= right, `${number}: ${right} right, ${JSON.stringify(states)}`)
}

/** When all that was is over, who gives the code is verified, with an attacker on the same message. */
async function verifyOwners(world: World, games: SharedNumber[], books: ReadingBooks): Promise<void> {
  await world.pass(310)
  await Promise.all(
    games.map(async (game) => {
      await game.ask('attacker')
      await game.ask('victim')
      await game.guess()
      const id = game.sessions.victim.at(-1) ?? ''
      await game.giveCode(id)
      assert.ok(books.told.has(id), `${game.number} is verified`)
    }),
  )
}
