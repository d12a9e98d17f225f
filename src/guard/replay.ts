import { eurosOf } from '../money.ts'
import { type LineType, lineTypes, type Phone, regions } from '../phone.ts'
import type { DecidedMessage, Message, RunParameters } from '../store/store.ts'
import { dayMs } from '../utc.ts'
import { type Levels, levelsOf, note, scopesOf, weighAll } from './budgets.ts'
import type { Level } from './level.ts'
import { type Policy, policySchema } from './policy-schema.ts'
import { ReplayCaps } from './replay-caps.ts'
import type { NamesIn } from './replay-names.ts'
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

type Answer = 'challenge' | 'block'

interface Verdict {
  /** Absent where it lets the message through. */
  answer?: Answer
  rule: string
  /** Whether the budgets have a say, and whether they hold what it costs. */
  isWeighed: boolean
  isCounted: boolean
}

export interface Told extends Refused {
  answer: Answer
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

/** When the messages of a run that begins then go out. */
export type TimesOf = (parameters: RunParameters, at: number) => number[]

interface Parts {
  span: Span
  names: NamesIn
  timesOf: TimesOf
}

/** A code may be given that long. */
const pendingMs = 900_000

/** Runs a policy over what was asked for, in the order of time: it learns from all of it, and tells of what was in the span. */
export class Replay {
  readonly #policy: Policy
  readonly #parts: Parts
  readonly #caps: ReplayCaps
  readonly #levels = new Map<string, Level>()
  /** What becomes of messages later, the earliest last. */
  readonly #later: { at: number; happens: () => void }[] = []
  /** On which day a pair of number and account was counted last. */
  readonly #days = new Map<string, number>()
  readonly #byRule = new Map<string, Refused>()
  readonly #byCountry = new Map<string, Refused>()
  #messages = 0
  #letThrough = 0

  constructor(policy: Policy, parts: Parts) {
    this.#policy = policy
    this.#parts = parts
    this.#caps = new ReplayCaps(policy)
  }

