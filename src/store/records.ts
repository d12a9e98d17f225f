/** What a ledger is, said by the first who opens it. */
export interface Claims {
  /** A ledger keeps the mode it was made in. */
  mode: 'sandbox' | 'live'
  /** A fingerprint of the data keys: other keys would find none of the numbers again. */
  keyCheck: string
}

/** A run: Vonage's request, behind one or more verifications. */
export interface Run {
  id: string
  caller: string
  brand: string
  /** Keyed; the run's own id once the number is erased. */
  numberHash: string
  /** Such as 44********23; ** once the number is erased. */
  numberMask: string
  /** Encrypted; absent once it is erased. */
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
  /** Vonage is being told: whoever does so has the run until `cancelAt`. */
  isCancelling: boolean
  /** The region of its number; empty for none. */
  country: string
  /** What each message that its workflow can have is expected to cost, in millionths of a euro. */
  eventCosts: number[]
  /** It was asked for by a known person, in a lane of its own. */
  inLane: boolean
  endedAt?: number | undefined
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
  /** Its caller's own words for the signed result, of this verification alone. */
  nonce?: string | undefined
  purpose?: string | undefined
}

export type VerificationState = 'pending' | EndState
export type EndState = 'verified' | 'failed' | 'expired' | 'cancelled' | 'superseded'

/** An order to buy, update or release a number of the account. */
export interface NumberOrder {
  id: string
  caller: string
  action: 'buy' | 'update' | 'cancel'
  country: string
  /** Keyed; the order's own id once the number is erased. */
  numberHash: string
  /** Encrypted; absent once it is erased. */
  numberSealed?: Uint8Array | undefined
  state: 'intended' | 'done' | 'refused' | 'unknown'
  createdAt: number
  settledAt?: number | undefined
  /** What an update is to set, encrypted; erased when it is settled. */
  settingsSealed?: Uint8Array | undefined
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

/** A pair of keys that results are signed with, for a span of time. */
export interface SigningKey {
  kid: string
  /** JSON, as it is published. */
  publicJwk: string
  /** JSON, encrypted. */
  privateSealed: Uint8Array
  signsFrom: number
  signsUntil: number
}

export interface VerificationQuery {
  caller: string
  state?: VerificationState | undefined
  before?: { createdAt: number; id: string } | undefined
  limit: number
}

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
    | 'isCancelling'
    | 'inLane'
    | 'checksSeen'
  >
>
