import type { Caller } from '../access/caller.ts'
import { pageOf, readCursor } from '../cursor.ts'
import { GatewayError } from '../errors.ts'
import type { VerificationState } from '../store/store.ts'
import { type CancelAnswer, cancel } from './cancel.ts'
import { type CheckAnswerView, check } from './check.ts'
import { held } from './held.ts'
import { type LinkedView, linked } from './link.ts'
import { type NextAnswer, triggerNext } from './next.ts'
import type { Parts } from './parts.ts'
import { type RequestAnswer, request, type VerificationRequest } from './request.ts'
import { signedResult } from './signed-result.ts'
import { type VerificationView, view } from './view.ts'

/** The life cycle of verifications. Each belongs to the caller, by its id, that made it. Failures are GatewayErrors. */
export interface Verifications {
  /** Under the id of an earlier request: what became of that one, and no other verification. */
  request(input: VerificationRequest, caller: Caller, requestId?: string): Promise<RequestAnswer>
  check(input: { request_id: string; code: string }, caller: string): Promise<CheckAnswerView>
  /** A new token for one that was verified. */
  renewToken(requestId: string, caller: string): Promise<{ verification_token: string }>
  cancel(requestId: string, caller: string): Promise<CancelAnswer>
  /** Under the id of an earlier call: what became of that one, and no other message where it sent one. */
  triggerNext(requestId: string, caller: Caller, intentId?: string): Promise<NextAnswer>
  get(requestId: string, caller: string): Promise<VerificationView>
  /** The verification behind the last part of its link; undefined for what is no link. */
  atLink(token: string): Promise<LinkedView | undefined>
  /** Gives a code at its link, as whose verification it is. */
  checkAtLink(token: string, code: string): Promise<CheckAnswerView>
  list(query: ListQuery, caller: string): Promise<{ verifications: VerificationView[]; next_cursor?: string }>
}

export interface ListQuery {
  state?: VerificationState | undefined
  cursor?: string | undefined
  limit: number
}

export function createVerifications(parts: Parts): Verifications {
  const { store, clock } = parts

  async function look(id: string, caller: string): Promise<VerificationView> {
    const { verification, run, pendingOnRun } = await held(store, id, caller)
    return view(verification, run, { pendingOnRun, now: clock.now() })
  }

  return {
    request: (input, caller, requestId) => request(parts, { ...input, requestId }, caller),
    check: (input, caller) => check(parts, input, caller),
    async renewToken(requestId, caller) {
      return { verification_token: await signedResult(parts, await held(store, requestId, caller)) }
    },
    cancel: (requestId, caller) => cancel(parts, requestId, caller),
    triggerNext: (id, caller, intentId) => triggerNext(parts, { id, caller, intentId }),
    get: look,
    atLink: async (token) => (await linked(parts, token))?.view,
    async checkAtLink(token, code) {
      const found = await linked(parts, token)
      if (!found) throw new GatewayError('verification_not_found', 'There is no verification behind this link.')
      return check(parts, { request_id: found.view.request_id, code }, found.caller)
    },
    async list({ state, cursor, limit }, caller) {
      const before = cursor === undefined ? undefined : readCursor(cursor)
      const found = await store.verificationsOf({ caller, state, before, limit: limit + 1 })
      const { page, next } = pageOf(found, { limit, placeOf: (verification) => verification })
      const verifications = await Promise.all(page.map(({ id }) => look(id, caller)))
      return { verifications, ...next }
    },
  }
}
