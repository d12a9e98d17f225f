// Plays a scenario through the gateway's rules: what each message and each refusal leads to, people answer to.
import { GatewayError } from '../../src/errors.ts'
import { hashedContext } from '../../src/guard/context.ts'
import { textOf } from '../../src/guard/level-text.ts'
import { newId } from '../../src/new-id.ts'
import { priceOf, rangeOf } from './markets.mjs'
import { createTimeline } from './timeline.mjs'
import { openWorld, rightCode } from './world.mjs'

const caller = (id) => ({ id, scopes: ['verify'], bounds: {} })
/** What it takes to prove that one is a person. */
const proofMs = 8000

/** Answers all who have asked, each with what became of it. */
export async function simulate({ startsAt, policy, seed, history = [], cast, duringRun }) {
  const world = openWorld({ startsAt, policy, seed })
  const timeline = createTimeline(world.clock)
  await remember(world, history, startsAt)
  await know(
    world,
    cast.filter(({ isKnown }) => isKnown),
    startsAt,
  )
  const everybody = []
  for (const somebody of cast) {
    everybody.push(somebody)
    timeline.add(somebody.at, () => ask(somebody))
  }
  duringRun?.(timeline, world)

  async function ask(somebody, token) {
    const { number, ip, session, account, key = 'app', brand = 'Acme', workflow } = somebody
    const context = { ip, session_id: session, account_id: account }
    for (const member of Object.keys(context)) if (context[member] === undefined) delete context[member]
    const input = { number, brand, context, ...(workflow && { workflow_id: workflow }) }
    try {
      const { request_id, message_sent } = await world.verifications.request(
        { ...input, ...(token && { challenge_token: token }) },
        caller(key),
      )
      somebody.cost = (somebody.cost ?? 0) + (message_sent ? costOf(somebody) : 0)
      somebody.answer = 'sent'
      if (somebody.wouldVerify) in_(somebody.delayMs, () => type(somebody, request_id))
      if (somebody.resendAfterMs) in_(somebody.resendAfterMs, () => resend(somebody, request_id))
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      somebody.answer = error.code
      somebody.rule = error.basis?.rule
      if (error.code !== 'challenge_required') return
      somebody.isChallenged = true
      if (!token && somebody.passes) in_(proofMs, () => ask(somebody, error.members.challenge_token))
    }
  }

  async function type(somebody, request_id) {
    if (somebody.isVerified) return
    const answer = await world.verifications
      .check({ request_id, code: rightCode }, somebody.key ?? 'app')
      .catch(expected)
    if (answer) somebody.isVerified = true
  }

  async function resend(somebody, request_id) {
    const answer = await world.verifications.triggerNext(request_id, caller(somebody.key ?? 'app')).catch(expected)
    if (answer) somebody.cost += costOf(somebody)
  }

  const in_ = (ms, act) => timeline.add(world.clock.now() + ms, act)
  try {
    await timeline.play()
  } finally {
    await world.close()
  }
  return everybody
}

function expected(error) {
  if (!(error instanceof GatewayError)) throw error
}

const usualCallPrice = 0.12

/** Of all that its workflow sends where nobody types a code; one text message, or one and two calls. */
function costOf({ country, workflow, isHonest, callPrice = usualCallPrice }) {
  return priceOf(country) + (workflow === 1 && !isHonest ? 2 * callPrice : 0)
}

/** Half of the codes come back within 25 seconds, nine of ten within 80. */
const usualDelays = [15, 26, 17, 17, 9, 9, 4, 2, 1, 0, 0, 0]

/** Writes down how it went on the days before, as the gateway would have. */
async function remember({ store }, history, startsAt) {
  const day = Math.floor(startsAt / 86_400_000)
  const levels = new Map()
  for (const { scope, perDay, conversion, price, accounts = true, delays = usualDelays } of history) {
    const verified = Math.round(perDay * conversion)
    const days = Array.from({ length: 8 }, (_, ago) => ({
      day: day - 8 + ago,
      asked: perDay,
      verified,
      normal: accounts ? Math.round(verified * price * 1_000_000) : 0,
    }))
    levels.set(
      scope,
      textOf({ excess: 0, foldedAt: startsAt, late: 0, price: 1_000_000 * price, young: [], days, delays }),
    )
  }
  if (levels.size > 0)
    await store.transaction('history', async (tx) => {
      for (const level of levels) await tx.keepLevels(new Map([level]), startsAt)
    })
}

const twoDays = 2 * 86_400_000

/** They were verified two days ago. */
async function know({ store, keys }, known, startsAt) {
  await store.transaction('known', async (tx) => {
    for (const { number, account, country, key = 'app' } of known) {
      const hash = (text) => keys.hash(text)
      const { account_id: accountHash } = hashedContext({ account_id: account }, key, hash)
      const decision = { ...anyDecision, id: newId(startsAt), at: startsAt - twoDays, prefix: rangeOf(number), country }
      await tx.insertDecision({ ...decision, caller: key, numberHash: keys.hash(number), accountHash })
      await tx.knowPair(decision.id, startsAt - twoDays)
    }
  })
}

const anyDecision = {
  kind: 'request',
  lineType: 'mobile',
  channels: ['sms'],
  inLane: false,
  messages: 0,
  micros: 0,
  isCounted: false,
  isHeldOut: false,
  answer: 'allow',
  policy: '000000000000',
}
