import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { basic } from '../../src/simulator/simulator-under-test.ts'
import { jwt, startVerify2, toEmail, toPhone, toSms, toVoice } from '../../src/simulator/verify2/verify2-under-test.ts'
import { verify2Departures } from './departures.ts'
import { assertDocumented, callsOf } from './documented.ts'
import { openDocuments } from './openapi-document.ts'
import { type Verify2, verify2Recordings } from './verify2-recordings.ts'

const prefix = 'verify.v2-1'
const someId = 'c11236f4-00bf-4b89-84ba-88b25df97315'
const templates = '/v2/verify/templates'

async function verify(vonage: Verify2): Promise<void> {
  await vonage.create({ workflow: [toVoice, toEmail] }, basic)
  await vonage.create({ workflow: [] })
  await vonage.create({}, 'Basic none')
  await vonage.create({}, `Bearer ${jwt({ exp: 1 })}`)
  await vonage.cancel(someId)
  await vonage.clock.advance(30)
  for (const method of ['PUT', 'PATCH']) await vonage.call(method, '/v2/verify')
}

async function cancel(vonage: Verify2): Promise<void> {
  const id = await vonage.start({ workflow: [toSms, toVoice] })
  await vonage.clock.advance(30)
  await vonage.cancel(id)
  const next = await vonage.start({ workflow: [toSms, toVoice] })
  await vonage.next(next)
}

async function authenticateSilently(vonage: Verify2): Promise<void> {
  const { body } = await vonage.create({ workflow: [toPhone] })
  await vonage.check(String(body.request_id), '1234')
  const visited = await vonage.visit(String(body.check_url))
  await vonage.visit(visited.headers.get('location') ?? '')
  await vonage.visit(`/v2/verify/${someId}/silent-auth/redirect`)
}

const listed = z.object({ _embedded: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))) })

async function readTemplates(vonage: Verify2): Promise<void> {
  const firstOf = async (path: string) => {
    const [first] = Object.values(listed.parse((await vonage.call('GET', path)).body)._embedded).flat()
    return first ?? {}
  }
  const template = `${templates}/${(await firstOf(`${templates}?page_size=1&page=1`)).template_id}`
  const fragment = `${template}/template_fragments/${(await firstOf(`${template}/template_fragments`)).template_fragment_id}`
  for (const path of [template, fragment, `${templates}/${someId}`, `${template}/template_fragments/${someId}`])
    await vonage.call('GET', path)
  await vonage.call('GET', `${templates}?page=0`)
  for (const path of [templates, `${template}/template_fragments`]) await vonage.call('POST', path, {})
  for (const path of [template, fragment]) for (const method of ['PATCH', 'DELETE']) await vonage.call(method, path, {})
}

/** Each status that the document has for a call, but for a change of templates, which isn't let that far. */
async function failAsDocumented(vonage: Verify2): Promise<void> {
  const operations = openDocuments(prefix).flatMap((document) => document.operations())
  for (const { method, path, statuses } of operations) {
    if (path.startsWith(templates) && method !== 'GET') continue
    const faulty = path.replace(/\{(\w+)\}/g, ':$1')
    for (const http of statuses.filter((status) => status >= 400)) {
      const planned = await vonage.tell('/simulator/faults', { path: faulty, answer: { http } })
      assert.equal(planned.status, 200)
      const body = method === 'POST' ? { brand: 'Acme', workflow: [toSms], code: '1234' } : undefined
      const { status } = await vonage.call(method, path.replace(/\{\w+\}/g, someId), body)
      assert.equal(status, http, `${method} ${path}`)
    }
  }
}

const replays = Object.values(verify2Recordings).map(({ replay }) => replay)
const parts = [...replays, verify, cancel, authenticateSilently, readTemplates, failAsDocumented]

test('all that the simulator answers to calls of Verify v2 is as the document says', async () => {
  assertDocumented(await callsOf(startVerify2, parts), prefix, verify2Departures)
})

test('the problems of Verify v2 are worded like the examples, and have their titles where the live API words them otherwise', async () => {
  const worded = z.looseObject({ type: z.string(), title: z.string(), detail: z.string() })
  const liveWording = [400, 404, 409, 410]
  const calls = await callsOf(startVerify2, [failAsDocumented, authenticateSilently, readTemplates, verify])
  for (const document of openDocuments(prefix)) {
    for (const call of calls.filter(({ httpStatus }) => httpStatus >= 400)) {
      const { type, title, detail } = worded.parse(call.answer)
      if (detail.startsWith('No static resource ')) continue
      const isLive = liveWording.includes(call.httpStatus)
      const samples = document.samples(call).map((sample) => worded.parse(sample))
      const isLike = (sample: z.infer<typeof worded>) =>
        sample.title === title && (isLive || (sample.type === type && sample.detail === detail))
      assert.ok(samples.some(isLike), JSON.stringify({ call, samples }))
    }
  }
})
