import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Secret } from '../privacy.ts'
import { Outage, UpstreamFailure } from './errors.ts'
import { type Exchanged, exchange } from './exchange.ts'
import type { Pace, Urgency } from './pace.ts'

export interface TransportOptions {
  /** Scheme, host and port, such as https://api.nexmo.com. */
  origin: string
  apiKey: string
  apiSecret: Secret
  /** How long to wait for an answer. */
  timeoutMs: number
}

export interface Call {
  method: 'GET' | 'POST'
  path: string
  parameters: Record<string, string | number | string[] | undefined>
  pace: Pace
  urgency: Urgency
}

export interface HttpAnswer {
  status: number
  body: unknown
}

const connectTimeoutMs = 5000
const largestAnswerBytes = 4 * 1024 * 1024
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** One host of Vonage: a keep-alive pool, HTTP Basic, form bodies, time-outs, and no call repeated that could count twice. */
export class Transport {
  readonly #pool: Pool
  readonly #authorization: string
  readonly #timeoutMs: number

  constructor({ origin, apiKey, apiSecret, timeoutMs }: TransportOptions) {
    this.#pool = new Pool(origin, {
      connections: 64,
      connect: { timeout: connectTimeoutMs },
      maxResponseSize: largestAnswerBytes,
    })
    this.#authorization = `Basic ${Buffer.from(`${apiKey}:${apiSecret.reveal()}`).toString('base64')}`
    this.#timeoutMs = timeoutMs
  }

  /** Any HTTP status below 500 is an answer. Throws an UpstreamFailure that says whether something may have happened. */
  async call(call: Call): Promise<HttpAnswer> {
    try {
      return await this.#once(call)
    } catch (error) {
      if (!(error instanceof UpstreamFailure) || !mayRepeat(call, error)) throw error
      await pause(200)
      return this.#once(call)
    }
  }

  async #once({ method, path, parameters, pace, urgency }: Call): Promise<HttpAnswer> {
    await pace.turn(urgency)
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(parameters)) {
      for (const each of value === undefined ? [] : [value].flat()) form.append(name, String(each))
    }
    const headers = { authorization: this.#authorization, accept: 'application/json', 'user-agent': 'tollgate' }
    const request =
      method === 'GET'
        ? { method, path: form.size > 0 ? `${path}?${form}` : path, headers }
        : {
            method,
            path,
            headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
            body: String(form),
          }
    const answer = await exchange(this.#pool, request, this.#timeoutMs).catch((error: unknown) => {
      throw unreachable(error, method)
    })
    return read(answer, method)
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

function mayRepeat(call: Call, failure: UpstreamFailure): boolean {
  if (failure.code === 'upstream_throttled') return false
  return call.method === 'GET' || failure.effect === 'none'
}

function unreachable(error: unknown, method: string): UpstreamFailure {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : ''
  const refused = neverConnected.has(reason)
  const detail = refused ? 'Vonage cannot be reached.' : 'Vonage did not answer in time.'
  const effect = refused || method === 'GET' ? 'none' : 'unknown'
  return new Outage('upstream_unreachable', detail, effect, { cause: error })
}

function read({ status, text }: Exchanged, method: string): HttpAnswer {
  const effect = method === 'GET' ? 'none' : 'unknown'
  if (status >= 500) throw new Outage('upstream_error', `Vonage answered with HTTP ${status}.`, effect)
  try {
    return { status, body: text === '' ? {} : JSON.parse(text) }
  } catch (cause) {
    throw new UpstreamFailure('upstream_error', `Vonage answered with HTTP ${status} and no JSON.`, effect, { cause })
  }
}
