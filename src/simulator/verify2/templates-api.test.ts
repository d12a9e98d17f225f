import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { basic } from '../simulator-under-test.ts'
import { startVerify2, toEmail, toSms, toVoice } from './verify2-under-test.ts'

const link = z.strictObject({ href: z.url() })
const template = z.strictObject({
  template_id: z.uuid(),
  name: z.string(),
  is_default: z.boolean(),
  _links: z.strictObject({ self: link, fragments: link }),
})
const fragment = z.strictObject({
  template_fragment_id: z.uuid(),
  channel: z.enum(['sms', 'voice']),
  locale: z.string(),
  text: z.string(),
  date_updated: z.iso.datetime(),
  date_created: z.iso.datetime(),
  _links: z.strictObject({ self: link, template: link }),
})
const page = {
  page_size: z.number(),
  page: z.number(),
  total_pages: z.number(),
  total_items: z.number(),
  _links: z.strictObject({ self: link, first: link, last: link, next: link.optional(), prev: link.optional() }),
}
const templatePage = z.strictObject({ ...page, _embedded: z.strictObject({ templates: z.array(template) }) })
const fragmentPage = z.strictObject({ ...page, _embedded: z.strictObject({ template_fragments: z.array(fragment) }) })

type Vonage = Awaited<ReturnType<typeof startVerify2>>

async function templatesOf(vonage: Vonage) {
  const { body } = await vonage.call('GET', '/v2/verify/templates')
  return templatePage.parse(body)._embedded.templates
}

test('the templates are listed page by page, each page with the links to the others', async () => {
  await using vonage = await startVerify2()
  const whole = templatePage.parse((await vonage.call('GET', '/v2/verify/templates', undefined, basic)).body)
  assert.deepEqual([whole.page, whole.page_size, whole.total_pages, whole.total_items], [1, 10, 1, 2])
  const names: string[] = []
  let next: string | undefined = `${vonage.base}/v2/verify/templates?page_size=1`
  while (next) {
    const found = templatePage.parse((await vonage.call('GET', next.replace(vonage.base, ''))).body)
    assert.deepEqual([found.total_pages, found.page, found._embedded.templates.length], [2, names.length + 1, 1])
    names.push(...found._embedded.templates.map(({ name }) => name))
    next = found._links.next?.href
  }
  assert.deepEqual(
    names,
    whole._embedded.templates.map(({ name }) => name),
  )
  const beyond = templatePage.parse((await vonage.call('GET', '/v2/verify/templates?page=3&page_size=1')).body)
  assert.deepEqual(beyond._embedded.templates, [])
})

test('every template and every fragment is found at its own address', async () => {
  await using vonage = await startVerify2()
  for (const found of await templatesOf(vonage)) {
    const self = await vonage.call('GET', found._links.self.href.replace(vonage.base, ''))
    assert.deepEqual(template.parse(self.body), found)
    const listed = await vonage.call('GET', found._links.fragments.href.replace(vonage.base, ''))
    for (const each of fragmentPage.parse(listed.body)._embedded.template_fragments) {
      assert.equal(each._links.template.href, found._links.self.href)
      assert.deepEqual((await vonage.call('GET', each._links.self.href.replace(vonage.base, ''))).body, each)
    }
  }
})

test('what there is not is not found', async () => {
  await using vonage = await startVerify2()
  const [first] = await templatesOf(vonage)
  const detailOf = async (path: string) => {
    const { status, contentType, body } = await vonage.call('GET', `/v2/verify/templates/${path}`)
    assert.deepEqual([status, contentType], [404, 'application/problem+json'])
    return body.detail
  }
  assert.equal(await detailOf('none'), 'Template was not found.')
  assert.equal(await detailOf('none/template_fragments'), 'Template was not found.')
  assert.equal(await detailOf('none/template_fragments/none'), 'Template was not found.')
  assert.equal(await detailOf(`${first?.template_id}/template_fragments/none`), 'Template Fragment was not found.')
})

for (const [query, names] of [
  ['page=0', ['page']],
  ['page_size=101', ['page_size']],
  ['page_size=x&page=-1', ['page_size', 'page']],
] as const) {
  test(`a list refuses ${query}`, async () => {
    await using vonage = await startVerify2()
    const [first] = await templatesOf(vonage)
    for (const list of ['', `/${first?.template_id}/template_fragments`]) {
      const { status, body } = await vonage.call('GET', `/v2/verify/templates${list}?${query}`)
      assert.equal(status, 422)
      assert.deepEqual(
        [body.invalid_parameters].flat().map((each) => Object(each).name),
        names,
      )
    }
  })
}

test('templates can be read and not be changed', async () => {
  await using vonage = await startVerify2()
  const before = await templatesOf(vonage)
  const one = `/v2/verify/templates/${before[0]?.template_id}`
  const changes = [
    ['POST', '/v2/verify/templates'],
    ['PATCH', one],
    ['DELETE', one],
    ['POST', `${one}/template_fragments`],
    ['PATCH', `${one}/template_fragments/x`],
    ['DELETE', `${one}/template_fragments/x`],
  ] as const
  for (const [method, path] of changes) {
    const { status, body } = await vonage.call(method, path, method === 'DELETE' ? undefined : { name: 'mine' })
    assert.deepEqual([status, body.detail], [403, 'Templates management is not enabled for your account'])
  }
  assert.equal((await vonage.call('PUT', one)).status, 404)
  assert.equal((await vonage.call('GET', one, undefined, '')).status, 401)
  assert.deepEqual(await templatesOf(vonage), before)
})

test('a message has the text of the template, in the language where there is one', async () => {
  await using vonage = await startVerify2()
  const short = (await templatesOf(vonage)).find(({ is_default }) => !is_default)
  const textOf = async (body: object) => {
    const id = await vonage.start({ code: '1234', channel_timeout: 90, ...body })
    const { text } = vonage.simulator.messages().at(-1) ?? {}
    await vonage.check(id, '1234')
    return text
  }
  const template_id = short?.template_id
  const rcs = { channel: 'rcs', to: '447700900124', from: 'Agent' }
  const usual = 'Acme code: 1234. Valid for 2 minutes.'
  assert.equal(await textOf({}), usual)
  assert.equal(await textOf({ locale: 'es-es' }), 'Código de Acme: 1234. Válido durante 2 minutos.')
  assert.equal(await textOf({ locale: 'fi-fi' }), usual)
  assert.equal(await textOf({ template_id }), '1234 is your Acme code.')
  assert.equal(await textOf({ template_id, locale: 'es-es' }), '1234 is your Acme code.')
  assert.equal(await textOf({ template_id, workflow: [rcs] }), '1234 is your Acme code.')
  assert.equal(await textOf({ template_id, workflow: [toEmail] }), usual)
  assert.match(
    String(await textOf({ template_id, workflow: [toVoice] })),
    /^Please enter your Acme activation code 1234, I/,
  )
  assert.equal(await textOf({ workflow: [{ ...toSms, app_hash: 'abcdefghijk' }] }), `${usual}\nabcdefghijk`)
})
