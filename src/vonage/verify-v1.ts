import { plain } from '../plain.ts'
import { refusalOf, refusedBy, UpstreamFailure } from './errors.ts'
import type { HttpAnswer, Transport } from './http.ts'
import type { Pace, Urgency } from './pace.ts'
import { type SearchRecord, searchRecord, searchRecords, type VerifyAnswer, verifyAnswer } from './schemas.ts'
import type { CodeHash, ControlAnswer, Refusal, RunRecord, RunRequest, UpstreamBody, VerifyApi } from './vonage.ts'

export interface VerifyV1Options {
  transport: Transport
  /** Shared by request, check and control. */
  pace: Pace
  /** Search has a pace of its own. */
  searchPace: Pace
}

/** Verify v1: HTTP 200 for every business outcome, the outcome in `status`. */
export function createVerifyV1({ transport, pace, searchPace }: VerifyV1Options): Omit<VerifyApi, 'demandSends'> {
  async function post(path: string, parameters: Record<string, string | number | undefined>, urgency: Urgency) {
    return parse(await transport.call({ method: 'POST', path, parameters, pace, urgency }))
  }

  async function control(runId: string, cmd: 'cancel' | 'trigger_next_event'): Promise<ControlAnswer> {
    const answer = await post('/verify/control/json', { request_id: runId, cmd }, 'send')
    if (answer.status === '0') return { outcome: 'done', body: withoutIds(answer) }
    if (answer.status === '6') return { outcome: 'gone', refusal: refusal(answer) }
    if (answer.status === '19') return { outcome: 'refused', refusal: refusal(answer) }
    throw refusedBy(refusal(answer))
  }

  return {
    async start(request: RunRequest) {
      const answer = await post('/verify/json', { ...request }, 'send')
      if (answer.status === '10') return { outcome: 'busy', runId: answer.request_id, refusal: refusal(answer) }
      if (answer.status !== '0') throw refusedBy(refusal(answer))
      if (!answer.request_id) throw new UpstreamFailure('upstream_error', 'Vonage gave the run no id.', 'unknown')
      return { outcome: 'started', runId: answer.request_id, body: withoutIds(answer) }
    },

    async check(runId, code) {
      const answer = await post('/verify/check/json', { request_id: runId, code }, 'check')
      if (answer.status === '0') return { outcome: 'verified', body: withoutIds(answer) }
      if (answer.status === '16') return { outcome: 'wrong', refusal: refusal(answer) }
      if (answer.status === '17') return { outcome: 'exhausted', refusal: refusal(answer) }
      if (answer.status === '6') return { outcome: 'gone', refusal: refusal(answer) }
      throw refusedBy(refusal(answer))
    },

    cancel: (runId) => control(runId, 'cancel'),

    next: (runId) => control(runId, 'trigger_next_event'),

    async find(runIds, codeHash) {
      const parameters = runIds.length === 1 ? { request_id: runIds[0] } : { request_ids: runIds }
      const answer = await transport.call({
        method: 'GET',
        path: '/verify/search/json',
        parameters,
        pace: searchPace,
        urgency: 'check',
      })
      const found = readRecords(answer)
      return new Map(found.map((record) => [record.request_id, toRunRecord(record, codeHash)]))
    },
  }
}

function parse({ status, body }: HttpAnswer): VerifyAnswer {
  const answer = verifyAnswer.safeParse(body)
  if (answer.success && status === 200) return answer.data
  throw new UpstreamFailure('upstream_error', `Vonage answered with HTTP ${status} and no Verify status.`, 'unknown')
}

/** One run or several; none is an answer too. */
function readRecords(answer: HttpAnswer): SearchRecord[] {
  const several = searchRecords.safeParse(answer.body)
  if (several.success) return several.data.verification_requests
  const one = searchRecord.safeParse(answer.body)
  if (one.success) return [one.data]
  const { status, error_text } = parse(answer)
  if (status === '101' || status === '6') return []
  throw refusedBy(refusalOf(status, error_text))
}

function toRunRecord(record: SearchRecord, codeHash: CodeHash): RunRecord {
  const { request_id, status, date_submitted, last_event_date, events, checks } = record
  const hashed = checks.map(({ code, status }) => ({
    isRight: status === 'VALID',
    codeHash: codeHash(request_id, code),
  }))
  return {
    state: status,
    submittedAtMs: date_submitted,
    events: events.length,
    lastEventAtMs: last_event_date,
    checks: hashed,
  }
}

function refusal({ status, error_text }: VerifyAnswer): Refusal {
  return refusalOf(status, error_text)
}

/** The run's id stays in `vonage/` and in the ledger. */
function withoutIds(answer: VerifyAnswer): UpstreamBody {
  const { request_id: _, ...body } = plain(answer)
  return body
}
