import { eurosOf } from '../money.ts'
import { type LineType, lineTypes, type Phone, regions } from '../phone.ts'
import type { DecidedMessage } from '../store/store.ts'
import { dayMs } from '../utc.ts'
import { type Levels, levelsOf, note, scopesOf, weighAll } from './budgets.ts'
import type { Level } from './level.ts'
import { type Policy, policySchema } from './policy-schema.ts'
import { judge } from './rules.ts'

/** What became of messages that a policy would have refused. */
interface Refused {
  requests: number
  /** Were sent, and led to a right code: honest people. */
  verified: number
  /** Were refused in their time too, or may still be verified: nobody knows. */
  unknown: number
  /** What those cost that were sent and led to nothing, in euros. */
  saved: number
}

export interface Told extends Refused {
  answer: 'challenge' | 'block'
  /** By which part of all that it would have refused was honest, at least and at most. */
  harm: [number, number]
}

export interface Report {
  /** How many messages were asked for. */
  messages: number
  /** Were refused in their time by a rule of the policy of then, and would have been sent. */
  let_through: number
  by_rule: (Told & { rule: string })[]
  by_country: (Told & { country: string })[]
}

/** In epoch milliseconds; `until` is now. */
interface Span {
  since: number
  until: number
}

/** A code may be given that long. */
const pendingMs = 900_000

/** Runs a policy over what was asked for, in the order of time: it learns from all of it, and tells of what was in the span. */
export class Replay {
  readonly #policy: Policy
  readonly #span: Span
  readonly #levels = new Map<string, Level>()
  /** What leads to a right code later, the earliest last. */
  #successes: { at: number; message: DecidedMessage; isCounted: boolean }[] = []
  /** On which day a pair of number and account was counted last. */
  readonly #days = new Map<string, number>()
  readonly #byRule = new Map<string, Refused>()
  readonly #byCountry = new Map<string, Refused>()
  #messages = 0
  #letThrough = 0

  constructor(policy: Policy, span: Span) {
    this.#policy = policy
    this.#span = span
  }

  /** Has to be given the messages in the order of time. */
  take(message: DecidedMessage): void {
    this.#succeedUntil(message.at)
    const wasRefused = message.answer !== 'allow'
    // What shares a message asks for none, and other caps than the policy's hold whatever that says.
    if (wasRefused ? !isOfPolicy(message) : message.messages === 0) return
    const verdict = this.#judge(message)
    if (message.at >= this.#span.since) this.#tell(message, verdict)
    if (message.verifiedAt === undefined || message.inLane) return
    const success = { at: message.verifiedAt, message, isCounted: verdict === undefined }
    const place = this.#successes.findLastIndex(({ at }) => at >= success.at)
    this.#successes.splice(place + 1, 0, success)
  }

  #tell(message: DecidedMessage, verdict: { answer: 'challenge' | 'block'; rule: string } | undefined): void {
    this.#messages += 1
    if (verdict) this.#count(message, verdict)
    else if (message.answer !== 'allow') this.#letThrough += 1
  }

  report(): Report {
    const told = (groups: Map<string, Refused>) =>
      [...groups].toSorted(([, one], [, other]) => other.requests - one.requests).map(toldOf)
    return {
      messages: this.#messages,
      let_through: this.#letThrough,
      by_rule: told(this.#byRule).map(({ name: rule, ...rest }) => ({ rule, ...rest })),
      by_country: told(this.#byCountry).map(({ name: country, ...rest }) => ({ country, ...rest })),
    }
  }

  #judge(message: DecidedMessage): { answer: 'challenge' | 'block'; rule: string } | undefined {
    const { at, kind, caller, inLane, micros } = message
    const attempt = { phone: phoneOf(message), caller, isKnown: inLane, channels: channelsOf(message), now: at }
    const { answer, rule = '', isExempt } = judge(this.#policy, attempt)
    if (answer === 'block' || (answer === 'challenge' && kind === 'request')) return { answer, rule }
    if (inLane || isExempt) return undefined
    const levels = this.#levelsOf(message)
    const over = weighAll(levels, this.#policy.budgets, micros, at)
    if (over?.answer === 'block' || (over && kind === 'request')) {
      for (const scope of over.scopes) note.challenged(levels, scope)
      return { answer: over.answer, rule: over.rule }
    }
    note.asked(levels, micros, at)
    return undefined
  }

  #levelsOf(message: DecidedMessage): Levels {
    const levels = levelsOf(message, this.#levels, message.at)
    for (const scope of scopesOf(message)) this.#levels.set(scope, levels.get(scope) as Level)
    return levels
  }

  #succeedUntil(time: number): void {
    for (let next = this.#successes.at(-1); next && next.at <= time; next = this.#successes.at(-1)) {
      this.#successes.pop()
      const { message, isCounted, at } = next
      const isNormal = this.#isFirstToday(message, at)
      note.success(this.#levelsOf(message), {
        micros: message.micros,
        sentAt: message.at,
        now: at,
        isNormal,
        isCounted,
      })
    }
  }

  #isFirstToday({ numberHash, accountHash }: DecidedMessage, at: number): boolean {
    if (accountHash === undefined) return false
    const pair = `${numberHash} ${accountHash}`
    const day = Math.floor(at / dayMs)
    if (this.#days.get(pair) === day) return false
    this.#days.set(pair, day)
    return true
  }

  #count(message: DecidedMessage, { answer, rule }: { answer: 'challenge' | 'block'; rule: string }): void {
    const { country = '', verifiedAt, micros, at } = message
    const isUnknown = message.answer !== 'allow' || (verifiedAt === undefined && at > this.#span.until - pendingMs)
    for (const [groups, name] of [
      [this.#byRule, `${answer} ${rule}`],
      [this.#byCountry, `${answer} ${country}`],
    ] as const) {
      const group = groups.get(name) ?? { requests: 0, verified: 0, unknown: 0, saved: 0 }
      group.requests += 1
      if (isUnknown) group.unknown += 1
      else if (verifiedAt !== undefined) group.verified += 1
      else group.saved += micros
      groups.set(name, group)
    }
  }
}

const regionNamed = new Map<string, Phone['country']>(regions.map((region) => [region, region]))
const lineTypeNamed = new Map<string, LineType>(lineTypes.map((lineType) => [lineType, lineType]))

/** As much of a number as is kept; no rule that names a whole one fits it. */
function phoneOf({ prefix, country = '', lineType }: DecidedMessage): Phone {
  return {
    number: `${prefix}····`,
    country: regionNamed.get(country),
    isValid: true,
    lineType: lineTypeNamed.get(lineType) ?? 'unknown',
  }
}

function channelsOf({ channels }: DecidedMessage) {
  return (['sms', 'tts'] as const).filter((channel) => channels.includes(channel))
}

/** Rules of the gateway, its settings, its hook and of keys hold besides. */
function isOfPolicy({ rule = '' }: DecidedMessage): boolean {
  const isCap = rule === 'budgets.number' || rule.startsWith('spend.')
  return !isCap && ownKeys.some((key) => rule.split('.')[0] === key)
}
const ownKeys = Object.keys(policySchema.shape)

function toldOf([name, group]: [string, Refused]): Told & { name: string } {
  const [answer = '', ...rest] = name.split(' ')
  const { requests, verified, unknown, saved } = group
  const part = (honest: number) => Math.round((10_000 * honest) / requests) / 10_000
  return {
    name: rest.join(' '),
    answer: answer === 'block' ? 'block' : 'challenge',
    requests,
    verified,
    unknown,
    saved: eurosOf(saved),
    harm: [part(verified), part(verified + unknown)],
  }
}
