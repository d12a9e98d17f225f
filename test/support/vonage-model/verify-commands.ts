import assert from 'node:assert/strict'
import fc from 'fast-check'
import { account, wrongFor } from '../../../src/simulator/simulator-under-test.ts'
import { type Expected, member } from './answer.ts'
import { type Call, sendings } from './line.ts'
import { isStubborn } from './rarely.ts'
import { ask, type Model, type Step, step } from './step.ts'
import type { VerifyModel } from './verify-model.ts'
import { given } from './verify-parameters.ts'

const sending = fc.constantFrom(...sendings)

/** Mostly the newest request; a number names an earlier one. */
const target = fc.oneof(
  { arbitrary: fc.constant('newest'), weight: 12 },
  { arbitrary: fc.integer({ min: 0, max: 5 }), weight: 2 },
  { arbitrary: fc.constantFrom('0123456789abcdef0123456789abcdef', 'x'.repeat(33), ''), weight: 1 },
)

function idOf({ requests }: VerifyModel, target: string | number): string {
  if (requests.length === 0) return target === '' ? '' : 'nobody'
  if (typeof target === 'number') return requests[target % requests.length]?.id ?? ''
  return target === 'newest' ? (requests.at(-1)?.id ?? '') : target
}

const isRunning = ({ verify }: Readonly<Model>) => verify.running() !== undefined

const request = fc.record({ given, sending }).map(({ given, sending }) => {
  const { parameters } = given
  return step(`request by ${sending} ${JSON.stringify(parameters)}`, async ({ verify }, real) => {
    const expected = verify.request(given)
    const body = await ask(real, { path: '/verify/json', parameters, sending }, expected)
    const begun = verify.requests.at(-1)
    if (expected.outcome !== 'request 0' || !begun) return
    const id = String(member(body, 'request_id'))
    assert.ok(!verify.requests.some((other) => other.id === id), 'a request has an id of its own')
    begun.id = id
  })
})

const codeKind = fc.oneof(
  { arbitrary: fc.constant('right'), weight: 3 },
  { arbitrary: fc.constant('wrong'), weight: 6 },
  { arbitrary: fc.constant('earlier'), weight: 2 },
  { arbitrary: fc.constantFrom('00000', 'abcd', '1-34', '????', '%s', '!!%%', ''), weight: 2 },
)

function codeOf({ requests }: VerifyModel, kind: string): string {
  const pins = requests.at(-1)?.pins ?? []
  const code = pins.at(-1)?.code ?? '1234'
  if (kind === 'right') return code
  if (kind === 'wrong') return wrongFor(code)
  return kind === 'earlier' ? (pins.at(-2)?.code ?? '000000') : kind
}

const check = fc.record({ target, codeKind, sending, isStubborn }).map(({ target, codeKind, sending, isStubborn }) => {
  const name = `check ${target || 'no id'} with ${codeKind || 'no code'} by ${sending}`
  const run: Step['run'] = async ({ verify }, real) => {
    const request_id = idOf(verify, target)
    // Which of two missing ones is named first is nowhere said.
    const code = codeOf(verify, codeKind) || (request_id ? '' : '1234')
    const parameters = { request_id, code }
    await ask(real, { path: '/verify/check/json', parameters, sending }, verify.check(request_id, code))
  }
  return step(name, run, (model) => isStubborn || isRunning(model))
})

const command = fc.oneof(
  { arbitrary: fc.constant('cancel'), weight: 8 },
  { arbitrary: fc.constant('trigger_next_event'), weight: 8 },
  { arbitrary: fc.constantFrom('stop', ''), weight: 1 },
)

const control = fc.record({ target, command, sending, isStubborn }).map(({ target, command, sending, isStubborn }) => {
  const name = `${command || 'no command'} for ${target || 'no id'} by ${sending}`
  const run: Step['run'] = async ({ verify }, real) => {
    const request_id = idOf(verify, target)
    const cmd = command || (request_id ? '' : 'cancel')
    const parameters = { request_id, cmd }
    await ask(real, { path: '/verify/control/json', parameters, sending }, verify.control(request_id, cmd))
  }
  return step(name, run, (model) => isStubborn || isRunning(model))
})

const manyIds = fc.oneof(
  { arbitrary: fc.array(target, { minLength: 0, maxLength: 4 }), weight: 6 },
  { arbitrary: fc.array(target, { minLength: 10, maxLength: 11 }), weight: 1 },
)
const searched = fc.oneof(
  { arbitrary: fc.record({ one: target, many: fc.constant<(string | number)[]>([]) }), weight: 4 },
  { arbitrary: fc.record({ one: fc.constant(undefined), many: manyIds }), weight: 2 },
  { arbitrary: fc.record({ one: target, many: manyIds }), weight: 1 },
)

