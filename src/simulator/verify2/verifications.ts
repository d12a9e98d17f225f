import type { Clock } from '../../clock.ts'
import { messageFate, type SilentAuthFate, silentAuthFate } from '../fates.ts'
import type { Random } from '../random.ts'
import type { Entry, Schedule } from '../schedule.ts'
import type { Channel, Order, WorkflowStep } from './order.ts'

export type MessageStep = Exclude<WorkflowStep, { channel: 'silent_auth' }>
type SilentAuthStep = Extract<WorkflowStep, { channel: 'silent_auth' }>

/** How a step, or a verification, has ended. A step that is `expired` was left behind: by the time or at a wish. */
export type Ending = 'completed' | 'failed' | 'expired' | 'blocked'

export interface StepRun {
  channel: Channel
  status: 'unused' | 'running' | Ending
  initiatedAtMs: number | undefined
}

export interface Verification {
  id: string
  order: Order
  /** Whose JWT it was asked for with; none with HTTP Basic. */
  applicationId: string | undefined
  submittedAtMs: number
  steps: StepRun[]
}

/** Told of what happens, after it has. */
export interface Listener {
  onMessage(verification: Verification, step: MessageStep, code: string): void
  onSilentAuth(verification: Verification): void
  onStepEnd(verification: Verification, step: StepRun, ending: Ending): void
  onEnd(verification: Verification, ending: Ending): void
  onCancel(verification: Verification): void
}

interface Running extends Verification {
  /** Which step runs. */
  at: number
  /** What the running step takes; a silent authentication has none before the phone has followed its redirects. */
  code: string | undefined
  sentCode: string | undefined
  wrongCodes: number
  /** Messages, and silent authentications that a phone could follow. */
  events: number
  next: Entry | undefined
}

type Start = { outcome: 'started' | 'silent' | 'concurrent'; id: string } | { outcome: 'not supported' | 'full' }

export interface SilentAuth {
  redirectUrl: string | undefined
  /** Once the phone has come to its operator, which says whose it is. */
  confirm(): { code: string } | { failure: Exclude<SilentAuthFate, 'succeeds'> }
}

const silentAuthSeconds = 60
const maxWrongCodes = 3
const maxWrongSilentAuthCodes = 1
const uncancellableSeconds = 30
const maxRunning = 200_000
const silentAuthCodeLength = 6

/** The verifications by workflow of one account: at most one runs per address. Those that have ended are forgotten. */
export class Verifications {
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #random: Random
  readonly #listener: Listener
  readonly #running = new Map<string, Running>()
  readonly #runningByAddress = new Map<string, Running>()

  constructor(options: { clock: Clock; schedule: Schedule; random: Random; listener: Listener }) {
    this.#clock = options.clock
    this.#schedule = options.schedule
    this.#random = options.random
    this.#listener = options.listener
  }

