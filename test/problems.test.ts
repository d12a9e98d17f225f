import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../src/errors.ts'
import { problemsOf } from '../src/operation.ts'
import { operations } from '../src/operations.ts'
import { problems } from '../src/problems.ts'
import { type Answer, startGateway } from './support/gateway.ts'
import { ownRows } from './support/own-provocations.ts'
import {
  refusedChecks,
  refusedRequests,
  unansweredChecks,
  unansweredRequests,
  vonageRows,
} from './support/provocations.ts'
import { paths, stage } from './support/provoking.ts'
import { gist } from './support/verifying.ts'

/** Problems that no caller can bring about, and who tests them. */
const provokedElsewhere: Record<string, string> = {
  internal: 'nothing should lead to it; the last test here breaks the gateway to see it',
}

function assertIsProblem({ status, headers, body }: Answer): void {
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json(;|$)/)
  assert.equal(body.type, `/problems/${body.code}`)
  assert.equal(body.status, status)
  assert.equal(body.title, Object.entries(problems).find(([code]) => code === body.code)?.[1].title)
  assert.match(body.detail, /^\S.*$/)
  assert.equal(headers.get('retry-after') ?? undefined, body.retry_after_seconds?.toString())
  assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(headers.get('cache-control'), 'no-store')
}

describe('each row of the error table', { concurrency: 4 }, () => {
  for (const row of [...vonageRows, ...ownRows]) {
    test(`${row.answers} when ${row.when}`, async () => {
      await using on = await stage(row.env)
      const answer = await row.provoke(on)
      assertIsProblem(answer)
      assert.equal(gist(answer), row.answers, answer.body.detail)
      assert.equal(answer.body.upstream?.status, row.upstream)
      assert.equal(answer.body.retry_after_seconds, row.retryAfterSeconds)
      assert.equal(answer.body.attempts_left, row.attemptsLeft)
      for (const { request_id } of await on.messages()) assert.ok(!JSON.stringify(answer.body).includes(request_id))
    })
  }

  test('a problem that an operation answers with is one that it documents', () => {
    for (const { operation: name, answers } of [...vonageRows, ...ownRows]) {
      const operation = operations.find((other) => other.name === name)
      if (name === undefined) continue
      const documented: readonly string[] = operation ? problemsOf(operation) : []
      assert.ok(documented.includes(answers.slice(4)), `${name} does not document ${answers}`)
    }
  })

  test('every problem there is has been provoked here', () => {
    const provoked = new Set([...vonageRows, ...ownRows].map(({ answers }) => answers.slice(4)))
    const missing = Object.keys(problems).filter((code) => !provoked.has(code))
    assert.deepEqual(missing, Object.keys(provokedElsewhere))
  })
})

describe('what a failure leaves behind', { concurrency: 4 }, () => {
  for (const row of refusedRequests) {
    test(`nothing, and the number can be requested again, when ${row.when}`, async () => {
      await using on = await stage(row.env)
      const answer = await row.provoke(on)
      assert.equal(answer.body.request_id, undefined)
      assert.deepEqual((await on.gateway.rest('GET', '/v1/verifications')).body, { verifications: [] })
      const again = await on.request({ brand: 'Another' })
      assert.equal(gist(again), '200 pending')
      assert.equal(again.body.message_sent, true)
    })
  }

  test('nothing when Vonage verifies the number for somebody else', async () => {
    await using on = await stage()
    await on.fault(paths.request, { status: '10' })
    assert.equal((await on.request()).body.request_id, undefined)
    assert.deepEqual((await on.gateway.rest('GET', '/v1/verifications')).body, { verifications: [] })
    assert.equal(gist(await on.request({ brand: 'Another' })), '200 pending')
  })

  for (const row of unansweredRequests) {
    test(`a verification of unknown delivery when ${row.when}`, async () => {
      await using on = await stage(row.env)
      const answer = await row.provoke(on)
      const { body } = await on.look(answer.body.request_id)
      assert.deepEqual([body.state, body.delivery], ['pending', 'unknown'])
    })
  }

  test('one message, not two, when the answer to a request was lost and it is repeated', async () => {
    await using on = await stage()
    await on.fault(paths.request, { connection: 'cut' }, { takes_effect: true })
    const lost = await on.request()
    assert.equal(gist(lost), '504 upstream_unreachable')
    const repeated = await on.request()
    assert.equal(gist(repeated), '200 pending')
    assert.equal((await on.messages()).length, 1)
    assert.equal(gist(await on.checkRight(repeated.body.request_id)), '200 verified')
    assert.equal(await on.state(lost.body.request_id), 'superseded')
  })

  for (const [rows, left] of [
    [refusedChecks, 3],
    [unansweredChecks, 2],
  ] as const) {
    for (const row of rows) {
      test(`${left} tries when ${row.when}`, async () => {
        await using on = await stage(row.env)
        const answer = await row.provoke(on)
        const id: string = answer.body.request_id
        assert.equal((await on.look(id)).body.attempts_left, left)
        // A check whose answer was cut is planned to be cut once more, and one that never arrived is known as such later.
        const isCut = row.when.includes('with cut') || row.when.includes('with stall')
        if (left === 2) await on.gateway.clock.advance(61)
        if (isCut) await on.checkRight(id)
        if (isCut) await on.gateway.clock.advance(61)
        assert.equal((await on.look(id)).body.attempts_left, 3)
        assert.equal(gist(await on.checkRight(id)), '200 verified')
      })
    }
  }
})

test('a fault of our own tells the caller nothing, and the log everything under the id of the request', async () => {
  const newId = () => {
    throw new TypeError('the cupboard is bare')
  }
  await using gateway = await startGateway({ overrides: { newId } })
  const answer = await gateway.rest('POST', '/v1/verifications', { number: '447700900123', brand: 'Acme' })
  assertIsProblem(answer)
  assert.deepEqual(answer.body, {
    type: '/problems/internal',
    title: problems.internal.title,
    status: 500,
    detail: 'Something went wrong here.',
    code: 'internal',
  })
  const line = gateway.log.map((text) => JSON.parse(text)).find(({ err }) => err)
  assert.equal(line.err.message, 'the cupboard is bare')
  assert.equal(line.requestId, answer.headers.get('x-request-id'))
  assert.equal(gateway.calls.length, 0)
})

test('a gateway that cannot reach Vonage sends nothing, says so and keeps nothing', async () => {
  const env = {
    TOLLGATE_MODE: 'sandbox',
    VONAGE_API_KEY: 'k',
    VONAGE_API_SECRET: 's',
    VONAGE_API_HOST: 'http://127.0.0.1:1',
  }
  await using gateway = await startGateway({ env })
  const answer = await gateway.rest('POST', '/v1/verifications', { number: '447700900123', brand: 'Acme' })
  assertIsProblem(answer)
  assert.equal(gist(answer), '504 upstream_unreachable')
  assert.deepEqual((await gateway.rest('GET', '/v1/verifications')).body, { verifications: [] })
  assert.equal((await gateway.rest('GET', '/readyz')).status, 200)
})

test('a problem can be given more members without losing what it says', () => {
  const cause = new Error('why')
  const error = new GatewayError('not_now', 'Later.', { retry_after_seconds: 1, cause }).with({ attempts_left: 2 })
  assert.deepEqual(
    [error.message, error.members, error.cause],
    ['Later.', { retry_after_seconds: 1, attempts_left: 2 }, cause],
  )
})
