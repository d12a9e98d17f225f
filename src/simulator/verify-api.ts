import { repeated, single } from './call-parameters.ts'
import { judgeCredentials } from './credentials.ts'
import type { Faults } from './faults.ts'
import { readPhoneNumber } from './phone-number.ts'
import type { Random } from './random.ts'
import type { Refusal } from './scenarios.ts'
import { readVerificationOrder } from './verification-order.ts'
import type { Verifications } from './verifications.ts'
import { searchReport, successReport } from './verify-report.ts'
import { failingStatuses, statusText, texts, type VerifyOperation } from './verify-texts.ts'
import type { Answer, Effect, VonageApi, VonageCall, VonageRoute } from './vonage-api.ts'
import { problemAnswer } from './vonage-problem.ts'

interface VerifyWorld {
  verifications: Verifications
  faults: Faults
  traces: Random
}

const maxRequestIdLength = 32
const maxSearchedIds = 10
/** Where a planned refusal names a network, it is this one. */
const blockedNetwork = '23410'

const statusOf: Record<Refusal, string> = {
  throttled: '1',
  'number unreachable': '6',
  'network blocked': '7',
  'out of credit': '9',
  'unsupported network': '15',
  'demo mode': '29',
}

const headers = {
  'x-frame-options': 'deny',
  'x-content-type-options': 'nosniff',
  'x-xss-protection': '1; mode=block',
  'strict-transport-security': 'max-age=31536000; includeSubdomains',
}

/** Verify v1 in JSON. Every business outcome is HTTP 200; the `status` in the body tells. */
export function verifyApi(world: () => VerifyWorld, accountId: string): VonageApi {
  const search = (call: VonageCall) => judgeSearch(call, world(), accountId)
  return {
    contentType: 'application/json',
    headers,
    routes: [
      {
        ...route('request', '/verify/json', world, (call) => judgeRequest(call, world().verifications)),
        recipient: {
          of: ({ parameters }) => readPhoneNumber(single(parameters, 'number') ?? '', single(parameters, 'country')),
          refuse: (because, call) => plannedRefusal('request', statusOf[because], call, world().traces),
        },
      },
      route('check', '/verify/check/json', world, (call) => judgeCheck(call, world().verifications)),
      route('search', '/verify/search/json', world, search),
      route('control', '/verify/control/json', world, (call) => judgeControl(call, world().verifications)),
    ],
    refuseCredentials(credentials, account) {
      const verdict = judgeCredentials(credentials, account)
      if (verdict === 'accepted') return undefined
      if (verdict === 'key missing') return refuse('2', texts.missingKey)
      if (verdict === 'secret missing') return refuse('2', texts.missingSecret)
      return refuse('4', statusText('request', '4', ''))
    },
    refuseMethod: () => problemAnswer(403, world().traces.hex(32)),
    fail: (httpStatus) => problemAnswer(httpStatus, world().traces.hex(32)),
  }
}

function route(
  operation: VerifyOperation,
  path: string,
  world: () => VerifyWorld,
  judge: VonageRoute['judge'],
): VonageRoute {
  return {
    path,
    methods: ['GET', 'POST'],
    judge,
    failingStatuses: failingStatuses(operation),
    statusAnswer: (status, call) => plannedRefusal(operation, status, call, world().traces),
    limit: {
      ...(operation === 'search' ? { name: 'search', perSecond: 1 } : { name: 'verify', perSecond: 30 }),
      answer: (call) => plannedRefusal(operation, '1', call, world().traces),
    },
  }
}

function judgeRequest(call: VonageCall, verifications: Verifications): Answer | Effect {
  const order = readVerificationOrder(call.parameters)
  if ('status' in order) return refuse(order.status, order.text ?? statusText('request', order.status, ''))
  return () => {
    const start = verifications.start(order)
    switch (start.outcome) {
      case 'started':
        return answer({ request_id: start.id, status: '0' })
      case 'concurrent':
        return refuse('10', statusText('request', '10', start.id), { request_id: start.id })
      case 'out of credit':
        return refuse('9', statusText('request', '9', ''))
      case 'full':
        return refuse('1', statusText('request', '1', ''))
    }
  }
}

