/**
 * The ledger: what was intended, what became of it. One interface for every engine; the suite in test/ holds each
 * engine to it. Times are epoch milliseconds. Numbers are here under a keyed hash, masked, and encrypted while a run
 * may still need them; codes never are.
 */
export interface Store extends Reads {
  /**
   * All of `work` or none of it, and nobody else's work on the same thing in between. `about` names the thing: a number's
   * hash for all that belongs to the number.
   */
  transaction<T>(about: string, work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Whether it can be read and its schema is this program's. */
  isReady(): Promise<boolean>
  close(): Promise<void>
}

/** A run: Vonage's request, behind one or more verifications. */
export interface Run {
  id: string
  caller: string
  brand: string
  numberHash: string
  /** Such as 44********23. */
  numberMask: string
  /** Encrypted; gone once the run has ended. */
  numberSealed?: Uint8Array | undefined
  /** What was asked of Vonage, but for number and brand. */
  parameters: RunParameters
  /** Vonage's id; absent until Vonage has answered. */
  upstreamId?: string | undefined
  /** `sending`: Vonage was or is being asked. `unknown`: it did not answer. */
  state: 'sending' | 'running' | 'unknown' | 'ended'
  /** Wrong codes given, counted before Vonage is asked. */
  tries: number
  /** When Vonage was asked. */
  askedAt: number
  /** When the newest message that somebody asked for went out; later events of the workflow count from it. */
  sentAt: number
  /** Which event of the workflow that message was, from 0. */
  eventIndex: number
  /** When the code in that message was made. */
  codeMadeAt: number
  expiresAt: number
  /** When Vonage is to be told to cancel; absent when it isn't. */
  cancelAt?: number | undefined
  /** How many checks of this run Vonage is known to have seen. */
  checksSeen: number
  /** The check that has the run for itself; on a run that has ended, the one that was found to be right. */
  check?: OpenCheck | undefined
  /** The next message that Vonage was asked for, while nobody knows whether it went out. */
  next?: OpenNext | undefined
  /** The intents of the calls whose next message went out: a repeat finds its own. */
  nextsDone: string[]
}

/** A check whose answer is not there yet, or never came. */
export interface OpenCheck {
  verificationId: string
  /** Keyed. */
  codeHash: string
  askedAt: number
  /** When Vonage's record is looked at for what became of it; on a run that has ended, when this is forgotten. */
  lookAt: number
}

/** A next message whose answer is not there yet, or never came. */
export interface OpenNext {
  /** The run's next event, or its cancel, so that a run with a new code takes its place. */
  asks: 'event' | 'replacement'
  /** Of the call, where it has repeats. */
  intentId?: string | undefined
  askedAt: number
  /** When Vonage's record is looked at for what became of it. */
  lookAt: number
}

export interface RunParameters {
  sender_id?: string | undefined
  code_length: number
  lg?: string | undefined
  pin_expiry: number
  next_event_wait?: number | undefined
  workflow_id: number
}

/** A verification: what a caller holds. */
export interface Verification {
  id: string
  runId: string
  caller: string
  state: VerificationState
  /** Wrong codes given with it. */
  tries: number
  createdAt: number
  endedAt?: number | undefined
}

export type VerificationState = 'pending' | EndState
export type EndState = 'verified' | 'failed' | 'expired' | 'cancelled' | 'superseded'

/** An order to buy, update or release a number of the account. */
export interface NumberOrder {
  id: string
  caller: string
  action: 'buy' | 'update' | 'cancel'
  country: string
  msisdn: string
  state: 'intended' | 'done' | 'refused' | 'unknown'
  createdAt: number
  settledAt?: number | undefined
  /** What an update is to set; erased when it is settled. */
  settings?: Record<string, string> | undefined
  /** When the owned numbers are looked at for what became of it; absent once it is settled. */
  lookAt?: number | undefined
  /** A look settled it, after its caller was told that nobody knows. */
  isUntold: boolean
}

/** A call with an idempotency key. Of the key and the payload there are keyed hashes. */
export interface IdempotencyKey {
  caller: string
  keyHash: string
  payloadHash: string
  /** The id of what the call makes, known before it is made: a repeat finds it by that. */
  intentId: string
  /** `running`: not answered yet. `done`: answered. `unknown`: nobody knows what it did. */
  state: 'running' | 'done' | 'unknown'
  /** Encrypted. */
  answerSealed?: Uint8Array | undefined
  /** Until when whoever runs it has it for itself; also tells one taking of the key from the next. */
  runningUntil: number
  expiresAt: number
}

export interface Reads {
  verification(id: string): Promise<Verification | undefined>
  run(id: string): Promise<Run | undefined>
  /** A caller's verifications, newest first, from just after `before`. */
  verificationsOf(query: VerificationQuery): Promise<Verification[]>
  pendingOn(runId: string): Promise<Verification[]>
  /** When something falls due next on any run: the end, a cancel, or a look at a check or a next message. */
  nextDueAt(): Promise<number | undefined>
  /** Runs whose end, cancel or look at a check falls due by `now`; one with a check waits for that. */
  due(now: number): Promise<Run[]>
  order(id: string): Promise<NumberOrder | undefined>
  /** The latest order of a number that was not refused. */
  latestOrder(country: string, msisdn: string): Promise<NumberOrder | undefined>
  /** When a look for what became of an order is due next. */
  nextOrderLookAt(): Promise<number | undefined>
}

export interface VerificationQuery {
  caller: string
  state?: VerificationState | undefined
  before?: { createdAt: number; id: string } | undefined
  limit: number
}

export interface Transaction
  extends Reads,
    RunWrites,
    CheckWrites,
    NextWrites,
    VerificationWrites,
    SendWrites,
    OrderWrites,
    KeyWrites {}

export interface RunWrites {
  /** The run of a number that has not ended; there is one at most. */
  liveRun(numberHash: string): Promise<Run | undefined>
  /** Fails when the number has a live run: one that should have been looked for first. */
  insertRun(run: Run): Promise<void>
  /** Changes a run that has not ended, and returns it; undefined when it has. */
  updateRun(id: string, changes: RunChanges): Promise<Run | undefined>
  /** Removes a run, its verifications and its messages: Vonage refused, so nothing happened. */
  forgetRun(id: string): Promise<void>
  /** Whether a run is bound to this id of Vonage's. */
  holdsUpstreamId(upstreamId: string): Promise<boolean>
  /** Runs, checks, next messages, orders and calls with a key that a crash cut off: nobody knows what became of them. */
  markCutOffUnknown(): Promise<void>
  /** Ends a run that has not ended, erases the number and takes back the messages that will not come. */
  endRun(id: string, now: number): Promise<Run | undefined>
}

/** The one check that a run may have at a time. */
export interface CheckWrites {
  /** Takes one try and has the run checked, if a try is left, nobody else checks and no new code is on its way. */
  takeTry(id: string, wanted: { tries: number; check: OpenCheck }): Promise<Run | undefined>
  /** Ends this check of a run that has not ended, and returns the run; undefined when the run has it no more. */
  closeCheck(id: string, check: OpenCheck): Promise<Run | undefined>
  /** Sets when Vonage's record is looked at for what became of the check; false when the run has none. */
  lookAt(id: string, at: number): Promise<boolean>
  /** Remembers on a run that has ended which check was right. */
  keepCheck(id: string, check: OpenCheck): Promise<void>
  forgetCheck(id: string): Promise<void>
}

/** The one next message that a run may have open at a time. */
export interface NextWrites {
  /** Has a run asked for its next message, if it is running and neither a check nor another next message is open. */
  takeNext(id: string, next: OpenNext): Promise<Run | undefined>
  /** Ends this next message, also on a run that has ended, and returns the run; undefined when the run has it no more. */
  closeNext(id: string, next: OpenNext, outcome: { isDone: boolean }): Promise<Run | undefined>
  /** Sets when Vonage's record is looked at for what became of the next message. */
  lookForNext(id: string, next: OpenNext, at: number): Promise<void>
  /** Takes runs whose next message is due for a look, so that nobody else looks before `until`. */
  claimNexts(now: number, until: number): Promise<Run[]>
}

export interface VerificationWrites {
  insertVerification(verification: Verification): Promise<void>
  forgetVerification(id: string): Promise<void>
  /** Counts a try of a pending verification if fewer than `limit` are used. */
  countTry(id: string, limit: number): Promise<Verification | undefined>
  /** Gives back a try that Vonage never saw. */
  returnTry(verificationId: string): Promise<void>
  /** Ends one that is pending; undefined when it isn't. */
  endVerification(id: string, state: EndState, now: number): Promise<Verification | undefined>
  /** Moves the pending verifications of a run to another, with their tries given back. */
  moveVerifications(fromRunId: string, toRunId: string): Promise<void>
}

export interface SendWrites {
  /** Messages of a run, happened or to come; they count against the caps of the number and of their UTC days. */
  insertSends(numberHash: string, runId: string, atMs: number[]): Promise<void>
  /** Takes back the messages of a run from `since` on, up to `until` where it is given. */
  removeSends(runId: string, since: number, until?: number): Promise<void>
  /** Times of a number's messages since `since`, oldest first. */
  sendsTo(numberHash: string, since: number): Promise<number[]>
  /** How many messages fall on the UTC day of `at`, whomever they go to. */
  sendsOfDay(at: number): Promise<number>
}

export interface OrderWrites {
  insertOrder(order: Omit<NumberOrder, 'isUntold'>): Promise<void>
  /** Writes down what Vonage answered, which outranks what a look found. */
  settleOrder(id: string, state: 'done' | 'refused', now: number): Promise<void>
  /** Nobody knows what became of an order that is not settled: it is looked for at `at`. */
  lookForOrder(id: string, at: number): Promise<void>
  /** Takes an order that is due for a look, so that nobody else looks for it before `until`; it is unknown from now on. */
  claimOrder(now: number, until: number): Promise<NumberOrder | undefined>
  /** Writes down what a look found, unless the order is settled. */
  settleUnknownOrder(id: string, state: 'done' | 'refused', now: number): Promise<void>
}

export interface KeyWrites {
  idempotencyKey(key: KeyName): Promise<IdempotencyKey | undefined>
  /** Takes a key that is free or whose time is over. */
  claimKey(key: Omit<IdempotencyKey, 'state' | 'answerSealed'>, now: number): Promise<IdempotencyKey | undefined>
  /** Takes a key again for the same payload, when nobody knows what the call did and nobody runs it. */
  resumeKey(
    key: KeyName & Pick<IdempotencyKey, 'payloadHash' | 'runningUntil'>,
    now: number,
  ): Promise<IdempotencyKey | undefined>
  /** Writes down what became of a call; undefined when somebody else has its key by now. */
  settleKey(key: HeldKey, state: 'done' | 'unknown', answerSealed?: Uint8Array): Promise<IdempotencyKey | undefined>
  /** Makes a key free again; undefined when somebody else has it by now. */
  releaseKey(key: HeldKey): Promise<IdempotencyKey | undefined>
  /** Erases keys whose time is over, `limit` at most. */
  eraseKeys(now: number, limit: number): Promise<void>
}

type KeyName = Pick<IdempotencyKey, 'caller' | 'keyHash'>
type HeldKey = KeyName & Pick<IdempotencyKey, 'runningUntil'>

export type RunChanges = Partial<
  Pick<
    Run,
    | 'upstreamId'
    | 'state'
    | 'askedAt'
    | 'sentAt'
    | 'eventIndex'
    | 'codeMadeAt'
    | 'expiresAt'
    | 'cancelAt'
    | 'checksSeen'
  >
>

/** The ledger refuses to be opened: it belongs to something else. The message says what to do. */
export class StoreRefusal extends Error {
  override readonly name = 'StoreRefusal'
}
