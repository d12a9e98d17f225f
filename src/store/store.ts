import type { AlertWrites } from './alerts.ts'
import type { ApiKeyReads, ApiKeyWrites } from './api-keys.ts'
import type { ApprovalReads, ApprovalWrites } from './approvals.ts'
import type { AuditReads, AuditWrites } from './audit.ts'
import type { DecidedReads } from './decided.ts'
import type { DecisionReads, DecisionWrites } from './decisions.ts'
import type { ErasureWrites } from './erasure.ts'
import type { KnownPeopleReads, KnownPeopleWrites } from './known-people.ts'
import type { LevelWrites } from './levels.ts'
import type {
  EndState,
  IdempotencyKey,
  NumberOrder,
  OpenCheck,
  OpenNext,
  Run,
  RunChanges,
  SigningKey,
  Verification,
  VerificationQuery,
} from './records.ts'
import type { RestoreReads, RestoreWrites } from './restore.ts'
import type { SealedReads, SealedWrites } from './sealed.ts'
import type { SpendReads, SpendWrites } from './spends.ts'
import type { ToldPriceReads, ToldPriceWrites } from './told-prices.ts'
import type { WebhookReads, WebhookWrites } from './webhooks.ts'

export type { Alert } from './alerts.ts'
export type { ApiKey, ApiKeySecret } from './api-keys.ts'
export type { Approval, ApprovalQuery, ApprovalState } from './approvals.ts'
export type { AuditEntry, AuditHead } from './audit.ts'
export type { DecidedMessage, SentDecision } from './decided.ts'
export type { Conversion, ConversionQuery, Decision, DecisionQuery, ListedDecision } from './decisions.ts'
export type { Pair } from './known-people.ts'
export type * from './records.ts'
export type { SealedPlace, SealedValue } from './sealed.ts'
export type { SpendTotals } from './spends.ts'
export type {
  AttemptOutcome,
  ClaimedDelivery,
  DeliveryState,
  ListedDelivery,
  ToldNumber,
} from './webhooks.ts'

/**
 * The ledger: what was intended, what became of it. One interface for every engine; the suite in test/ holds each
 * engine to it. Times are epoch milliseconds. Numbers are here under a keyed hash, masked, and encrypted; codes never are.
 */
