import type * as z from 'zod'
import type { numberPage, orderAnswer } from './schemas.ts'

/**
 * What the gateway asks of Vonage, whichever API stands behind it. Ids are opaque (32 hex in Verify v1, a UUID in v2).
 * Business outcomes are answers; everything else is thrown as an UpstreamFailure.
 */
export interface VerifyApi {
  /** Starts a run: the first message goes out before this answers. */
  start(request: RunRequest): Promise<StartAnswer>
  check(runId: string, code: string): Promise<CheckAnswer>
  /** Ends a run. Vonage refuses in the first 30 seconds and after the second message. */
  cancel(runId: string): Promise<ControlAnswer>
  /** Sends the run's next message now. */
  next(runId: string): Promise<ControlAnswer>
  /**
   * What Vonage knows of runs, ten at most; one that it doesn't know, or not yet, is left out. The codes that people typed
   * come as `codeHash` makes them. Verify v2 has callbacks in its place.
   */
  find?(runIds: string[], codeHash: CodeHash): Promise<Map<string, RunRecord>>
  /** Throws where it is known that no message can be sent now. */
  demandSends(): void
}

export type CodeHash = (runId: string, code: string) => string

/** Parameters of a run; what is left out takes Vonage's default. */
export interface RunRequest {
  /** E.164 without `+`. */
  number: string
  brand: string
  sender_id?: string | undefined
  code_length?: number | undefined
  lg?: string | undefined
  /** Seconds. */
  pin_expiry?: number | undefined
  /** Seconds. */
  next_event_wait?: number | undefined
  /** 1–7: which channels, in which order (v2: a list of channels). */
  workflow_id?: number | undefined
}

/** Vonage's own object, as it came, with no code and no id of a run in it. */
export type UpstreamBody = Record<string, unknown>

/** What Vonage said in refusing. */
export interface Refusal {
  status: string
  error_text?: string
}

export type StartAnswer =
  | { outcome: 'started'; runId: string; body: UpstreamBody }
  /** Another run of this number is going on; its id where Vonage tells it. */
  | { outcome: 'busy'; runId?: string | undefined; refusal: Refusal }

export type CheckAnswer =
  | { outcome: 'verified'; body: UpstreamBody }
  | { outcome: 'wrong' | 'exhausted' | 'gone'; refusal: Refusal }

export type ControlAnswer =
  | { outcome: 'done'; body: UpstreamBody }
  /** `gone`: the run is over or unknown. `refused`: not at this time. */
  | { outcome: 'gone' | 'refused'; refusal: Refusal }

export interface RunRecord {
  state: 'running' | 'verified' | 'failed' | 'expired' | 'cancelled'
  /** By Vonage's clock, whole seconds. */
  submittedAtMs: number
  /** How many of its messages went out, by themselves or because they were asked for. */
  events: number
  /** When the last of them did, by Vonage's clock; undefined where it does not say. */
  lastEventAtMs: number | undefined
  /** Oldest first. */
  checks: { isRight: boolean; codeHash: string }[]
}

export interface NumbersApi {
  owned(query: NumberQuery): Promise<NumberPage>
  available(query: NumberQuery & { country: string }): Promise<NumberPage>
  buy(number: NumberKey): Promise<OrderAnswer>
  cancel(number: NumberKey): Promise<OrderAnswer>
  /** Sets all of `settings`; what is left out may be cleared (Vonage's update is no patch). */
  update(number: NumberKey, settings: Record<string, string>): Promise<OrderAnswer>
}

export interface NumberKey {
  /** ISO 3166 alpha-2. */
  country: string
  /** Digits. */
  msisdn: string
}

export interface NumberQuery {
  country?: string | undefined
  pattern?: string | undefined
  /** 0 starts with, 1 contains, 2 ends with. */
  search_pattern?: number | undefined
  size?: number | undefined
  /** Page, from 1. */
  index?: number | undefined
  type?: string | undefined
  features?: string | undefined
}

/** `count` is of the whole match, not of the page. */
export type NumberPage = z.output<typeof numberPage>
export type NumberEntry = NumberPage['numbers'][number]

/** Vonage's own object. */
export type OrderBody = z.output<typeof orderAnswer>

export type OrderAnswer =
  | { outcome: 'done'; body: OrderBody }
  | { outcome: 'refused'; addressRequired: boolean; refusal: Refusal }
