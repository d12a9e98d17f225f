import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { Channels, SilentAuthChannel, Verify2 } from '@vonage/verify2'
import { startVonageForSdks, thrown } from './support/vonage-for-sdks.ts'

const newKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
const applicationId = '29f769f7-7ce1-46c9-ade3-f2dedee4ffff'
const { publicKey, privateKey } = newKeys()
const number = '447700900123'
const toSms = { channel: Channels.SMS as const, to: number }
const toVoice = { channel: Channels.VOICE as const, to: number }
const authorization = 'bearer'

async function start() {
  const vonage = await startVonageForSdks({ applications: [{ id: applicationId, publicKey }] })
  return { ...vonage, verify2: new Verify2({ applicationId, privateKey }, vonage.hosts) }
}

/** Where a phone is sent to. */
async function follow(url: string): Promise<string> {
  const { headers } = await fetch(url, { redirect: 'manual' })
  return new URL(headers.get('location') ?? '', url).href
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item> {
  for await (const item of items) return item
  throw new Error('there is none')
}

/** A problem without the instance, which names the occurrence. */
async function problem(call: Promise<unknown>) {
  const { message, body } = await thrown(call)
  const { instance, ...rest } = Object(body)
  assert.equal(typeof instance, 'string')
  return { message, ...rest }
}

test('@vonage/verify2 starts a verification and checks its code', async () => {
  await using vonage = await start()
  const { verify2, codeFor, wire } = vonage
  const wish = { brand: 'Acme', locale: 'en-gb', channelTimeout: 60, clientRef: 'ref1', codeLength: 6 as const }
  const started = await verify2.newRequest({ ...wish, workflow: [{ ...toSms, from: 'BANK' }] })
  const { requestId } = started
  assert.match(requestId, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  assert.deepEqual(started, { requestId, checkUrl: undefined })
  assert.deepEqual(wire(), {
    method: 'POST',
    path: '/v2/verify',
    parameters: {
      brand: 'Acme',
      locale: 'en-gb',
      channel_timeout: '60',
      client_ref: 'ref1',
      code_length: '6',
      workflow: [JSON.stringify({ channel: 'sms', to: number, from: 'BANK' })],
    },
    authorization,
  })
  const code = codeFor(number)
  assert.match(code, /^\d{6}$/)
  assert.equal(await verify2.checkCode(requestId, code), 'completed')
  assert.deepEqual(wire(), { method: 'POST', path: `/v2/verify/${requestId}`, parameters: { code }, authorization })
})

test('@vonage/verify2 throws that codes are wrong, the third time that it is over, and then that there is none', async () => {
  await using vonage = await start()
  const { verify2 } = vonage
  const { requestId } = await verify2.newRequest({ brand: 'Acme', workflow: [toSms] })
  const wrong = {
    message: 'Request failed with status code 400',
    type: 'https://developer.nexmo.com/api-errors#bad-request',
    title: 'Invalid Code',
    detail: 'The code you provided does not match the expected value.',
  }
  assert.deepEqual(await problem(verify2.checkCode(requestId, 'wrong')), wrong)
  assert.deepEqual(await problem(verify2.checkCode(requestId, 'wrong')), wrong)
  assert.deepEqual(await problem(verify2.checkCode(requestId, 'wrong')), {
    message: 'Request failed with status code 410',
    type: 'https://developer.nexmo.com/api-errors#gone',
    title: 'Invalid Code',
    detail: 'An incorrect code has been provided too many times. Workflow terminated.',
  })
  assert.deepEqual(await problem(verify2.checkCode(requestId, 'wrong')), {
    message: 'Request failed with status code 404',
    type: 'https://developer.vonage.com/api-errors#not-found',
    title: 'Not Found',
    detail: `Request ${requestId} was not found or it has been verified already.`,
  })
})

test('@vonage/verify2 throws what a request is refused for', async () => {
  await using vonage = await start()
  const { verify2 } = vonage
  const { requestId } = await verify2.newRequest({ brand: 'Acme', workflow: [toSms] })
  assert.deepEqual(await problem(verify2.newRequest({ brand: 'Acme', workflow: [toSms] })), {
    message: 'Request failed with status code 409',
    type: 'https://developer.vonage.com/en/api-errors/verify-v2#concurrent',
    title: 'Conflict',
    detail: 'Concurrent verifications to the same number are not allowed',
    request_id: requestId,
  })
  const invalid = await problem(verify2.newRequest({ brand: 'x'.repeat(19), workflow: [toSms] }))
  assert.deepEqual(
    [invalid.message, invalid.title, invalid.invalid_parameters.map(({ name }: { name: string }) => name)],
    ['Request failed with status code 422', 'Invalid params', ['brand']],
  )
})

test('@vonage/verify2 cancels after thirty seconds, not before and not twice', async () => {
  await using vonage = await start()
  const { verify2, clock, wire } = vonage
  const { requestId } = await verify2.newRequest({ brand: 'Acme', workflow: [toSms] })
  assert.equal(await verify2.cancel(requestId), false)
  await clock.advance(30)
  assert.equal(await verify2.cancel(requestId), true)
  assert.deepEqual(wire(), { method: 'DELETE', path: `/v2/verify/${requestId}`, parameters: {}, authorization })
  assert.equal(await verify2.cancel(requestId), false)
})

test('@vonage/verify2 goes to the next workflow until none is left', async () => {
  await using vonage = await start()
  const { verify2, codeFor, wire } = vonage
  const { requestId } = await verify2.newRequest({ brand: 'Acme', workflow: [toSms, toVoice] })
  const sent = codeFor(number)
  assert.equal(await verify2.nextWorkflow(requestId), true)
  const path = `/v2/verify/${requestId}/next_workflow`
  assert.deepEqual(wire(), { method: 'POST', path, parameters: {}, authorization })
  const called = codeFor(number)
  assert.notEqual(called, sent)
  assert.equal(await verify2.nextWorkflow(requestId), false)
  assert.equal(await verify2.checkCode(requestId, called), 'completed')
})

test('@vonage/verify2 gets the address that authenticates a phone silently, and its code', async () => {
  await using vonage = await start()
  const { verify2, hosts } = vonage
  const silently = { channel: SilentAuthChannel.SILENT_AUTH, to: number, redirectUrl: `${hosts.apiHost}/inbox` }
  const { requestId, checkUrl } = await verify2.newRequest({ brand: 'Acme', workflow: [silently, toSms] })
  assert.equal(checkUrl, `${hosts.apiHost}/v2/verify/${requestId}/silent-auth/redirect`)
  const operator = await follow(String(checkUrl))
  const home = new URL(await follow(operator))
  const result = new URLSearchParams(home.hash.slice(1))
  assert.equal(result.get('request_id'), requestId)
  assert.equal(await verify2.checkCode(requestId, String(result.get('code'))), 'completed')
})

test('@vonage/verify2 reads templates and their texts, and may not change them', async () => {
  await using vonage = await start()
  const { verify2 } = vonage
  const template = await firstOf(verify2.listAllTemplates())
  const { templateId } = template
  assert.deepEqual(await verify2.getTemplate(templateId), template)
  const fragment = await firstOf(verify2.listAllTemplateFragments({ templateId }))
  const { templateFragmentId } = fragment
  assert.equal((await verify2.getTemplateFragment(templateId, templateFragmentId)).text, fragment.text)
  for (const change of [
    () => verify2.createTemplate(template),
    () => verify2.updateTemplate(template),
    () => verify2.deleteTemplate(templateId),
    () => verify2.createTemplateFragment(templateId, fragment),
    () => verify2.updateTemplateFragment(templateId, fragment),
    () => verify2.deleteTemplateFragment(templateId, templateFragmentId),
  ])
    assert.equal((await problem(change())).detail, 'Templates management is not enabled for your account')
})

test('@vonage/verify2 throws a refusal of a signature that is not its application’s', async () => {
  await using vonage = await start()
  const stranger = new Verify2({ applicationId, privateKey: newKeys().privateKey }, vonage.hosts)
  assert.deepEqual(await problem(stranger.newRequest({ brand: 'Acme', workflow: [toSms] })), {
    message: 'Request failed with status code 401',
    type: 'https://developer.vonage.com/api-errors#unauthorized',
    title: 'Unauthorized',
    detail: 'You did not provide correct credentials',
  })
})
