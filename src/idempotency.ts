import * as z from 'zod'
import { canonicalJson } from './canonical-json.ts'
import type { Clock } from './clock.ts'
import { GatewayError } from './errors.ts'
import type { DataKeys } from './privacy.ts'
import { type ProblemCode, problems } from './problems.ts'
import type { IdempotencyKey, Store } from './store/store.ts'
import { UpstreamFailure } from './vonage/errors.ts'

/** How a call is known again. */
export type Repeats =
  /** By the key that its caller gave it. `onReplay` hears of an answer that is not new. */
  | { key: string; onReplay: () => void }
  /** By being the same call, for so long: where callers can give no key. */
  | { windowMs: number }

export interface KeyedCall {
  caller: string
  repeats: Repeats
  /** What has to be the same in a repeat: JSON, in which the order of members does not matter. */
  payload: unknown
}

type Answer = Readonly<Record<string, unknown>>

export interface Work {
  /** Does it; what it makes is to have this id, by which a repeat finds it after a lost answer or a crash. */
  run(intentId: string): Promise<Answer>
  /** What of the answer may be stored. */
  store(answer: Answer): Answer
  /** The answer to a repeat, from what was stored. */
  replay(stored: Answer): Promise<Answer>
}

/** One effect for a key, however often its call is repeated. Failures are GatewayErrors, stored ones included. */
export interface Idempotency {
  once(call: KeyedCall, work: Work): Promise<Answer>
}

export interface IdempotencyParts {
  store: Store
  keys: DataKeys
  clock: Clock
  newId: () => string
}

const keptMs = 86_400_000
/** Longer than a call takes, with its waiting for turns and for Vonage: then whoever ran it is taken for dead. */
const runningMs = 300_000
/** More than one for each key that is taken, so that they do not pile up. */
const erasedAtOnce = 100

export function createIdempotency(parts: IdempotencyParts): Idempotency {
  return {
    async once(call, work) {
      const claimed = await claim(parts, call)
      if (claimed.stored) {
        if ('onReplay' in call.repeats) call.repeats.onReplay()
        if ('problem' in claimed.stored) throw revived(claimed.stored.problem)
        return work.replay(claimed.stored.answer)
      }
      const answer = await work.run(claimed.key.intentId).catch(async (error) => {
        await settleFailure(parts, claimed, error)
        throw error
      })
      await keep(parts, claimed.key, { answer: work.store(answer) })
      return answer
    },
  }
}

const problem = z.object({
  code: z.custom<ProblemCode>((code) => typeof code === 'string' && Object.hasOwn(problems, code)),
  detail: z.string(),
  request_id: z.string().optional(),
  upstream: z.object({ status: z.string(), error_text: z.string().optional() }).optional(),
  attempts_left: z.number().optional(),
})
const storedAnswer = z.union([z.object({ problem }), z.object({ answer: z.record(z.string(), z.unknown()) })])
type StoredAnswer = z.output<typeof storedAnswer>

function revived({ code, detail, ...members }: z.output<typeof problem>): GatewayError {
  return new GatewayError(code, detail, members)
}

interface Claimed {
  key: IdempotencyKey
  /** Whether the call ran before and nobody knows what it did. */
  isResumed: boolean
  /** The answer, where the call was answered before. */
  stored?: StoredAnswer
}

async function claim({ store, keys, clock, newId }: IdempotencyParts, call: KeyedCall): Promise<Claimed> {
  const { caller, repeats, payload } = call
  const payloadHash = keys.hash(canonicalJson(['payload', payload]))
  const keyHash = 'key' in repeats ? keys.hash(canonicalJson(['key', repeats.key])) : payloadHash
  const now = clock.now()
  const expiresAt = now + ('windowMs' in repeats ? repeats.windowMs : keptMs)
  const wanted = { caller, keyHash, payloadHash, intentId: newId(), runningUntil: now + runningMs, expiresAt }
  return store.transaction(keyHash, async (tx) => {
    const fresh = await tx.claimKey(wanted, now)
    await tx.eraseKeys(now, erasedAtOnce)
    if (fresh) return { key: fresh, isResumed: false }
    const resumed = await tx.resumeKey(wanted, now)
    if (resumed) return { key: resumed, isResumed: true }
    const key = await tx.idempotencyKey(wanted)
    if (!key || key.payloadHash !== payloadHash) throw reused()
    if (!key.answerSealed) throw running()
    return { key, isResumed: false, stored: storedAnswer.parse(JSON.parse(keys.open(key.answerSealed))) }
  })
}

function reused(): GatewayError {
  const detail = 'This Idempotency-Key belongs to another request of the last 24 hours.'
  return new GatewayError('idempotency_key_reused', detail)
}

function running(): GatewayError {
  const detail = 'The first call with this Idempotency-Key has no answer yet.'
  return new GatewayError('request_in_progress', detail, { retry_after_seconds: 1 })
}

async function keep({ store, keys }: IdempotencyParts, key: IdempotencyKey, stored: StoredAnswer): Promise<void> {
  const sealed = keys.seal(JSON.stringify(stored))
  await store.transaction(key.keyHash, (tx) => tx.settleKey(key, 'done', sealed))
}

/** A refusal that did nothing frees the key; once an earlier call may have done something, only its outcome does. */
async function settleFailure(parts: IdempotencyParts, { key, isResumed }: Claimed, error: unknown): Promise<void> {
  if (error instanceof GatewayError && isFinal(error)) {
    const { code, message: detail, members } = error
    return keep(parts, key, { problem: { code, detail, ...members } })
  }
  const isUnknown = error instanceof UpstreamFailure ? error.effect === 'unknown' : !(error instanceof GatewayError)
  await parts.store.transaction(key.keyHash, (tx) =>
    isResumed || isUnknown ? tx.settleKey(key, 'unknown') : tx.releaseKey(key),
  )
}

/** What Vonage has said to an intent and would say again. It may have cost a try. */
const finalCodes = new Set<ProblemCode>([
  'wrong_code',
  'attempts_exhausted',
  'number_unreachable',
  'destination_not_supported',
  'network_blocked',
  'number_unavailable',
  'address_required',
])

/** Without a word of Vonage's, `attempts_exhausted` is about a verification that had ended before. */
function isFinal({ code, members }: GatewayError): boolean {
  return finalCodes.has(code) && (code !== 'attempts_exhausted' || members.upstream !== undefined)
}
