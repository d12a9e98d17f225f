import type { Answer, TestGateway } from './gateway.ts'
import { someNumber } from './verifying.ts'

/** Calls of the REST API with an Idempotency-Key. */
export function keyed(gateway: TestGateway, number = someNumber) {
  const call = (method: string, path: string, key: string, body?: unknown) =>
    gateway.rest(method, path, body, { 'idempotency-key': key })
  return {
    call,
    request: (key: string, more: Record<string, unknown> = {}) =>
      call('POST', '/v1/verifications', key, { number, brand: 'Acme', ...more }),
    check: (key: string, request_id: string, code: string) =>
      call('POST', '/v1/verifications/check', key, { request_id, code }),
    next: (key: string, id: string) => call('POST', `/v1/verifications/${id}/next`, key),
    cancel: (key: string, id: string) => call('POST', `/v1/verifications/${id}/cancel`, key),
    buy: (key: string, offer: object) => call('POST', '/v1/numbers', key, offer),
  }
}

/** Whether an answer is the stored one of an earlier call. */
export function isReplay({ headers }: Answer): boolean {
  return headers.get('idempotent-replayed') === 'true'
}

/** A number that is for sale. */
export async function someOffer(gateway: TestGateway, country = 'GB'): Promise<{ country: string; msisdn: string }> {
  const { body } = await gateway.rest('GET', `/v1/numbers/available?country=${country}&size=1`)
  return { country, msisdn: body.numbers[0].msisdn }
}
