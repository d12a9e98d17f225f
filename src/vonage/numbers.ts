import type * as z from 'zod'
import { plain } from '../plain.ts'
import { refusalOf, UpstreamFailure } from './errors.ts'
import type { HttpAnswer, Transport } from './http.ts'
import type { Pace } from './pace.ts'
import { numberPage, orderAnswer } from './schemas.ts'
import type { NumberPage, NumbersApi, OrderAnswer } from './vonage.ts'

/** The Numbers API: the outcome is in the HTTP status, and now and then in `error-code` behind a 200. */
export function createNumbersApi({ transport, pace }: { transport: Transport; pace: Pace }): NumbersApi {
  type Parameters = Record<string, string | number | undefined>

  async function list(path: string, parameters: Parameters): Promise<NumberPage> {
    const answer = await transport.call({ method: 'GET', path, parameters, pace, urgency: 'check' })
    if (answer.status !== 200) throw refused(answer)
    return parse(numberPage, answer)
  }

  async function order(path: string, parameters: Parameters): Promise<OrderAnswer> {
    const answer = await transport.call({ method: 'POST', path, parameters, pace, urgency: 'send' })
    const body = orderAnswer.safeParse(answer.body)
    const status = body.success ? body.data['error-code'] : String(answer.status)
    if (status === '200' && body.success) return { outcome: 'done', body: plain(body.data) }
    if (status !== '420') throw refused({ ...answer, status: Number(status) })
    const label = body.data?.['error-code-label']
    // Vonage has no code of its own for this case: only the label tells it from "method failed".
    return {
      outcome: 'refused',
      addressRequired: label?.includes('local address') ?? false,
      refusal: refusalOf(status, label),
    }
  }

  return {
    owned: (query) => list('/account/numbers', { ...query }),
    available: (query) => list('/number/search', { ...query }),
    buy: (number) => order('/number/buy', { ...number }),
    cancel: (number) => order('/number/cancel', { ...number }),
    update: (number, settings) => order('/number/update', { ...number, ...settings }),
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, { body }: HttpAnswer): z.output<Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new UpstreamFailure('upstream_error', 'Vonage answered with something else than numbers.', 'none')
}

function refused({ status, body }: HttpAnswer): UpstreamFailure {
  const label = orderAnswer.safeParse(body).data?.['error-code-label']
  const upstream = refusalOf(String(status), label)
  if (status === 401) {
    return new UpstreamFailure('upstream_unauthorized', 'Vonage refuses the credentials of this gateway.', 'none', {
      upstream,
    })
  }
  if (status === 429) {
    const members = { upstream, retry_after_seconds: 1 }
    return new UpstreamFailure('upstream_throttled', 'Vonage asks to slow down.', 'none', members)
  }
  if (status === 400)
    return new UpstreamFailure('invalid_request', 'Vonage finds a parameter invalid.', 'none', { upstream })
  return new UpstreamFailure('upstream_error', `Vonage answered with HTTP ${status}.`, 'unknown', { upstream })
}
