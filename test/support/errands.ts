import assert from 'node:assert/strict'
import type { Arena } from './arena.ts'
import { type Asked, ask, type Errand } from './crowd.ts'
import { type Answer, request } from './gateway.ts'

/** What gateways have acknowledged. */
export class Books {
  /** By request_id. */
  readonly verifications = new Map<string, { number: string; isVerified: boolean }>()
  /** Numbers that a second message was asked for. */
  readonly resent = new Set<string>()
  readonly bought: string[] = []
}

type Ask = (asked: Asked, onAnswer?: (answer: Answer) => void) => Promise<Answer | undefined>

/** How somebody goes about it. */
interface Manner {
  /** Whether a call is repeated by its key, or as it is: by the same number and brand, or the same request_id. */
  isKeyed?: boolean
  patienceMs?: number | undefined
}

/** What happens before the right code is given. */
interface Mishaps {
  givesWrongCode?: boolean
  /** A minute after the first one; only with a key. */
  wantsAnotherCode?: boolean
}

interface Errands {
  verify(number: string, manner?: Manner & Mishaps): Errand
  /** Of the numbers that are for sale the next one; undefined when all are taken. */
  buy(manner?: Manner): Errand | undefined
}

/** What the callers of an arena do; no answer may be `internal`. `onAnyAnswer` is told of every one. */
export async function errandsIn(arena: Arena, books: Books, onAnyAnswer = (_: Answer) => {}): Promise<Errands> {
  const { vonage, addresses } = arena
  const offers = await offersOf(vonage.url)
  const asking: Ask = (asked, onAnswer) =>
    ask(arena, asked, (answer) => {
      assert.notEqual(answer.status, 500, `${asked.path}: ${JSON.stringify(answer.body)}`)
      onAnyAnswer(answer)
      onAnswer?.(answer)
    })
  const look = async (id: string) => request(`${await addresses.next()}/v1/verifications/${id}`)
  const code = (number: string) => vonage.simulator.messages(number).at(-1)?.code ?? ''
  return {
    verify: (number, manner) => verification({ ask: asking, look, books, code: () => code(number), number, ...manner }),
    buy(manner) {
      const offer = offers.shift()
      return offer && purchase({ ask: asking, books, offer, ...manner })
    },
  }
}

interface Verifying extends Manner, Mishaps {
  ask: Ask
  look: (request_id: string) => Promise<Answer>
  books: Books
  number: string
  code: () => string
}

/** A request and checks, each repeated until it is answered. The right code has to be found right. */
function verification(options: Verifying): Errand {
  const { ask, look, books, number, code, isKeyed = true, patienceMs } = options
  let request_id = ''
  let isPastWrongCode = !options.givesWrongCode
  let isPastResend = !options.wantsAnotherCode
  let hasWaited = false
  let attemptsBefore: number | undefined
  const key = (name: string) => (isKeyed ? `${name}-${number}` : undefined)

  async function isRequested(): Promise<boolean> {
    if (request_id !== '' && !isKeyed) return true
    const named = (answer: Answer) => {
      // Without a key each request is one of its own.
      if (!isKeyed || answer.body.request_id === undefined) return
      request_id ||= answer.body.request_id
      assert.equal(answer.body.request_id, request_id, number)
    }
    const body = { number, brand: 'Acme' }
    const asked = await ask({ path: '/v1/verifications', body, key: key('verify'), patienceMs }, named)
    if (!asked) return false
    assert.equal(asked.status, 200, JSON.stringify(asked.body))
    request_id = asked.body.request_id
    if (!books.verifications.has(request_id)) books.verifications.set(request_id, { number, isVerified: false })
    return true
  }

  /** A new code in a run of its own, which a request has to begin where nobody knows whether that one has. */
  async function hasAnotherCode(): Promise<boolean> {
    books.resent.add(number)
    const next = await ask({ path: `/v1/verifications/${request_id}/next`, body: {}, key: key('next'), patienceMs })
    if (!next || next.body.code === 'not_now') return false
    if (next.status === 200) return true
    assert.equal(next.body.code, 'delivery_unknown', JSON.stringify(next.body))
    const begun = await ask({ path: '/v1/verifications', body: { number, brand: 'Acme' }, key: key('begin') })
    if (begun) assert.equal(begun.status, 200, JSON.stringify(begun.body))
    return begun !== undefined && hasAnotherCode()
  }

  const check = (name: string, given: string) =>
    ask({ path: '/v1/verifications/check', body: { request_id, code: given }, key: key(name), patienceMs })

  const attemptsLeft = async (): Promise<number> => (await look(request_id)).body.attempts_left

  /** Whatever happens to its answer, attempts are left. Whoever comes back and sees it counted does not give it again. */
  async function hasGivenWrongCode(): Promise<boolean> {
    attemptsBefore ??= await attemptsLeft()
    if ((await attemptsLeft()) < attemptsBefore) return true
    const refused = await check('wrong', code().startsWith('1') ? '222222' : '111111')
    if (!refused) return false
    assert.equal(refused.body.code, 'wrong_code', JSON.stringify(refused.body))
    assert.ok(refused.body.attempts_left > 0)
    return true
  }

  return async () => {
    if (!(await isRequested())) return 'waits'
    isPastWrongCode ||= await hasGivenWrongCode()
    if (!isPastWrongCode) return 'waits'
    if (!isPastResend && !hasWaited) {
      hasWaited = true
      return 'waits'
    }
    isPastResend ||= await hasAnotherCode()
    if (!isPastResend) return 'waits'
    const checked = await check('right', code())
    if (!checked) return 'waits'
    // One whose answer was lost may have been right.
    assert.ok(checked.status === 200 || checked.body.code === 'already_verified', JSON.stringify(checked.body))
    books.verifications.set(request_id, { number, isVerified: true })
    return 'over'
  }
}

interface Offer {
  country: string
  msisdn: string
}

interface Buying extends Manner {
  ask: Ask
  books: Books
  offer: Offer
}

function purchase({ ask, books, offer, isKeyed = true, patienceMs }: Buying): Errand {
  const key = isKeyed ? `buy-${offer.msisdn}` : undefined
  return async () => {
    const bought = await ask({ path: '/v1/numbers', body: offer, key, patienceMs })
    if (!bought) return 'waits'
    assert.equal(bought.status, 200, JSON.stringify(bought.body))
    books.bought.push(offer.msisdn)
    return 'over'
  }
}

/** The numbers that a simulated Vonage sells, 100 at most. */
async function offersOf(vonageUrl: string): Promise<Offer[]> {
  const account = 'api_key=5a4db0c5&api_secret=sandboxSecret1'
  const { body } = await request(`${vonageUrl}/number/search?country=GB&size=100&${account}`)
  return body.numbers.map(({ country, msisdn }: Offer) => ({ country, msisdn }))
}