  /** Has to be given the messages in the order of time. */
  async take(message: DecidedMessage): Promise<void> {
    for (let next = this.#later.at(-1); next && next.at <= message.at; next = this.#later.at(-1)) {
      this.#later.pop()
      next.happens()
    }
    // What shares a message costs nothing, nor does one that comes sooner; other caps than the policy's hold besides.
    if (message.micros === 0 || (message.answer !== 'allow' && !isOfPolicy(this.#policy, message))) return
    const sends = this.#sendsOf(message)
    const { endedAt = Number.POSITIVE_INFINITY } = message.run ?? {}
    const unsent = sends.filter(({ at }) => at > endedAt)
    const verdict = await this.#judge(message, sends)
    if (message.at >= this.#parts.span.since) this.#tell(message, verdict, unsent)
    if (!verdict.answer && unsent.length > 0) this.#at(endedAt, () => this.#end(message, unsent, verdict.isCounted))
    const { verifiedAt } = message
    if (verifiedAt === undefined || !verdict.isWeighed) return
    const micros = message.micros - sum(unsent)
    this.#at(verifiedAt, () => this.#succeed({ ...message, micros }, verifiedAt, verdict.isCounted))
  }

  #at(time: number, happens: () => void): void {
    const place = this.#later.findLastIndex(({ at }) => at >= time)
    this.#later.splice(place + 1, 0, { at: time, happens })
  }

  #sendsOf({ at, micros, run }: DecidedMessage): Message[] {
    if (!run) return [{ at, micros }]
    return this.#parts
      .timesOf(run.parameters, at)
      .map((time, index) => ({ at: time, micros: run.eventCosts[index] ?? 0 }))
  }

  #tell(message: DecidedMessage, verdict: Verdict, unsent: Message[]): void {
    this.#messages += 1
    const { answer, rule } = verdict
    if (answer) this.#count(message, { answer, rule, saved: message.micros - sum(unsent) })
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

  async #judge(message: DecidedMessage, sends: Message[]): Promise<Verdict> {
    const { at, kind, inLane, micros } = message
    const { answer, rule = '', isExempt } = judge(this.#policy, this.#attemptOf(message))
    const refused = { isWeighed: false, isCounted: false }
    if (answer === 'block' || (answer === 'challenge' && kind === 'request')) return { ...refused, answer, rule }
    const levels = inLane || isExempt ? undefined : this.#levelsOf(message)
    const over = levels && weighAll(levels, this.#policy.budgets, micros, at)
    if (levels && over && (over.answer === 'block' || kind === 'request')) {
      for (const scope of over.scopes) note.challenged(levels, scope)
      return { ...refused, isWeighed: true, answer: over.answer, rule: over.rule }
    }
    const cap = await this.#caps.take(message, sends)
    if (cap !== undefined) return { ...refused, answer: 'block', rule: cap }
    if (levels) note.asked(levels, micros, at)
    return { isWeighed: levels !== undefined, isCounted: levels !== undefined, rule: '' }
  }

  /** As much of a number and an address as is kept, and the whole of those that the policy names. */
  #attemptOf({ prefix, country = '', lineType, channels, caller, inLane, at, numberHash, ipHash }: DecidedMessage) {
    const { numbers, addresses } = this.#parts.names
    return {
      phone: {
        number: (numberHash && numbers.get(numberHash)) ?? `${prefix}····`,
        country: regionNamed.get(country),
        isValid: true,
        lineType: lineTypeNamed.get(lineType) ?? 'unknown',
      },
      caller,
      isKnown: inLane,
      address: ipHash && addresses.get(ipHash),
      channels: (['sms', 'tts'] as const).filter((channel) => channels.includes(channel)),
      now: at,
    }
  }

  #levelsOf(message: DecidedMessage): Levels {
    const levels = levelsOf(message, this.#levels, message.at)
    for (const scope of scopesOf(message)) this.#levels.set(scope, levels.get(scope) as Level)
    return levels
  }

  /** The run is over before some of its messages went out. */
  #end(message: DecidedMessage, unsent: Message[], isCounted: boolean): void {
    this.#caps.giveBack(message, unsent)
    if (isCounted) note.withdrawn(this.#levelsOf(message), message, sum(unsent))
  }

  #succeed(message: DecidedMessage, now: number, isCounted: boolean): void {
    const isNormal = this.#isFirstToday(message, now)
    note.success(this.#levelsOf(message), { micros: message.micros, sentAt: message.at, now, isNormal, isCounted })
  }

  #isFirstToday({ numberHash, accountHash }: DecidedMessage, at: number): boolean {
    if (accountHash === undefined) return false
    const pair = `${numberHash} ${accountHash}`
    const day = Math.floor(at / dayMs)
    if (this.#days.get(pair) === day) return false
    this.#days.set(pair, day)
    return true
  }

  #count(message: DecidedMessage, { answer, rule, saved }: { answer: Answer; rule: string; saved: number }): void {
    const { country = '', verifiedAt, at } = message
    const isUnknown =
      message.answer !== 'allow' || (verifiedAt === undefined && at > this.#parts.span.until - pendingMs)
    for (const [groups, name] of [
      [this.#byRule, `${answer} ${rule}`],
      [this.#byCountry, `${answer} ${country}`],
    ] as const) {
      const group = groups.get(name) ?? { requests: 0, verified: 0, unknown: 0, saved: 0 }
      group.requests += 1
      if (isUnknown) group.unknown += 1
      else if (verifiedAt !== undefined) group.verified += 1
      else group.saved += saved
      groups.set(name, group)
    }
  }
}

const regionNamed = new Map<string, Phone['country']>(regions.map((region) => [region, region]))
const lineTypeNamed = new Map<string, LineType>(lineTypes.map((lineType) => [lineType, lineType]))

/** Rules of the gateway, its settings, its hook and of keys hold besides. */
function isOfPolicy({ budgets }: Policy, { rule = '' }: DecidedMessage): boolean {
  // One stands in for the other.
  if (rule === 'budgets.number' || rule === 'TOLLGATE_SENDS_PER_NUMBER') return budgets.number !== undefined
  return ownKeys.some((key) => rule.split('.')[0] === key)
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

function sum(messages: readonly Message[]): number {
  return messages.reduce((all, { micros }) => all + micros, 0)
}
