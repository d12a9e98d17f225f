import * as z from 'zod'
import { systemClock } from '../clock.ts'
import type { Hook, HookAnswer } from '../guard/hook.ts'
import type { Log } from '../log.ts'
import type { Secret } from '../privacy.ts'
import { createPost, type Posted } from './post.ts'
import { signedHeaders } from './signing.ts'

export interface HookOptions {
  url: URL
  secrets: readonly Secret[]
  newId: () => string
  log: Log
}

const timeoutMs = 300
const answered = z.object({
  answer: z.enum(['allow', 'challenge', 'block']),
  rule: z
    .string()
    .regex(/^[a-z0-9_]{1,40}$/)
    .optional(),
})

/** Asks by HTTP, signed as webhooks are. The address is the operator's own, so it may be of a private network. */
export function createHook({ url, secrets, newId, log }: HookOptions): { ask: Hook; close: () => Promise<void> } {
  const post = createPost({ privateTargets: true, timeoutMs, readsAnswer: true })

  async function ask(question: Parameters<Hook>[0]): Promise<HookAnswer> {
    const id = newId()
    const sentAtMs = systemClock.now()
    const timestamp = new Date(sentAtMs).toISOString()
    const body = JSON.stringify({ type: 'guard.hook', timestamp, data: question })
    const posted = await post(url.href, signedHeaders({ id, body, sentAtMs }, secrets), body)
    const answer = answerOf(posted)
    if (typeof answer !== 'string') return answer
    log.warn({ hook: url.origin, reason: answer }, 'the hook gave no answer: a challenge is made')
    return { answer: 'challenge', rule: 'hook.unanswered' }
  }
  return { ask, close: () => post.close() }
}

/** The answer, or why there is none. */
function answerOf(posted: Posted): HookAnswer | string {
  if ('error' in posted) return posted.error
  if (posted.status !== 200) return `HTTP ${posted.status}`
  const found = answered.safeParse(jsonOf(posted.text))
  if (!found.success) return 'not an answer: {"answer": "allow"}, "challenge" or "block" is'
  const { answer, rule } = found.data
  return { answer, rule: rule === undefined ? 'hook' : `hook.${rule}` }
}

function jsonOf(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
