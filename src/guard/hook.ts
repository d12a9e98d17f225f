import type { RequestContext } from './context.ts'

/** A message that is asked for, as the operator's own service is told of it. */
export interface HookQuestion {
  /** The whole number, E.164 without `+`. */
  number: string
  country: string | undefined
  line_type: string
  channels: readonly string[]
  brand: string
  /** The id of the key or client that asks. */
  caller: string
  context: RequestContext
  /** Whether it is a person whose lane has room. */
  known: boolean
  /** Of all messages of the run, in EUR. */
  expected_cost: string
}

export interface HookAnswer {
  answer: 'allow' | 'challenge' | 'block'
  /** What decided, as decisions show it: `hook`, or `hook.` and the service's own word. */
  rule: string
}

/** Asks the operator's own service about a message before anything is sent. No answer is a challenge, never a refusal to answer. */
export type Hook = (question: HookQuestion) => Promise<HookAnswer>
