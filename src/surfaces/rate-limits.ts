import type { FastifyReply, FastifyRequest } from 'fastify'
import { demandWithin, type Quota, type Rate, RateCounter } from '../access/rates.ts'
import { bucketOf } from '../address.ts'
import type { Clock } from '../clock.ts'

/** How many requests are taken from one address and for one caller; what is absent is not limited. */
export interface RateLimits {
  perAddress?: Rate | undefined
  perCaller?: Rate | undefined
}

/** Counts requests on all surfaces together, and tells what is left in the RateLimit fields (draft 11). */
export class RequestRates {
  readonly #perAddress: RateCounter | undefined
  readonly #perCaller: RateCounter | undefined

  constructor(clock: Clock, { perAddress, perCaller }: RateLimits) {
    this.#perAddress = perAddress && new RateCounter(clock, perAddress)
    this.#perCaller = perCaller && new RateCounter(clock, perCaller)
  }

  /** Throws quota_exceeded. */
  ofAddress({ ip }: FastifyRequest, reply: FastifyReply): void {
    // Of a connection that is broken already there is no address.
    const quota = this.#perAddress?.take(bucketOf(ip ?? ''))
    if (quota) tell(reply, 'address', quota)
    if (quota) demandWithin(quota, 'requests from one address')
  }

  /** Throws quota_exceeded. */
  ofCaller({ caller }: FastifyRequest, reply: FastifyReply): void {
    const quota = caller && this.#perCaller?.take(caller.id)
    if (quota) tell(reply, 'caller', quota)
    if (quota) demandWithin(quota, 'requests of one caller')
  }
}

function tell(reply: FastifyReply, name: string, { limit, windowMs, remaining, resetSeconds }: Quota): void {
  add(reply, 'ratelimit-policy', `"${name}";q=${limit};w=${windowMs / 1000}`)
  add(reply, 'ratelimit', `"${name}";r=${remaining};t=${resetSeconds}`)
}

function add(reply: FastifyReply, field: string, item: string): void {
  const before = reply.getHeader(field)
  reply.header(field, before === undefined ? item : `${before}, ${item}`)
}
