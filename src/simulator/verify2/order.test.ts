import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someNumber } from '../simulator-under-test.ts'
import { startVerify2, toEmail, toPhone, toSms } from './verify2-under-test.ts'

const whatsapp = { channel: 'whatsapp', to: someNumber, from: '447700400080' }
const rcs = { channel: 'rcs', to: someNumber, from: 'AcmeAgent' }
const number = 'To must be an international number in digits, without + or 00'

/** The first parameter that is named, and the reason. */
const refused: { body: object; name: string; reason: string }[] = [
  { body: { brand: undefined }, name: 'brand', reason: 'Brand is required' },
  { body: { brand: '' }, name: 'brand', reason: 'Brand must have 1 to 18 characters' },
  { body: { brand: 'nineteen characters' }, name: 'brand', reason: 'Brand must have 1 to 18 characters' },
  { body: { brand: 7 }, name: 'brand', reason: 'Brand must be text' },
  ...['a/b', 'a{', 'a}', 'a:', '$a'].map((brand) => {
    return { body: { brand }, name: 'brand', reason: 'Brand must not have any of / { } : $' }
  }),
  { body: { workflow: undefined }, name: 'workflow', reason: 'Workflow is required' },
  { body: { workflow: toSms }, name: 'workflow', reason: 'Workflow must be a list' },
  { body: { workflow: [] }, name: 'workflow', reason: 'Workflow must have a step' },
  { body: { workflow: [toSms, toSms, toSms, toSms] }, name: 'workflow', reason: 'Workflow must have at most 3 steps' },
  { body: { workflow: ['sms'] }, name: 'workflow[0]', reason: 'Workflow must hold objects' },
  { body: { workflow: [{ to: someNumber }] }, name: 'workflow[0].channel', reason: 'Channel is required' },
  ...['whatsapp_interactive', 'SMS', 7].map((channel) => {
    const reason = 'Channel must be silent_auth, rcs, sms, whatsapp, voice or email'
    return { body: { workflow: [{ channel, to: someNumber }] }, name: 'workflow[0].channel', reason }
  }),
  {
    body: { workflow: [toSms, toPhone] },
    name: 'workflow[1].channel',
    reason: 'Channel must be first where it is silent_auth',
  },
  { body: { workflow: [{ channel: 'sms' }] }, name: 'workflow[0].to', reason: 'To is required' },
  ...['+447700900123', '00447700900123', '447700 900123', '07700900123', 'x', '', '4'.repeat(51)].map((to) => {
    return { body: { workflow: [{ ...toSms, to }] }, name: 'workflow[0].to', reason: number }
  }),
  { body: { workflow: [toSms, { channel: 'voice', to: '1' }] }, name: 'workflow[1].to', reason: number },
  {
    body: { workflow: [{ ...toEmail, to: someNumber }] },
    name: 'workflow[0].to',
    reason: 'To must be an email address',
  },
  {
    body: { workflow: [{ ...toEmail, from: 'Bob' }] },
    name: 'workflow[0].from',
    reason: 'From must be an email address',
  },
  ...['twelve12char', '1'.repeat(16), '', 'Ac me'].map((from) => {
    const reason = 'From must have at most 11 letters and digits, or 15 digits'
    return { body: { workflow: [{ ...toSms, from }] }, name: 'workflow[0].from', reason }
  }),
  { body: { workflow: [{ ...whatsapp, from: undefined }] }, name: 'workflow[0].from', reason: 'From is required' },
  { body: { workflow: [{ ...rcs, from: undefined }] }, name: 'workflow[0].from', reason: 'From is required' },
  {
    body: { workflow: [{ ...rcs, from: 'sixteencharacter' }] },
    name: 'workflow[0].from',
    reason: 'From must have 1 to 15 characters',
  },
  {
    body: { workflow: [{ ...whatsapp, mode: 'x' }] },
    name: 'workflow[0].mode',
    reason: 'Mode must be zero_tap or otp_code',
  },
  {
    body: { workflow: [{ ...toPhone, mode: 'x' }] },
    name: 'workflow[0].mode',
    reason: 'Mode must be standard or advanced',
  },
  {
    body: { workflow: [{ ...toPhone, redirect_url: 'javascript:x' }] },
    name: 'workflow[0].redirect_url',
    reason: 'Redirect url must be a web address',
  },
  {
    body: { workflow: [{ ...toPhone, coverage_check: 'no' }] },
    name: 'workflow[0].coverage_check',
    reason: 'Coverage check must be true or false',
  },
  {
    body: { workflow: [{ ...toSms, reuse_code: 1 }] },
    name: 'workflow[0].reuse_code',
    reason: 'Reuse code must be true or false',
  },
  ...['ten chars!', 'twelve chars'].map((app_hash) => {
    return {
      body: { workflow: [{ ...toSms, app_hash }] },
      name: 'workflow[0].app_hash',
      reason: 'App hash must have 11 characters',
    }
  }),
  {
    body: { workflow: [{ ...toSms, entity_id: '1'.repeat(21) }] },
    name: 'workflow[0].entity_id',
    reason: 'Entity id must have 1 to 20 characters',
  },
  {
    body: { workflow: [{ ...toSms, content_id: '' }] },
    name: 'workflow[0].content_id',
    reason: 'Content id must have 1 to 20 characters',
  },
  ...[14, 901, 60.5, '180', null].map((channel_timeout) => {
    const reason = 'Channel timeout must be a whole number from 15 to 900'
    return { body: { channel_timeout }, name: 'channel_timeout', reason }
  }),
  ...[3, 11, '4', 4.5].map((code_length) => {
    return { body: { code_length }, name: 'code_length', reason: 'Code length must be a whole number from 4 to 10' }
  }),
  { body: { code: '123' }, name: 'code', reason: 'Code must have 4 to 10 characters' },
  { body: { code: 'ab-cd' }, name: 'code', reason: 'Code must have letters and digits only' },
  { body: { client_ref: '' }, name: 'client_ref', reason: 'Client ref must have 1 to 40 characters' },
  { body: { client_ref: 'a'.repeat(41) }, name: 'client_ref', reason: 'Client ref must have 1 to 40 characters' },
  { body: { client_ref: 'my-ref' }, name: 'client_ref', reason: 'Client ref must have letters and digits only' },
  { body: { locale: 'en_us' }, name: 'locale', reason: 'Locale must be a locale such as en-us' },
  { body: { fraud_check: 'yes' }, name: 'fraud_check', reason: 'Fraud check must be true or false' },
  { body: { template_id: 'x' }, name: 'template_id', reason: 'Template id must be that of a template' },
]