export interface Store extends Reads {
  /**
   * All of `work` or none of it, and nobody else's work on the same thing in between. `about` names the thing: a number's
   * hash for all that belongs to the number.
   */
  transaction<T>(about: string, work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Whether other programs serve it too. */
  readonly isShared: boolean
  /** Whether it can be read and its schema is this program's. */
  isReady(): Promise<boolean>
  close(): Promise<void>
}

/** A verification, its run, and how many are pending on that. */
export interface VerificationOnRun {
  verification: Verification
  run: Run
  pendingOnRun: number
}

export interface Reads
  extends ApiKeyReads,
    ApprovalReads,
    AuditReads,
    DecisionReads,
    DecidedReads,
    KnownPeopleReads,
    ToldPriceReads,
    SpendReads,
    SigningKeyReads,
    WebhookReads,
    RestoreReads,
    SealedReads {
  verification(id: string): Promise<Verification | undefined>
  run(id: string): Promise<Run | undefined>
  verificationOnRun(id: string): Promise<VerificationOnRun | undefined>
  /** A caller's verifications, newest first, from just after `before`. */
  verificationsOf(query: VerificationQuery): Promise<Verification[]>
  pendingOn(runId: string): Promise<Verification[]>
  /** When something falls due next on any run: the end, a cancel, or a look at a check or a next message. */
  nextDueAt(): Promise<number | undefined>
  order(id: string): Promise<NumberOrder | undefined>
  /** The latest order of a number that was not refused. */
  latestOrder(country: string, numberHash: string): Promise<NumberOrder | undefined>
  /** When a look for what became of an order is due next. */
  nextOrderLookAt(): Promise<number | undefined>
}

export interface Transaction
  extends Reads,
    RunWrites,
    CheckWrites,
    NextWrites,
    VerificationWrites,
    SendWrites,
    OrderWrites,
    KeyWrites,
    PaceWrites,
    SigningKeyWrites,
    ApiKeyWrites,
    ApprovalWrites,
    SpendWrites,
    AuditWrites,
    AlertWrites,
    DecisionWrites,
    KnownPeopleWrites,
    ToldPriceWrites,
    LevelWrites,
    WebhookWrites,
    ErasureWrites,
    RestoreWrites,
    SealedWrites {}

export interface RunWrites {
  /** The run of a number that has not ended; there is one at most. */
  liveRun(numberHash: string): Promise<Run | undefined>
  /** Fails when the number has a live run: one that should have been looked for first. */
  insertRun(run: Run): Promise<void>
  /** Changes a run that has not ended, and returns it; undefined when it has. */
  updateRun(id: string, changes: RunChanges): Promise<Run | undefined>
  /** Removes a run, its verifications and its messages: Vonage refused, so nothing happened. */
  forgetRun(id: string): Promise<void>
  /** How many codes were given for each run of a number that ended after `since`, the last that ended first. */
  triesOfEnded(numberHash: string, since: number): Promise<{ tries: number; endedAt: number }[]>
  /** Whether a run is bound to this id of Vonage's. */
  holdsUpstreamId(upstreamId: string): Promise<boolean>
  /**
   * Runs on which something falls due by `now`, 100 at most; one with a check waits for that. A check to be looked at and
   * a cancel are due again at `until` only, for whoever has died over them.
   */
  claimDue(now: number, until: number): Promise<Run[]>
  /** Takes back a cancel that was to come, and returns the run; undefined when Vonage is being told, or has been. */
  withdrawCancel(id: string): Promise<Run | undefined>
  /** Runs whose sending began before `since` and has not come back: nobody knows what became of them. */
  markLostUnknown(since: number): Promise<void>
  /** Runs, checks, next messages, orders and calls with a key that a crash cut off: nobody knows what became of them. */
  markCutOffUnknown(): Promise<void>
  /** Ends a run that has not ended and takes back the messages that will not come. */
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

/** Happened or to come. */
export interface Message {
  at: number
  /** What it is expected to cost, in millionths of a euro. */
  micros: number
}

export interface MessageTotal {
  sends: number
  micros: number
}

/** All messages, or those of a caller or to a country (empty for numbers of none). */
export type MessagesOf = { of: 'all' } | { of: 'caller' | 'country'; name: string }

export interface SendWrites {
  /** Messages of a run; they count against the caps of the number and of their UTC days. */
  insertSends(numberHash: string, runId: string, messages: Message[]): Promise<void>
  /** Takes back the messages of a run from `since` on, up to `until` where it is given. */
  removeSends(runId: string, since: number, until?: number): Promise<void>
  /** Times of a number's messages since `since`, oldest first. */
  sendsTo(numberHash: string, since: number): Promise<number[]>
  /** What the messages that fall on the UTC day of `at` come to, of all callers together or of one, or to one country. */
  sentOnDay(at: number, of?: MessagesOf): Promise<MessageTotal>
  /** And those of its month. */
  sentInMonth(at: number, of?: MessagesOf): Promise<MessageTotal>
}

export interface OrderWrites {
  insertOrder(order: Omit<NumberOrder, 'isUntold'>): Promise<void>
  /** Writes down what Vonage answered, which outranks what a look found. */
  settleOrder(id: string, state: 'done' | 'refused', now: number): Promise<void>
  /** Nobody knows what became of an order that is not settled: it is looked for at `at`. */
  lookForOrder(id: string, at: number): Promise<void>
  /** Takes an order that is due for a look, so that nobody else looks for it before `until`; it is unknown from now on. */
  claimOrder(now: number, until: number): Promise<NumberOrder | undefined>
  /** Writes down what a look found, and answers whether it did: not where the order is settled. */
  settleUnknownOrder(id: string, state: 'done' | 'refused', now: number): Promise<boolean>
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
  /** Erases keys whose time is over, `limit` at most; answers how many. */
  eraseKeys(now: number, limit: number): Promise<number>
}

/** What nodes that share an account of Vonage's tell each other of their calls. */
export interface PaceWrites {
  pace(name: string): Promise<string | undefined>
  keepPace(name: string, state: string): Promise<void>
}

export interface SigningKeyReads {
  /** All of them, the earliest first. */
  signingKeys(): Promise<SigningKey[]>
}

export interface SigningKeyWrites {
  /** Adds the key of a span; undefined when the span has one. */
  addSigningKey(key: SigningKey): Promise<SigningKey | undefined>
  /** Erases keys that signed until then at the latest. */
  eraseSigningKeys(until: number): Promise<void>
}

type KeyName = Pick<IdempotencyKey, 'caller' | 'keyHash'>
type HeldKey = KeyName & Pick<IdempotencyKey, 'runningUntil'>

/** The ledger refuses to be opened: it belongs to something else. The message says what to do. */
export class StoreRefusal extends Error {
  override readonly name = 'StoreRefusal'
}

/** There is no ledger yet where one is looked for. */
export class NoLedger extends StoreRefusal {}

/** Another ledger than the one that was expected: made in another mode, or with other keys. */
export function foreignLedger(ledger: string, claim: string, made: string): StoreRefusal {
  return new StoreRefusal(
    claim === 'mode'
      ? `${ledger} is a ${made} ledger: set TOLLGATE_MODE=${made} or another DATABASE_URL`
      : `${ledger} was written with other data keys: set TOLLGATE_DATA_KEYS to those`,
  )
}
