import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '../src/simulator/random.ts'
import { type Answer, request } from './support/gateway.ts'
import { loseAnswer } from './support/lose-answer.ts'
import { inRounds, pick, playRounds } from './support/rounds.ts'
import { gist, verifying } from './support/verifying.ts'
import { checksOf, type VonageRecord, vonageRecord } from './support/vonage-records.ts'
import { startTwoNodes, type World } from './support/worlds.ts'

const guessesAtOnce = 50
const triesOfRun = 3

/** What a guess may be answered with. */
const expected = new Set([
  '200 verified',
  '400 wrong_code',
  '409 already_verified',
  '409 check_in_progress',
  '410 attempts_exhausted',
  '410 verification_superseded',
])

test(
  'of fifty guesses at once over two nodes three at most are evaluated and one at most is right',
  inRounds,
  async () => {
    await using world = await startTwoNodes()
    await playRounds({ usual: 15, full: 1000, atOnce: 2 }, (random, round) =>
      guessAtOnce(world, random, String(447_400_000_000 + round)),
    )
  },
)

interface Guess {
  id: string
  code: string
}

async function guessAtOnce({ vonage, nodes, messages }: World, random: Random, number: string): Promise<void> {
  const somewhere = () => verifying(pick(random, nodes), number)
  const ids: [string, ...string[]] = [await somewhere().start()]
  for (let more = random.below(3); more > 0; more -= 1) ids.push(await somewhere().start())
  const [{ code: right = '', request_id: runId = '' } = {}] = await messages(number)
  const lost = pick(random, [0, 0, 0, 1, 2])
  for (let count = 0; count < lost; count += 1) await loseAnswer(vonage.url, '/verify/check/json')

  const guessed = await Promise.all(
    makeGuesses(random, ids, right).map(async ({ id, code }) => ({
      id,
      code,
      answer: await somewhere().check(id, code),
    })),
  )

  await request(`${vonage.url}/simulator/faults`, 'DELETE')
  const came = checksOf(vonage, runId)
  const { checks } = await vonageRecord(vonage, runId)
  assert.ok(came.length <= triesOfRun, `${came.length} guesses came to Vonage`)
  assert.equal(checks.length, came.length, 'none comes to Vonage that it would not compare')
  const others = guessed.map(({ answer }) => gist(answer)).filter((each) => !expected.has(each))
  assert.deepEqual(others, [])
  const sessions = await Promise.all(ids.map(async (id) => (await somewhere().look(id)).body))
  assertOneSucceeds(guessed, sessions, checks)
  assertTriesAddUp(guessed, sessions, { checks, hasLostAnswers: came.some(({ httpStatus }) => httpStatus === 0) })
}

/** Each wrong code is given once, so that Vonage's record tells with which session it came. */
function makeGuesses(random: Random, ids: [string, ...string[]], right: string): Guess[] {
  const rights = pick(random, [0, 1, 1, 2, 5, 25])
  const codes = new Set<string>()
  while (codes.size < guessesAtOnce - rights) {
    const code = random.digits(right.length)
    if (code !== right) codes.add(code)
  }
  const guesses = [...codes].map((code) => ({ id: pick(random, ids), code }))
  for (let count = 0; count < rights; count += 1) {
    guesses.splice(random.below(guesses.length + 1), 0, { id: pick(random, ids), code: right })
  }
  return guesses
}

type Guessed = Guess & { answer: Answer }
/** A session as it is read afterwards. */
type Session = Answer['body']
type Checks = VonageRecord['checks']

/** A session with which the code was given that Vonage found right is verified and told so once, and no other is. */
function assertOneSucceeds(guessed: Guessed[], sessions: Session[], checks: Checks): void {
  const right = checks.find(({ status }) => status === 'VALID')?.code
  const successes = guessed.filter(({ answer }) => answer.status === 200)
  const told = new Set(successes.map(({ answer }) => answer.body.request_id))
  const verified = sessions.filter(({ state }) => state === 'verified').map(({ request_id }) => request_id)
  assert.equal(verified.length, right === undefined ? 0 : 1, 'as many are verified as codes were right')
  assert.deepEqual([...told], verified)
  assert.ok(successes.filter(({ answer }) => !answer.body.reconciled).length <= 1)
  for (const id of verified) assert.ok(guessed.some((guess) => guess.id === id && guess.code === right))
}

/** Follows the wrong codes in the order in which Vonage compared them: each answer tells what is left, and so do the sessions. */
function assertTriesAddUp(
  guessed: Guessed[],
  sessions: Session[],
  { checks, hasLostAnswers }: { checks: Checks; hasLostAnswers: boolean },
): void {
  const tries = new Map<string, number>(sessions.map(({ request_id }) => [request_id, 0]))
  const wrong = checks.filter(({ status }) => status === 'INVALID')
  const left = (id: string, triesSoFar: number) => {
    const limit = tries.size > 1 ? triesOfRun - 1 : triesOfRun
    return Math.min(limit - (tries.get(id) ?? limit), triesOfRun - triesSoFar)
  }
  for (const [index, { code }] of wrong.entries()) {
    const guess = guessed.find((each) => each.code === code)
    assert.ok(guess && tries.has(guess.id), 'who has no try left is not heard')
    tries.set(guess.id, (tries.get(guess.id) ?? 0) + 1)
    const now = left(guess.id, index + 1)
    if (now === 0) tries.delete(guess.id)
    // An answer that was lost is made up later, when others may have guessed too.
    if (!hasLostAnswers) assert.equal(guess.answer.body.attempts_left, now)
  }
  const isOver = wrong.length === triesOfRun
  for (const { request_id, state, attempts_left } of sessions) {
    assert.equal(state === 'failed', isOver || !tries.has(request_id), `${request_id} is ${state}`)
    if (state === 'pending') assert.equal(attempts_left, left(request_id, wrong.length))
  }
}