for (const { body, name, reason } of refused) {
  test(`${JSON.stringify(body, (_, value) => (value === undefined ? 'nothing' : value))}: ${reason}`, async () => {
    await using vonage = await startVerify2()
    const answer = await vonage.create(body)
    assert.deepEqual([answer.status, answer.contentType], [422, 'application/problem+json'])
    assert.deepEqual(
      { ...answer.body, instance: '' },
      {
        type: 'https://developer.vonage.com/en/api-errors#invalid-params',
        title: 'Invalid params',
        detail: 'The value of one or more parameters is invalid.',
        instance: '',
        invalid_parameters: [{ name, reason }],
      },
    )
    assert.equal(vonage.simulator.messages().length, 0)
  })
}

test('all that is wrong is named at once', async () => {
  await using vonage = await startVerify2()
  const { body } = await vonage.call('POST', '/v2/verify', { workflow: [{ channel: 'rcs', to: '1' }], code_length: 3 })
  assert.deepEqual(
    [body.invalid_parameters].flat().map((each) => Object(each).name),
    ['brand', 'workflow[0].to', 'workflow[0].from', 'code_length'],
  )
})

for (const body of ['', '{', '[]', '"x"', 'brand=Acme']) {
  test(`the body ${JSON.stringify(body)} is refused as no JSON object`, async () => {
    await using vonage = await startVerify2()
    const answer = await vonage.call('POST', '/v2/verify', body)
    assert.equal(answer.status, 422)
    assert.deepEqual(answer.body.invalid_parameters, [{ name: 'body', reason: 'Body must be a JSON object' }])
  })
}

const accepted: object[] = [
  { brand: 'B' },
  { brand: 'Ürümqi 18 characte' },
  { brand: ':-)'.replace(':', ';').repeat(6) },
  { channel_timeout: 15 },
  { channel_timeout: 900 },
  { code_length: 10 },
  { client_ref: 'a'.repeat(40) },
  { locale: 'es-es' },
  { fraud_check: true },
  { code: 'Ab12', something: 'else' },
  { workflow: [{ ...toSms, from: '123456789012345' }] },
  {
    workflow: [{ ...toSms, from: 'Acme1234567', entity_id: '1', content_id: '1'.repeat(20), app_hash: 'abcdefghijk' }],
  },
  { workflow: [{ ...whatsapp, mode: 'zero_tap' }] },
  { workflow: [rcs, { ...toEmail, from: 'bob@example.com' }, { channel: 'voice', to: someNumber, reuse_code: true }] },
  {
    workflow: [{ ...toPhone, redirect_url: 'https://example.com/sa', coverage_check: false, mode: 'advanced' }, toSms],
  },
]

for (const body of accepted) {
  test(`${JSON.stringify(body)} is accepted`, async () => {
    await using vonage = await startVerify2()
    assert.equal((await vonage.create(body)).status, 202)
  })
}
