import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '../src/simulator/random.ts'
import { request } from './support/gateway.ts'
import { inRounds, pick, playRounds } from './support/rounds.ts'
import { verifying } from './support/verifying.ts'
import { vonageRecord } from './support/vonage-records.ts'
import { startOneNode, startTwoNodes, type World } from './support/worlds.ts'

const liveCaps = { TOLLGATE_SENDS_PER_NUMBER: '3/10m,5/1h,10/24h' }
const minuteMs = 60_000

interface Attack {
  start: (env: Record<string, string>) => Promise<World>
  /** How the attacker writes the number. */
  spell?: (number: string) => [string, ...string[]]
  /** What else the attacker may ask for. */
  wanted?: [object, ...object[]]
  /** Of a hundred calls to Vonage, how many never arrive, and of how many the answers are lost. */
  lost?: number
}

const brands: Attack['wanted'] = [{}, { brand: 'Umbrella' }, { brand: 'Hooli' }]
const workflows: Attack['wanted'] = [
  {},
  { workflow_id: 2 },
  { workflow_id: 4 },
  { workflow_id: 2, pin_expiry: 60, next_event_wait: 60 },
]

const attacks: Record<string, Attack> = {
  'over two nodes': { start: startTwoNodes },
  'over two nodes, as several brands': { start: startTwoNodes, wanted: brands },
  'over two nodes, with workflows of several messages': { start: startTwoNodes, wanted: workflows },
  'over two nodes, while calls to Vonage and their answers are lost': { start: startTwoNodes, lost: 15 },
  'in all spellings of the number': { start: startOneNode, spell: spellings },
  'with workflows of several messages, while calls and answers are lost': {
    start: startOneNode,
    wanted: workflows,
    lost: 15,
  },
}

function spellings(number: string): [string, ...string[]] {
  const [, country, rest = ''] = /^(44)(\d+)$/.exec(number) ?? []
  return [number, `+${number}`, `00${number}`, `+${country} ${rest.slice(0, 4)} ${rest.slice(4)}`, `(+44) ${rest}`]
}

for (const [how, attack] of Object.entries(attacks)) {
  test(`an attack on a number, ${how}, gets three messages and ten guesses in ten minutes`, inRounds, async () => {
    await using world = await attack.start(liveCaps)
    await playRounds({ usual: 1, full: 10 }, async (random, round) => {
      const number = String(447_400_000_000 + round)
      await attackFor(15 * minuteMs, { world, random, number, attack })
      await request(`${world.vonage.url}/simulator/faults`, 'DELETE')
      await assertFewGotThrough(world, number)
    })
  })
}

async function loseSome({ vonage }: World, random: Random, lost: number): Promise<void> {
  if (lost === 0) return
  for (const path of ['/verify/json', '/verify/check/json', '/verify/control/json']) {
    for (const takes_effect of [true, false]) {
      const share = { rate: lost / 100, seed: random.hex(8) }
      await request(`${vonage.url}/simulator/faults`, 'POST', {
        path,
        answer: { connection: 'cut' },
        takes_effect,
        ...share,
      })
    }
  }
}

interface Attacking {
  world: World
  random: Random
  number: string
  attack: Attack
}

/** Asks for codes, for the next ones, cancels and guesses, some at once, with whatever it has got so far. */
async function attackFor(durationMs: number, { world, random, number, attack }: Attacking): Promise<void> {
  const ids: [string, ...string[]] = [await verifying(world.nodes[0], number).start()]
  const { wanted = [{}], spell = (as) => [as], lost = 0 } = attack
  await loseSome(world, random, lost)
  const act = async (): Promise<void> => {
    const at = verifying(pick(random, world.nodes), number)
    const id = pick(random, [ids.at(-1) ?? ids[0], pick(random, ids)])
    const ask = async () => {
      const { body } = await at.request({ number: pick(random, spell(number)), ...pick(random, wanted) })
      if (body.request_id !== undefined) ids.push(body.request_id)
    }
    const guess = () => at.check(id, random.digits(6))
    const acts = [
      guess,
      guess,
      guess,
      guess,
      ask,
      ask,
      () => at.next(id),
      () => at.next(id),
      () => at.cancel(id),
    ] as const
    await pick(random, acts)()
  }
  for (let passedMs = 0; passedMs < durationMs; ) {
    await Promise.all(Array.from({ length: 6 }, act))
    const seconds = pick(random, [0, 1, 10, 31, 61])
    await world.pass(seconds)
    passedMs += seconds * 1000
  }
}

async function assertFewGotThrough(world: World, number: string): Promise<void> {
  const messages = await world.messages(number)
  const runs = new Set(messages.map(({ request_id }) => request_id))
  const records = await Promise.all([...runs].map((id) => vonageRecord(world.vonage, id)))
  const sentAt = messages.map(({ sent_at }) => Date.parse(sent_at))
  const guessedAt = records.flatMap(({ checks }) => checks.map((check) => Date.parse(`${check.date_received}Z`)))
  assert.ok(sentAt.length > 1 && guessedAt.length > 0, 'there was an attack')
  const [guesses, sent] = [mostInTenMinutes(guessedAt), mostInTenMinutes(sentAt)]
  assert.ok(guesses <= 10, `${guesses} guesses in ten minutes`)
  assert.ok(sent <= 3, `${sent} messages in ten minutes`)
}

/** Whichever ten minutes they are. */
function mostInTenMinutes(times: number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 10 * minuteMs).length))
}