function judgeCheck(call: VonageCall, verifications: Verifications): Answer | Effect {
  const id = single(call.parameters, 'request_id')
  const code = single(call.parameters, 'code')
  if (!id) return refuse('2', texts.missing('request_id'))
  if (!code) return refuse('2', texts.missing('code'))
  if (isTooLong(id)) return refuse('3', texts.invalid('request_id'))
  if (!/^[a-z\d]+$/i.test(code)) return refuse('3', statusText('check', '3', id))
  return () => {
    const check = verifications.check(id, code)
    switch (check.outcome) {
      case 'right':
        return answer(successReport(check.verification))
      case 'wrong':
        return refuse('16', statusText('check', '16', id), { request_id: id })
      case 'wrong too often':
        return refuse('17', statusText('check', '17', id))
      case 'not running':
        return refuse('6', statusText('check', '6', id))
    }
  }
}

function judgeSearch(call: VonageCall, { verifications, faults }: VerifyWorld, accountId: string): Answer | Effect {
  const id = single(call.parameters, 'request_id')
  const ids = repeated(call.parameters, 'request_ids')
  if (!id && ids.length === 0) return refuse('6', statusText('search', '6', ''), { request_id: '' })
  if (!id && ids.length > maxSearchedIds) return refuse('18', statusText('search', '18', ''))
  if ((id ? [id] : ids).some(isTooLong)) return refuse('3', statusText('search', '3', ''))
  return () => {
    const found = (id ? [id] : ids).flatMap((each) => verifications.find(each, faults.searchLagSeconds) ?? [])
    const [first, ...rest] = found.map((verification) => searchReport(verification, accountId))
    if (!first) return refuse('101', statusText('search', '101', ''))
    return answer(id ? first : { verification_requests: [first, ...rest] })
  }
}

function judgeControl(call: VonageCall, verifications: Verifications): Answer | Effect {
  const id = single(call.parameters, 'request_id')
  const command = single(call.parameters, 'cmd')
  if (!id) return refuse('2', texts.missing('request_id'))
  if (!command) return refuse('2', texts.missing('cmd'))
  if (isTooLong(id)) return refuse('3', texts.invalid('request_id'))
  if (command !== 'cancel' && command !== 'trigger_next_event') return refuse('3', statusText('control', '3', id))
  return () => {
    const outcome = command === 'cancel' ? verifications.cancel(id) : verifications.triggerNextEvent(id)
    switch (outcome) {
      case 'cancelled':
      case 'triggered':
        return answer({ status: '0', command })
      case 'too early':
        return refuse('19', texts.cancelTooEarly(id))
      case 'too late':
        return refuse('19', texts.cancelTooLate(id))
      case 'out of credit':
        return refuse('9', statusText('control', '9', id))
      case 'no more events':
        return refuse('19', texts.noMoreEvents(id))
      case 'not running':
        return refuse('6', statusText('control', '6', id))
    }
  }
}

function isTooLong(requestId: string): boolean {
  return requestId.length > maxRequestIdLength
}

/** The members beside status and text are those that Vonage sends with the status. */
function plannedRefusal(operation: VerifyOperation, status: string, call: VonageCall, traces: Random): Answer {
  const id = single(call.parameters, 'request_id') ?? ''
  const text = statusText(operation, status, id)
  if (operation === 'request' && status === '7') return refuse(status, text, {}, { network: blockedNetwork })
  if (operation === 'request' && status === '10')
    return refuse(status, text, { request_id: traces.hex(32) }, { network: blockedNetwork })
  if (operation === 'check' && status === '16') return refuse(status, text, { request_id: id })
  if (operation === 'search' && status === '6') return refuse(status, text, { request_id: '' })
  return refuse(status, text)
}

function refuse(status: string, text: string | undefined, before: object = {}, after: object = {}): Answer {
  return answer({ ...before, status, error_text: text, ...after })
}

function answer(body: object): Answer {
  return { httpStatus: 200, body }
}
