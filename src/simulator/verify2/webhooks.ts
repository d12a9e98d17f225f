import { createHash, createHmac } from 'node:crypto'
import { systemClock } from '../../clock.ts'
import { Latest } from '../latest.ts'
import type { Random } from '../random.ts'

/** Where an application wants to be told, and the secret of the account that the signatures come from. */
export interface WebhookTarget {
  url: string
  signatureSecret: string
  /** How long to wait for an answer, in real milliseconds: 5000 unless given. */
  timeoutMs?: number
}

/** A webhook that was sent once, or tried to be. */
interface Delivery {
  /** In simulated time. */
  sent_at: string
  url: string
  authorization: string
  body: object
  result: { http_status: number } | { error: string }
}

interface WebhooksOptions {
  target: WebhookTarget | undefined
  apiKey: string
  random: Random
  /** How many may wait for their turn: 10,000 unless given. */
  maxWaiting?: number
}

const defaultTimeoutMs = 5000
const defaultMaxWaiting = 10_000
const maxDeliveries = 1000

/** Tells an application by signed webhooks, one after the other, each once. */
export class Webhooks {
  readonly #options: WebhooksOptions
  readonly #deliveries = new Latest<Delivery>(maxDeliveries)
  readonly #ending = new AbortController()
  #waiting = 0
  #last: Promise<void> = Promise.resolve()

  constructor(options: WebhooksOptions) {
    this.#options = options
  }

  send(body: object, applicationId: string, sentAtMs: number): void {
    const { target, maxWaiting = defaultMaxWaiting } = this.#options
    if (!target) return
    const text = JSON.stringify(body)
    const authorization = `Bearer ${this.#sign(text, applicationId, target.signatureSecret)}`
    const delivery = { sent_at: new Date(sentAtMs).toISOString(), url: target.url, authorization, body }
    if (this.#waiting >= maxWaiting) {
      this.#deliveries.add({ ...delivery, result: { error: 'not sent: too many webhooks wait' } })
      return
    }
    this.#waiting += 1
    this.#last = this.#last.then(async () => {
      const result = await this.#post(target, authorization, text)
      this.#waiting -= 1
      this.#deliveries.add({ ...delivery, result })
    })
  }

  /** The latest deliveries, oldest first, once those under way have come to an end. */
  async deliveries(): Promise<Delivery[]> {
    await this.#last
    return this.#deliveries.all()
  }

  end(): void {
    this.#ending.abort(new Error('the simulator has begun anew or ended'))
  }

  async #post(target: WebhookTarget, authorization: string, body: string): Promise<Delivery['result']> {
    const { url, timeoutMs = defaultTimeoutMs } = target
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(timeoutMs)])
    const headers = { authorization, 'content-type': 'application/json' }
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await response.body?.cancel()
      return { http_status: response.status }
    } catch (error) {
      return { error: reasonOf(error) }
    }
  }

  /** The JWT lives in real time, as the application does that reads it. */
  #sign(body: string, applicationId: string, secret: string): string {
    const claims = {
      iat: Math.floor(systemClock.now() / 1000),
      jti: this.#options.random.uuid(),
      iss: 'Vonage',
      payload_hash: createHash('sha256').update(body).digest('hex'),
      api_key: this.#options.apiKey,
      application_id: applicationId,
    }
    const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
}

/** What went wrong with a connection is the cause of what fetch throws. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
