import type { Clock } from '../clock.ts'
import type { Balance } from './balance.ts'
import { Latest } from './latest.ts'
import { messagePrice, successPrice } from './prices.ts'
import type { Random } from './random.ts'
import type { Entry, Schedule } from './schedule.ts'
import type { Channel, WorkflowPlan, WorkflowStep } from './workflows.ts'

export interface VerificationOrder extends WorkflowPlan {
  number: string
  brand: string
  senderId: string | undefined
  codeLength: number
}

export interface Verification extends VerificationOrder {
  id: string
  submittedAtMs: number
  /** Undefined while the verification runs. */
  ending: { status: FinalStatus; atMs: number } | undefined
  pin: { code: string; madeAtMs: number; wrongCodes: number }
  /** When the steps so far were taken. */
  eventsAtMs: number[]
  checks: { code: string; isRight: boolean; atMs: number }[]
}

export type FinalStatus = 'SUCCESS' | 'FAILED' | 'EXPIRED' | 'CANCELLED'

interface Running extends Verification {
  next: Entry | undefined
}

interface VerificationsOptions {
  clock: Clock
  schedule: Schedule
  random: Random
  balance: Balance
  /** Told of every SMS and call, after it has become an event of its verification. */
  onSend: (verification: Verification, channel: Channel) => void
  onEnd: (verification: Verification, status: FinalStatus) => void
}

const maxWrongCodes = 3
const uncancellableSeconds = 30
const maxRunning = 200_000
const maxFinished = 100_000

/** The verifications of one account: at most one runs per number, and each ends in exactly one way. */
export class Verifications {
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #random: Random
  readonly #balance: Balance
  readonly #onSend: VerificationsOptions['onSend']
  readonly #onEnd: VerificationsOptions['onEnd']
  readonly #running = new Map<string, Running>()
  readonly #runningByNumber = new Map<string, Running>()
  readonly #finished = new Map<string, Verification>()
  readonly #finishedIds = new Latest<string>(maxFinished)

  constructor(options: VerificationsOptions) {
    this.#clock = options.clock
    this.#schedule = options.schedule
    this.#random = options.random
    this.#balance = options.balance
    this.#onSend = options.onSend
    this.#onEnd = options.onEnd
  }

  /** One that has ended is found from `lagSeconds` after its end on. */
  find(id: string, lagSeconds = 0): Verification | undefined {
    const found = this.#running.get(id) ?? this.#finished.get(id)
    const endedAtMs = found?.ending?.atMs ?? Number.NEGATIVE_INFINITY
    return this.#clock.now() < endedAtMs + lagSeconds * 1000 ? undefined : found
  }

  /** The latest `limit`, oldest first: those that have ended, then those that run. */
  latest(limit: number): Verification[] {
    return [...this.#finished.values(), ...this.#running.values()].slice(-limit)
  }

  start(
    order: VerificationOrder,
  ): { outcome: 'started' | 'concurrent'; id: string } | { outcome: 'full' | 'out of credit' } {
    const concurrent = this.#runningByNumber.get(order.number)
    if (concurrent) return { outcome: 'concurrent', id: concurrent.id }
    if (this.#running.size >= maxRunning) return { outcome: 'full' }
    if (!this.#canPay(order.steps[0])) return { outcome: 'out of credit' }
    const verification: Running = {
      ...order,
      id: this.#random.hex(32),
      submittedAtMs: this.#clock.now(),
      ending: undefined,
      pin: this.#newPin(order.codeLength),
      eventsAtMs: [],
      checks: [],
      next: undefined,
    }
    this.#running.set(verification.id, verification)
    this.#runningByNumber.set(verification.number, verification)
    this.#goOn(verification)
    return { outcome: 'started', id: verification.id }
  }

  check(
    id: string,
    code: string,
  ): { outcome: 'right'; verification: Verification } | { outcome: 'wrong' | 'wrong too often' | 'not running' } {
    const verification = this.#running.get(id)
    if (!verification) return { outcome: 'not running' }
    const { pin } = verification
    const isRight = code === pin.code && !this.#isExpired(verification)
    // Lists that grow by push() keep room for 17; of 100,000 verifications each has a few.
    verification.checks = verification.checks.concat({ code, isRight, atMs: this.#clock.now() })
    if (isRight) {
      this.#balance.spend('verifications', successPrice)
      this.#finish(verification, 'SUCCESS')
      return { outcome: 'right', verification }
    }
    pin.wrongCodes += 1
    if (pin.wrongCodes < maxWrongCodes) return { outcome: 'wrong' }
    this.#finish(verification, 'FAILED')
    return { outcome: 'wrong too often' }
  }

  cancel(id: string): 'cancelled' | 'too early' | 'too late' | 'not running' {
    const verification = this.#running.get(id)
    if (!verification) return 'not running'
    if (this.#clock.now() < verification.submittedAtMs + uncancellableSeconds * 1000) return 'too early'
    if (verification.eventsAtMs.length > 1) return 'too late'
    this.#finish(verification, 'CANCELLED')
    return 'cancelled'
  }

  triggerNextEvent(id: string): 'triggered' | 'no more events' | 'out of credit' | 'not running' {
    const verification = this.#running.get(id)
    if (!verification) return 'not running'
    const next = verification.steps[verification.eventsAtMs.length]
    if (!next) return 'no more events'
    if (!this.#canPay(next)) return 'out of credit'
    this.#schedule.callOff(verification.next)
    this.#goOn(verification)
    return 'triggered'
  }

  readonly #due = (id: string) => {
    const verification = this.#running.get(id)
    if (verification) this.#goOn(verification)
  }

  /** The next event of the workflow, or its end. */
  #goOn(verification: Running): void {
    const step = verification.steps[verification.eventsAtMs.length]
    if (!step) {
      this.#finish(verification, 'EXPIRED')
      return
    }
    const now = this.#clock.now()
    if (this.#isExpired(verification)) verification.pin = this.#newPin(verification.codeLength)
    verification.eventsAtMs = verification.eventsAtMs.concat(now)
    verification.next = this.#schedule.at(now + step.waitSeconds * 1000, this.#due, verification.id)
    this.#balance.spend('messages', messagePrice[step.channel])
    this.#onSend(verification, step.channel)
  }

  #canPay(step: WorkflowStep | undefined): boolean {
    return step === undefined || this.#balance.covers(messagePrice[step.channel])
  }

  #finish(verification: Running, status: FinalStatus): void {
    this.#schedule.callOff(verification.next)
    verification.next = undefined
    verification.ending = { status, atMs: this.#clock.now() }
    this.#running.delete(verification.id)
    this.#runningByNumber.delete(verification.number)
    this.#finished.set(verification.id, verification)
    const forgottenId = this.#finishedIds.add(verification.id)
    if (forgottenId !== undefined) this.#finished.delete(forgottenId)
    this.#onEnd(verification, status)
  }

  #isExpired({ pin, pinExpirySeconds }: Verification): boolean {
    return this.#clock.now() >= pin.madeAtMs + pinExpirySeconds * 1000
  }

  /** A new PIN brings new attempts. */
  #newPin(length: number): Verification['pin'] {
    return { code: this.#random.digits(length), madeAtMs: this.#clock.now(), wrongCodes: 0 }
  }
}