const search = fc.record({ searched, sending }).map(({ searched: { one, many }, sending }) =>
  step(`search ${one ?? 'no one'} and [${many}] by ${sending}`, async ({ verify }, real) => {
    const id = one === undefined ? '' : idOf(verify, one)
    const ids = many.map((each) => idOf(verify, each))
    await searchFor(verify, real, id, ids, sending)
  }),
)

async function searchFor(
  verify: VerifyModel,
  real: Parameters<typeof ask>[0],
  id: string,
  ids: string[],
  sending: Call['sending'],
): Promise<void> {
  const parameters = { ...(id ? { request_id: id } : {}), ...(ids.length > 0 ? { request_ids: ids } : {}) }
  const body = await ask(real, { path: '/verify/search/json', parameters, sending }, verify.search(id, ids))
  const reports = [member(body, 'verification_requests') ?? body].flat()
  for (const report of reports) learnEvents(verify, report)
}

/** An event keeps the id that it was first shown with. */
function learnEvents({ requests }: VerifyModel, report: unknown): void {
  const request = requests.find(({ id }) => id === member(report, 'request_id'))
  for (const [index, event] of (request?.events ?? []).entries()) {
    event.id = String(member(report, 'events', index, 'id'))
  }
}

const boundary = fc.constantFrom('next event', 'cancelling', 'PIN expiry')

function boundaryMs(verify: VerifyModel, boundary: string): number {
  const running = verify.running()
  if (!running) return verify.nowMs
  if (boundary === 'next event') return running.nextAtMs
  if (boundary === 'cancelling') return running.submittedAtMs + 30_000
  return (running.pins.at(-1)?.madeAtMs ?? 0) + running.pinLifeMs
}

const offsetMs = fc.constantFrom(-1000, -1, 0, 0, 0, 1, 1000)
const toBoundary = fc.record({ boundary, offsetMs }).map(({ boundary, offsetMs }) =>
  step(
    `advance to ${boundary} ${offsetMs} ms`,
    async ({ verify }, real) => {
      await passTo(verify, real, boundaryMs(verify, boundary) + offsetMs)
    },
    isRunning,
  ),
)
const bySeconds = fc
  .oneof(fc.constantFrom(1, 10, 29, 30, 60, 125, 300, 4000), fc.integer({ min: 0, max: 700 }))
  .map((seconds) =>
    step(`advance by ${seconds} s`, ({ verify }, real) => passTo(verify, real, verify.nowMs + seconds * 1000)),
  )

async function passTo(verify: VerifyModel, real: Parameters<typeof ask>[0], atMs: number): Promise<void> {
  if (atMs <= verify.nowMs) return
  await real.moveTo(atMs)
  verify.passTo(atMs)
}

const none = { outcome: 'stranger 2 key', httpStatus: 200, body: { status: '2', error_text: 'Missing api_key' } }
const noSecret = {
  outcome: 'stranger 2 secret',
  httpStatus: 200,
  body: { status: '2', error_text: 'Your request is incomplete and missing some mandatory parameters' },
}
const wrong = { outcome: 'stranger 4', httpStatus: 200, body: { status: '4', error_text: 'Bad Credentials' } }

/** Credentials are judged before all else. */
const stranger = fc
  .record({
    path: fc.constantFrom('/verify/json', '/verify/check/json', '/verify/search/json', '/verify/control/json'),
    who: fc.constantFrom<{ credentials: Record<string, string>; expected: Expected }[]>(
      { credentials: {}, expected: none },
      { credentials: { api_key: account.apiKey }, expected: noSecret },
      { credentials: { api_key: account.apiKey, api_secret: 'wrong' }, expected: wrong },
    ),
    given,
    sending,
  })
  .map(({ path, who, given, sending }) =>
    step(`${path} by ${sending} as ${JSON.stringify(who.credentials)}`, async ({ verify }, real) => {
      const request_id = verify.running()?.id ?? ''
      const parameters = { ...given.parameters, request_id, cmd: 'cancel', code: 'x', ...who.credentials }
      await ask(real, { path, parameters, sending, authorization: '' }, who.expected)
    }),
  )

/** Each as often as it should come. */
export const verifySteps: fc.Arbitrary<Step>[] = [
  ...[request, request, request, request],
  ...[check, check, check, check, check],
  ...[toBoundary, toBoundary, toBoundary, toBoundary, toBoundary, bySeconds],
  ...[control, control, control],
  ...[search, search, stranger],
]

/** All that was requested is as the model has it, now and when all has ended. */
export const lastLook: Step = step('search each, now and later', async ({ verify }, real) => {
  for (const laterMs of [0, 4 * 3_600_000]) {
    await passTo(verify, real, verify.nowMs + laterMs)
    for (const { id } of verify.requests) await searchFor(verify, real, id, [], 'query')
  }
})