  start(order: Order, applicationId: string | undefined): Start {
    const [first] = order.workflow
    if (order.workflow.length === 1 && first && lacksCoverage(first)) return { outcome: 'not supported' }
    const concurrent = order.workflow.map(({ to }) => this.#runningByAddress.get(to)).find((other) => other)
    if (concurrent) return { outcome: 'concurrent', id: concurrent.id }
    if (this.#running.size >= maxRunning) return { outcome: 'full' }
    const verification: Running = {
      id: this.#random.uuid(),
      order,
      applicationId,
      submittedAtMs: this.#clock.now(),
      steps: order.workflow.map(({ channel }) => ({ channel, status: 'unused', initiatedAtMs: undefined })),
      at: -1,
      code: undefined,
      sentCode: undefined,
      wrongCodes: 0,
      events: 0,
      next: undefined,
    }
    this.#running.set(verification.id, verification)
    for (const { to } of order.workflow) this.#runningByAddress.set(to, verification)
    this.#goOn(verification, 'failed')
    const isSilent = verification.steps[0]?.channel === 'silent_auth' && verification.at === 0
    return { outcome: isSilent ? 'silent' : 'started', id: verification.id }
  }

  /** The latest `limit`, oldest first. */
  latest(limit: number): Verification[] {
    return [...this.#running.values()].slice(-limit)
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  /** A token is what a silent authentication gave; every other step takes a code alone. */
  check(
    id: string,
    given: { code: string } | { token: string },
  ): 'right' | 'wrong' | 'wrong too often' | 'no code' | 'not running' {
    const verification = this.#running.get(id)
    if (!verification) return 'not running'
    const isSilent = silentAuthOf(verification) !== undefined
    if (verification.code === undefined || ('token' in given && !isSilent)) return 'no code'
    if (verification.code === ('token' in given ? given.token : given.code)) {
      this.#endStep(verification, 'completed')
      this.#finish(verification, 'completed')
      return 'right'
    }
    verification.wrongCodes += 1
    if (verification.wrongCodes < (isSilent ? maxWrongSilentAuthCodes : maxWrongCodes)) return 'wrong'
    this.#endStep(verification, 'failed')
    this.#finish(verification, 'failed')
    return 'wrong too often'
  }

  /** No webhook tells of it: none of Vonage's statuses is for it. */
  cancel(id: string): 'cancelled' | 'refused' {
    const verification = this.#running.get(id)
    if (!verification || verification.events > 1) return 'refused'
    if (this.#clock.now() < verification.submittedAtMs + uncancellableSeconds * 1000) return 'refused'
    this.#forget(verification)
    this.#listener.onCancel(verification)
    return 'cancelled'
  }

  next(id: string): 'begun' | 'no more events' | 'not running' {
    const verification = this.#running.get(id)
    if (!verification) return 'not running'
    if (verification.at === verification.steps.length - 1) return 'no more events'
    this.#leaveStep(verification)
    return 'begun'
  }

  /** What would be sent next. */
  nextStep(id: string): WorkflowStep | undefined {
    const running = this.#running.get(id)
    return running?.order.workflow[running.at + 1]
  }

  /** The silent authentication that a phone may follow now. */
  silentAuth(id: string): SilentAuth | 'not now' | 'not running' {
    const verification = this.#running.get(id)
    if (!verification) return 'not running'
    const step = silentAuthOf(verification)
    if (!step) return 'not now'
    return { redirectUrl: step.redirect_url, confirm: () => this.#confirm(verification, step) }
  }

  #confirm(verification: Running, step: SilentAuthStep): ReturnType<SilentAuth['confirm']> {
    const fate = silentAuthFate(step.to)
    if (fate === 'succeeds') {
      verification.code ??= this.#random.hex(silentAuthCodeLength)
      return { code: verification.code }
    }
    this.#endStep(verification, 'failed')
    this.#goOn(verification, 'failed')
    return { failure: fate }
  }

  /** The next step of the workflow that can begin; where none is left, the verification has ended so. */
  #goOn(verification: Running, ending: Ending): void {
    this.#schedule.callOff(verification.next)
    verification.at += 1
    const run = verification.steps[verification.at]
    const step = verification.order.workflow[verification.at]
    if (!run || !step) {
      this.#finish(verification, ending)
      return
    }
    run.status = 'running'
    run.initiatedAtMs = this.#clock.now()
    if (step.channel === 'silent_auth') this.#beginSilentAuth(verification, step)
    else this.#send(verification, step)
  }

  #beginSilentAuth(verification: Running, step: SilentAuthStep): void {
    if (lacksCoverage(step)) {
      this.#endStep(verification, 'failed')
      this.#goOn(verification, 'failed')
      return
    }
    verification.events += 1
    verification.wrongCodes = 0
    this.#leaveLater(verification, silentAuthSeconds)
    this.#listener.onSilentAuth(verification)
  }

  #send(verification: Running, step: MessageStep): void {
    const fate = messageFate(step.to)
    if (fate === 'blocked' || (fate === 'suspected of fraud' && verification.order.fraud_check)) {
      this.#endStep(verification, 'blocked')
      this.#finish(verification, 'blocked')
      return
    }
    verification.events += 1
    if (fate === 'fails') {
      this.#endStep(verification, 'failed')
      this.#goOn(verification, 'failed')
      return
    }
    const code = this.#codeFor(verification, step)
    if (code !== verification.sentCode) verification.wrongCodes = 0
    verification.code = code
    verification.sentCode = code
    this.#leaveLater(verification, verification.order.channel_timeout)
    this.#listener.onMessage(verification, step, code)
  }

  #codeFor({ order, sentCode }: Running, { reuse_code }: MessageStep): string {
    return order.code ?? (reuse_code ? sentCode : undefined) ?? this.#random.digits(order.code_length)
  }

  #leaveLater(verification: Running, seconds: number): void {
    const atMs = this.#clock.now() + seconds * 1000
    verification.next = this.#schedule.at(atMs, () => this.#leaveStep(verification))
  }

  #leaveStep(verification: Running): void {
    this.#endStep(verification, 'expired')
    this.#goOn(verification, 'expired')
  }

  #endStep(verification: Running, ending: Ending): void {
    const step = verification.steps[verification.at]
    if (!step) return
    step.status = ending
    this.#listener.onStepEnd(verification, step, ending)
  }

  #finish(verification: Running, ending: Ending): void {
    this.#forget(verification)
    this.#listener.onEnd(verification, ending)
  }

  #forget(verification: Running): void {
    this.#schedule.callOff(verification.next)
    this.#running.delete(verification.id)
    for (const { to } of verification.order.workflow) this.#runningByAddress.delete(to)
  }
}

/** The silent authentication that runs, if one does. */
function silentAuthOf({ order, at }: Running): SilentAuthStep | undefined {
  const step = order.workflow[at]
  return step?.channel === 'silent_auth' ? step : undefined
}

function lacksCoverage(step: WorkflowStep): boolean {
  return step.channel === 'silent_auth' && step.coverage_check && silentAuthFate(step.to) === 'network not supported'
}
