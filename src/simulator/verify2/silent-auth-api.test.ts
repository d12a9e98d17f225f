import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { startVerify2, toPhone, toSms } from './verify2-under-test.ts'

const unsupported = { channel: 'silent_auth', to: '447700900913' }
const otherPhone = { channel: 'silent_auth', to: '447700900914' }
const confirmation = z.strictObject({ request_id: z.string(), code: z.string() })
const problem = z.object({ title: z.string(), detail: z.string(), type: z.string(), instance: z.string() })

const networkNotSupported = {
  type: 'https://developer.vonage.com/en/api-errors/verify-v2#precondition-failed',
  title: 'Network not supported',
  detail: 'Device number does not resolve to a supported Mobile Network Operator.',
  instance: '',
}

/** A request and the address that its phone is to follow. */
async function startSilently(body: object) {
  const vonage = await startVerify2()
  const { request_id: id, check_url: url } = (await vonage.create(body)).body
  return { vonage, id: String(id), url: String(url) }
}

test('a phone that follows the redirects gets the code that completes the verification', async () => {
  const { vonage, id, url } = await startSilently({ workflow: [toPhone, toSms] })
  await using _ = vonage
  assert.equal(url, `${vonage.base}/v2/verify/${id}/silent-auth/redirect`)
  const first = await vonage.visit(url)
  assert.equal(first.status, 302)
  const last = await vonage.visit(new URL(first.headers.get('location') ?? '', url).href)
  assert.deepEqual([last.status, last.headers.get('content-type')], [200, 'application/json'])
  const { request_id, code } = confirmation.parse(await last.json())
  assert.equal(request_id, id)
  assert.deepEqual(confirmation.parse(await (await fetch(url)).json()), { request_id, code }, 'as often as it asks')
  assert.deepEqual((await vonage.check(id, code)).body, { request_id: id, status: 'completed' })
  assert.deepEqual(vonage.simulator.messages(), [])
})

test('what a phone got is taken as a token too', async () => {
  const { vonage, id, url } = await startSilently({ workflow: [toPhone] })
  await using _ = vonage
  const { code } = confirmation.parse(await (await fetch(url)).json())
  assert.equal((await vonage.call('POST', `/v2/verify/${id}`, { token: code })).status, 200)
})

test('before a phone has come, there is no code to check; afterwards one wrong code ends it', async () => {
  const { vonage, id, url } = await startSilently({ workflow: [toPhone, toSms] })
  await using _ = vonage
  const { status, body } = await vonage.check(id, '1234')
  assert.equal(status, 409)
  assert.deepEqual(
    { ...body, instance: '' },
    {
      type: 'https://developer.vonage.com/en/api-errors/verify-v2#no-code',
      title: 'Conflict',
      detail: 'The current Verify workflow step does not support a code.',
      instance: '',
    },
  )
  await fetch(url)
  assert.equal((await vonage.check(id, 'wrong')).status, 410)
  assert.deepEqual(vonage.simulator.messages(), [])
})

test('a token checks nothing but a silent authentication', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start()
  assert.equal((await vonage.call('POST', `/v2/verify/${id}`, { token: vonage.lastCode() })).status, 409)
})

test('the code of a silent authentication is no longer good when the next step has begun', async () => {
  const { vonage, id, url } = await startSilently({ workflow: [toPhone, { ...toSms, reuse_code: true }] })
  await using _ = vonage
  const { code } = confirmation.parse(await (await fetch(url)).json())
  await vonage.next(id)
  assert.notEqual(vonage.lastCode(), code)
  assert.equal((await vonage.check(id, code)).status, 400)
  const late = await vonage.visit(url)
  assert.equal(late.status, 409)
  assert.equal(
    problem.parse(await late.json()).detail,
    'The operation cannot be performed at this time. Please try again later.',
  )
})

test('a network that is not supported refuses the request, or gives way to the next step', async () => {
  await using vonage = await startVerify2()
  const alone = await vonage.create({ workflow: [unsupported] })
  assert.deepEqual([alone.status, { ...alone.body, instance: '' }], [412, networkNotSupported])
  const both = await vonage.create({ workflow: [unsupported, toSms] })
  assert.deepEqual([both.status, Object.keys(both.body)], [202, ['request_id']])
  assert.equal((await vonage.check(String(both.body.request_id), vonage.lastCode())).status, 200)
})

test('a step that could not begin is no event: the message after it can be cancelled', async () => {
  await using vonage = await startVerify2()
  const id = await vonage.start({ workflow: [unsupported, toSms] })
  await vonage.clock.advance(30)
  assert.equal((await vonage.cancel(id)).status, 204)
})

test('without a coverage check it is the phone that learns of the network, and the next step begins', async () => {
  const { vonage, id, url } = await startSilently({ workflow: [{ ...unsupported, coverage_check: false }, toSms] })
  await using _ = vonage
  const answer = await fetch(url)
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [412, 'application/problem+json'])
  assert.deepEqual({ ...problem.parse(await answer.json()), instance: '' }, networkNotSupported)
  assert.equal((await vonage.check(id, vonage.lastCode())).status, 200)
})

test('another phone than that of the number fails', async () => {
  const { vonage, id, url } = await startSilently({ workflow: [otherPhone] })
  await using _ = vonage
  const answer = await fetch(url)
  assert.equal(answer.status, 412)
  const { title, detail } = problem.parse(await answer.json())
  assert.deepEqual(
    [title, detail],
    ['Silent authentication failed', 'The silent auth verification cannot be initiated'],
  )
  assert.equal((await fetch(url)).status, 404)
  assert.equal((await vonage.check(id, '1234')).status, 404)
})

test('with a redirect_url the phone ends there, with the code or the error as a fragment', async () => {
  const redirect_url = 'https://app.example.com/sa?x=1#old'
  await using vonage = await startVerify2()
  const end = async (step: object) => {
    const { body } = await vonage.create({ workflow: [{ ...step, redirect_url }] })
    const first = await vonage.visit(String(body.check_url))
    const last = await vonage.visit(first.headers.get('location') ?? '')
    assert.equal(last.status, 302)
    const url = new URL(last.headers.get('location') ?? '')
    assert.equal(url.href.replace(url.hash, ''), 'https://app.example.com/sa?x=1')
    return { id: String(body.request_id), fragment: Object.fromEntries(new URLSearchParams(url.hash.slice(1))) }
  }
  const { id, fragment } = await end(toPhone)
  assert.deepEqual(Object.keys(fragment), ['request_id', 'code'])
  assert.equal(fragment.request_id, id)
  assert.equal((await vonage.check(id, fragment.code)).status, 200)
  assert.deepEqual((await end(otherPhone)).fragment, {
    error_description: 'The silent auth verification cannot be initiated',
  })
})

test('the address of no request is not found', async () => {
  await using vonage = await startVerify2()
  assert.equal((await vonage.visit('/v2/verify/c11236f4/silent-auth/redirect')).status, 404)
  assert.equal((await vonage.call('POST', '/v2/verify/c11236f4/silent-auth/redirect')).status, 404)
})
