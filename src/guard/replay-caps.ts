import { GatewayError } from '../errors.ts'
import type { DecidedMessage, Message, MessagesOf, MessageTotal } from '../store/store.ts'
import { dayLeft, dayMs, monthLeft, oneOfEach } from '../utc.ts'
import { demandMessageSpend, type SpendReads } from './message-spend.ts'
import type { Policy } from './policy-schema.ts'
import { overNumberCap } from './send-caps.ts'

/** The caps of a policy on the messages of one number and on what messages cost, over what it lets through. */
export class ReplayCaps {
  readonly #policy: Policy
  readonly #isSpendCapped: boolean
  readonly #totals = new Totals()
  /** When messages of a number go out. */
  readonly #sends = new Map<string, number[]>()
  #forgotten = 0

  constructor(policy: Policy) {
    const { total, countries, keys } = policy.spend
    this.#policy = policy
    this.#isSpendCapped = [total, ...Object.values(countries), ...Object.values(keys)].some(
      ({ day, month }) => (day ?? month) !== undefined,
    )
  }

  /** Counts the messages of a run, or answers the cap that they would pass. */
  async take(message: DecidedMessage, sends: readonly Message[]): Promise<string | undefined> {
    const { at: now, caller, country = '' } = message
    const { budgets, spend } = this.#policy
    const ofNumber = this.#countedNumber(message)
    // No window is longer.
    const since = now - dayMs
    this.#forgetUntil(since)
    const earlier = (ofNumber && this.#sends.get(ofNumber)?.filter((at) => at > since)) || []
    const times = sends.map(({ at }) => at)
    if (ofNumber && overNumberCap(budgets.number ?? [], { earlier, more: sends.length, now })) return 'budgets.number'
    if (this.#isSpendCapped) {
      this.#totals.add(message, sends, 1)
      try {
        await demandMessageSpend(this.#totals, spend, { caller, country, days: oneOfEach(times, dayLeft), now })
      } catch (refusal) {
        if (!(refusal instanceof GatewayError)) throw refusal
        this.#totals.add(message, sends, -1)
        return refusal.basis?.rule
      }
    }
    if (ofNumber) this.#sends.set(ofNumber, [...earlier, ...times])
    return undefined
  }

  /** Some of them were not sent after all. */
  giveBack(message: DecidedMessage, unsent: readonly Message[]): void {
    if (this.#isSpendCapped) this.#totals.add(message, unsent, -1)
    const ofNumber = this.#countedNumber(message)
    const times = (ofNumber && this.#sends.get(ofNumber)) || []
    for (const { at } of unsent) {
      const place = times.indexOf(at)
      if (place >= 0) times.splice(place, 1)
    }
  }

  /** Undefined where no cap of a number counts the message: known people have lanes of their own. */
  #countedNumber({ inLane, numberHash }: DecidedMessage): string | undefined {
    return inLane || !this.#policy.budgets.number ? undefined : numberHash
  }

  /** Once a day, since there may be a million numbers. */
  #forgetUntil(time: number): void {
    if (time < this.#forgotten + dayMs) return
    this.#forgotten = time
    for (const [number, times] of this.#sends) if (times.every((at) => at <= time)) this.#sends.delete(number)
  }
}

/** What messages have cost, by day and by month. */
class Totals implements SpendReads {
  readonly #sums = new Map<string, MessageTotal>()

  add({ caller, country = '' }: DecidedMessage, sends: readonly Message[], sign: 1 | -1): void {
    for (const { at, micros } of sends) {
      for (const whose of [{ of: 'all' }, { of: 'country', name: country }, { of: 'caller', name: caller }] as const) {
        for (const key of [dayOf(at, whose), monthOf(at, whose)]) {
          const sum = this.#sums.get(key) ?? { sends: 0, micros: 0 }
          this.#sums.set(key, { sends: sum.sends + sign, micros: sum.micros + sign * micros })
        }
      }
    }
  }

  async sentOnDay(at: number, of: MessagesOf = { of: 'all' }): Promise<MessageTotal> {
    return this.#sums.get(dayOf(at, of)) ?? { sends: 0, micros: 0 }
  }

  async sentInMonth(at: number, of: MessagesOf = { of: 'all' }): Promise<MessageTotal> {
    return this.#sums.get(monthOf(at, of)) ?? { sends: 0, micros: 0 }
  }
}

const named = (of: MessagesOf) => ('name' in of ? `${of.of} ${of.name}` : of.of)
/** By when it is over. */
const dayOf = (at: number, of: MessagesOf) => `${named(of)} day ${at + dayLeft(at)}`
const monthOf = (at: number, of: MessagesOf) => `${named(of)} month ${at + monthLeft(at)}`
