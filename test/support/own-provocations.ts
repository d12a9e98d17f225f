import { request as httpRequest, noon } from './gateway.ts'
import { bearer, makeKey } from './keys.ts'
import type { Provocation } from './provoking.ts'
import { writtenPolicy } from './written-policy.ts'

const json = { 'content-type': 'application/json' }

/** Problems that the gateway finds by itself. */
export const ownRows: readonly Provocation[] = [
  {
    when: 'a member is missing',
    answers: '422 invalid_request',
    operation: 'request-verification',
    provoke: ({ gateway }) => gateway.rest('POST', '/v1/verifications', { brand: 'Acme' }),
  },
  {
    when: 'the body is not JSON',
    answers: '400 malformed_request',
    operation: 'request-verification',
    provoke: ({ gateway }) => gateway.rest('POST', '/v1/verifications', '{', json),
  },
  {
    when: 'the Idempotency-Key is no key',
    answers: '400 malformed_request',
    operation: 'request-verification',
    provoke: ({ gateway }) =>
      gateway.rest('POST', '/v1/verifications', { number: '447700900123', brand: 'Acme' }, { 'idempotency-key': '"' }),
  },
  {
    when: 'another request had the same Idempotency-Key',
    answers: '422 idempotency_key_reused',
    operation: 'request-verification',
    async provoke({ gateway }) {
      const request = (brand: string) =>
        gateway.rest('POST', '/v1/verifications', { number: '447700900123', brand }, { 'idempotency-key': 'k' })
      await request('Acme')
      return request('Other')
    },
  },
  {
    when: 'the body is too large',
    answers: '413 payload_too_large',
    operation: 'request-verification',
    provoke: ({ request }) => request({ brand: 'x'.repeat(16 * 1024) }),
  },
  {
    when: 'the body is no JSON by its type',
    answers: '415 unsupported_media_type',
    operation: 'request-verification',
    provoke: ({ gateway }) =>
      gateway.rest('POST', '/v1/verifications', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
  },
  {
    when: 'a web page of somebody else asks',
    answers: '403 forbidden',
    operation: 'list-owned-numbers',
    provoke: ({ gateway }) => gateway.rest('GET', '/v1/numbers', undefined, { origin: 'https://evil.example' }),
  },
  {
    when: 'a person has to approve it',
    answers: '403 approval_required',
    operation: 'cancel-number',
    env: { TOLLGATE_SPENDING_REST: 'approve' },
    provoke: ({ gateway }) => gateway.rest('DELETE', '/v1/numbers/GB/442039050911'),
  },
  {
    when: 'a purchase would pass the cap of the day',
    answers: '429 quota_exceeded',
    operation: 'buy-number',
    env: { TOLLGATE_SPEND_PER_DAY: '0.10' },
    retryAfterSeconds: 43_200,
    async provoke({ gateway }) {
      const { body } = await gateway.rest('GET', '/v1/numbers/available?country=GB&size=1')
      return gateway.rest('POST', '/v1/numbers', { country: 'GB', msisdn: body.numbers[0].msisdn })
    },
  },
  {
    when: 'there are keys and none is shown',
    answers: '401 unauthenticated',
    operation: 'list-owned-numbers',
    async provoke({ gateway }) {
      await makeKey(gateway)
      return gateway.rest('GET', '/v1/numbers')
    },
  },
  {
    when: 'the key has not the scope',
    answers: '403 forbidden',
    operation: 'list-owned-numbers',
    async provoke({ gateway }) {
      return gateway.rest('GET', '/v1/numbers', undefined, bearer(await makeKey(gateway)))
    },
  },
  {
    when: 'nothing is there',
    answers: '404 not_found',
    provoke: ({ gateway }) => gateway.rest('GET', '/v1/nothing'),
  },
  {
    when: 'the path has no such method',
    answers: '405 method_not_allowed',
    provoke: ({ gateway }) => gateway.rest('PUT', '/v1/numbers'),
  },
  {
    when: 'the kind of number gets no codes',
    answers: '422 number_not_allowed',
    operation: 'request-verification',
    provoke: ({ request }) => request({ number: '+44 909 879 0000' }),
  },
  {
    when: 'the country is not on the list',
    answers: '403 country_not_allowed',
    operation: 'request-verification',
    env: { TOLLGATE_COUNTRIES: 'SE,US' },
    provoke: ({ request }) => request(),
  },
  {
    when: 'the guard wants proof of a person',
    answers: '403 challenge_required',
    operation: 'request-verification',
    env: { TOLLGATE_POLICY: writtenPolicy('{mode: enforce, line_types: {challenge: [mobile]}}') },
    provoke: ({ request }) => request(),
  },
  {
    when: 'the operator has stopped all messages',
    answers: '503 upstream_unavailable',
    operation: 'request-verification',
    retryAfterSeconds: 300,
    env: { TOLLGATE_POLICY: writtenPolicy('kill_switch: true') },
    provoke: ({ request }) => request(),
  },
  {
    when: 'the number had all its messages',
    answers: '429 quota_exceeded',
    operation: 'request-verification',
    retryAfterSeconds: 600,
    env: { TOLLGATE_SENDS_PER_NUMBER: '1/10m' },
    async provoke(stage) {
      await stage.checkRight(await stage.start())
      return stage.request()
    },
  },
  {
    when: 'the day had all its messages',
    answers: '429 quota_exceeded',
    operation: 'request-verification',
    retryAfterSeconds: 12 * 3600,
    env: { TOLLGATE_DAILY_SENDS: '1' },
    async provoke(stage) {
      await stage.start()
      return stage.request({ number: '447700900124' })
    },
  },
  {
    when: 'the number is being verified for another brand',
    answers: '409 verification_pending',
    operation: 'request-verification',
    retryAfterSeconds: 300,
    async provoke(stage) {
      await stage.start()
      return stage.request({ brand: 'Other' })
    },
  },
  {
    when: 'a message to the number is being sent at this moment',
    answers: '409 request_in_progress',
    operation: 'request-verification',
    retryAfterSeconds: 1,
    async provoke(stage) {
      await stage.start()
      stage.sql("update runs set state = 'sending'")
      return stage.request()
    },
  },
  {
    when: 'a code of the same message is being checked at this moment',
    answers: '409 check_in_progress',
    operation: 'check-verification',
    retryAfterSeconds: 1,
    async provoke(stage) {
      const id = await stage.start()
      const lookAt = stage.gateway.clock.now() + 1000
      stage.sql(
        `update runs set check_verification = 'x', check_code = 'x', check_asked_at = 0, check_look_at = ${lookAt}`,
      )
      return stage.checkRight(id)
    },
  },
  {
    when: 'the third code is wrong too',
    answers: '410 attempts_exhausted',
    operation: 'check-verification',
    upstream: '17',
    attemptsLeft: 0,
    async provoke(stage) {
      const id = await stage.start()
      await stage.checkWrong(id)
      await stage.checkWrong(id)
      return stage.checkWrong(id)
    },
  },
  {
    when: 'a code comes after too many wrong ones',
    answers: '410 attempts_exhausted',
    operation: 'check-verification',
    attemptsLeft: 0,
    async provoke(stage) {
      const id = await stage.start()
      for (let tries = 0; tries < 3; tries += 1) await stage.checkWrong(id)
      return stage.checkRight(id)
    },
  },
  {
    when: 'the time of a code is over',
    answers: '410 verification_expired',
    operation: 'check-verification',
    async provoke(stage) {
      const id = await stage.start()
      await stage.gateway.clock.advance(300)
      return stage.checkRight(id)
    },
  },
  {
    when: 'the verification was cancelled',
    answers: '410 verification_cancelled',
    operation: 'check-verification',
    async provoke(stage) {
      const id = await stage.start()
      await stage.cancel(id)
      return stage.checkRight(id)
    },
  },
  {
    when: 'the code was given with another verification',
    answers: '410 verification_superseded',
    operation: 'check-verification',
    async provoke(stage) {
      const first = await stage.start()
      await stage.checkRight(await stage.start())
      return stage.checkRight(first)
    },
  },
  {
    when: 'the code counted already',
    answers: '409 already_verified',
    operation: 'check-verification',
    async provoke(stage) {
      const id = await stage.start()
      await stage.checkRight(id)
      return stage.checkRight(id)
    },
  },
  {
    when: 'nobody knows whether the message went out',
    answers: '409 delivery_unknown',
    operation: 'check-verification',
    async provoke(stage) {
      await stage.fault('/verify/json', { connection: 'cut' })
      const { body } = await stage.request()
      return stage.check(body.request_id, '123456')
    },
  },
  {
    when: 'nobody has the request_id',
    answers: '404 verification_not_found',
    operation: 'get-verification',
    provoke: ({ look }) => look('0'.repeat(32)),
  },
  {
    when: 'the next message is asked for at once',
    answers: '409 not_now',
    operation: 'trigger-next-event',
    retryAfterSeconds: 60,
    provoke: async (stage) => stage.next(await stage.start()),
  },
  {
    when: 'the ledger lacks a table that this program needs',
    answers: '503 overloaded',
    async provoke(stage) {
      stage.sql("delete from migrations where name = '005-days'")
      return httpRequest(`${stage.gateway.addresses.rest}/readyz`)
    },
  },
  {
    when: 'messages are held after a restore',
    answers: '503 overloaded',
    operation: 'request-verification',
    retryAfterSeconds: 90,
    async provoke(stage) {
      stage.sql(`insert into meta (key, value) values ('sends_held_until', '${noon + 90_000}')`)
      return stage.request()
    },
  },
]
