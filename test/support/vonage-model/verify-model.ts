import type { Expected } from './answer.ts'
import { type Given, sendsOf, type Wish } from './verify-parameters.ts'
import { type FinalStatus, type ModelRequest, reportOf } from './verify-record.ts'

const seconds = 1000
const cancellableAfterMs = 30 * seconds
const attemptsPerPin = 3
const invalidId = 'Invalid value for param: request_id'
const unprocessed = 'The Vonage platform was unable to process this message for the following reason:'

/** What the contract's tables say of Verify v1, for one number of one account. Ids and codes are learned from outside. */
export class VerifyModel {
  readonly accountId: string
  readonly requests: ModelRequest[] = []
  nowMs: number

  constructor(accountId: string, nowMs: number) {
    this.accountId = accountId
    this.nowMs = nowMs
  }

  /** Time passes, and with it the events of the running request. */
  passTo(atMs: number): void {
    for (let running = this.running(); running && running.nextAtMs <= atMs; running = this.running()) {
      this.nowMs = running.nextAtMs
      this.#goOn(running)
    }
    this.nowMs = atMs
  }

  running(): ModelRequest | undefined {
    const last = this.requests.at(-1)
    return last?.ended ? undefined : last
  }

  request({ wish, refusal }: Given): Expected {
    if (refusal) return refused(refusal.outcome, refusal.status, refusal.text)
    const running = this.running()
    if (running) {
      const text = 'Concurrent verifications to the same number are not allowed'
      return refused('request 10', '10', text, { request_id: running.id })
    }
    this.#begin(wish)
    return answered('request 0', { request_id: /^[\da-f]{32}$/, status: '0' })
  }

  check(id: string, code: string): Expected {
    if (!id) return refused('check 2 request_id', '2', missing('request_id'))
    if (!code) return refused('check 2 code', '2', missing('code'))
    if (isTooLong(id)) return refused('check 3 request_id', '3', invalidId)
    if (!/^[A-Za-z0-9]+$/.test(code)) return refused('check 3 code', '3', 'The code contains invalid characters')
    const running = this.#runningAs(id)
    if (!running) {
      return refused('check 6', '6', `${unprocessed} Request '${id}' was not found or it has been verified already.`)
    }
    const pin = running.pins.at(-1)
    const isExpired = pin !== undefined && this.nowMs >= pin.madeAtMs + running.pinLifeMs
    const isRight = code === pin?.code && !isExpired
    running.checks.push({ atMs: this.nowMs, code, isRight })
    if (isRight) return this.#succeed(running)
    if (pin) pin.wrongCodes += 1
    if (pin?.wrongCodes === attemptsPerPin) {
      this.#end(running, 'FAILED')
      return refused('check 17', '17', 'A wrong code was provided too many times. Workflow terminated')
    }
    const outcome = code === pin?.code ? 'check 16 expired' : 'check 16'
    return refused(outcome, '16', 'The code provided does not match the expected value', { request_id: id })
  }

  control(id: string, command: string): Expected {
    if (!id) return refused('control 2 request_id', '2', missing('request_id'))
    if (!command) return refused('control 2 cmd', '2', missing('cmd'))
    if (isTooLong(id)) return refused('control 3 request_id', '3', invalidId)
    if (command !== 'cancel' && command !== 'trigger_next_event') {
      return refused('control 3', '3', 'Invalid parameter found: cmd')
    }
    const running = this.#runningAs(id)
    if (!running) {
      return refused(`${command} 6`, '6', `The requestId '${id}' does not exist or its no longer active.`)
    }
    return command === 'cancel' ? this.#cancel(running) : this.#trigger(running)
  }

  /** `ids` undefined asks for the one `id`; both empty asks for nothing. */
  search(id: string, ids: string[]): Expected {
    if (!id && ids.length === 0) {
      return refused('search 6', '6', `${unprocessed} Wrong parameters.`, { request_id: '' })
    }
    if (!id && ids.length > 10) return refused('search 18', '18', 'Too many request_ids provided')
    if ((id ? [id] : ids).some(isTooLong)) return refused('search 3', '3', invalidId)
    const found = (id ? [id] : ids).flatMap((each) => this.requests.find((request) => request.id === each) ?? [])
    const [first, ...rest] = found.map((request) => reportOf(request, this.accountId))
    if (!first) return refused('search 101', '101', 'No response found')
    if (id) return answered(`search ${first.status}`, first)
    return answered('search several', { verification_requests: [first, ...rest] })
  }

  #begin(wish: Wish): void {
    const request: ModelRequest = {
      id: '',
      wish,
      ...sendsOf(wish),
      submittedAtMs: this.nowMs,
      nextAtMs: this.nowMs,
      events: [],
      pins: [],
      checks: [],
      ended: undefined,
    }
    this.requests.push(request)
    this.#goOn(request)
  }

  /** The next event, now; or, after the last, the end. A PIN that has lived long enough is replaced at an event. */
  #goOn(request: ModelRequest): void {
    const index = request.events.length
    const channel = request.channels[index]
    if (!channel) {
      this.#end(request, 'EXPIRED')
      return
    }
    const pin = request.pins.at(-1)
    if (!pin || this.nowMs >= pin.madeAtMs + request.pinLifeMs) {
      request.pins.push({ madeAtMs: this.nowMs, wrongCodes: 0, code: undefined })
    }
    request.events.push({ atMs: this.nowMs, channel, pin: request.pins.length - 1, id: undefined })
    request.nextAtMs = this.nowMs + (request.waitsMs[index] ?? 0)
  }

  #succeed(request: ModelRequest): Expected {
    this.#end(request, 'SUCCESS')
    return answered('check 0', {
      request_id: request.id,
      status: '0',
      event_id: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
      price: '0.10000000',
      currency: 'EUR',
      estimated_price_messages_sent: /^\d+\.\d+$/,
    })
  }

  #cancel(request: ModelRequest): Expected {
    const { id } = request
    if (this.nowMs < request.submittedAtMs + cancellableAfterMs) {
      const text = `Verification request ['${id}'] can't be cancelled within the first 30 seconds.`
      return refused('cancel 19 early', '19', text)
    }
    if (request.events.length >= 2) {
      const why = "can't be cancelled now. Too many attempts to re-deliver have already been made."
      return refused('cancel 19 late', '19', `Verification request  ['${id}'] ${why}`)
    }
    this.#end(request, 'CANCELLED')
    return answered('cancel 0', { status: '0', command: 'cancel' })
  }

  #trigger(request: ModelRequest): Expected {
    if (request.events.length === request.channels.length) {
      const text = `No more events are left to execute for the request ['${request.id}']`
      return refused('trigger_next_event 19', '19', text)
    }
    this.#goOn(request)
    return answered('trigger_next_event 0', { status: '0', command: 'trigger_next_event' })
  }

  #end(request: ModelRequest, as: FinalStatus): void {
    request.ended = { as, atMs: this.nowMs }
  }

  #runningAs(id: string): ModelRequest | undefined {
    const running = this.running()
    return running?.id === id ? running : undefined
  }
}

function isTooLong(id: string): boolean {
  return id.length > 32
}

function missing(name: string): string {
  return `Your request is incomplete and missing the mandatory parameter: ${name}`
}

function refused(outcome: string, status: string, text: string, more: object = {}): Expected {
  return answered(outcome, { ...more, status, error_text: text })
}

/** HTTP 200 for every outcome. */
function answered(outcome: string, body: object): Expected {
  return { outcome, httpStatus: 200, body }
}
