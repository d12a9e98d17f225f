import { type CallParameters, single } from './call-parameters.ts'
import { judgeCredentials } from './credentials.ts'
import type { NumberName, Numbers, OwnedNumber, Routing } from './numbers.ts'
import { pageOf, readNumbersQuery, readOfferQuery } from './numbers-query.ts'
import type { Random } from './random.ts'
import type { Answer, Effect, Limit, VonageApi, VonageCall, VonageRoute } from './vonage-api.ts'
import { problemAnswer } from './vonage-problem.ts'

interface NumbersWorld {
  numbers: Numbers
  traces: Random
}

const success = { httpStatus: 200, body: { 'error-code': '200', 'error-code-label': 'success' } }
const unauthorized = { httpStatus: 401, body: { 'error-code': '401', 'error-code-label': 'authentication failed' } }
const methodFailed = failed('method failed')
const addressRequired = failed(
  'Numbers from this country can be requested from the Dashboard (https://dashboard.nexmo.com/buy-numbers) as they ' +
    'require a valid local address to be provided before being purchased.',
)

/** In the order in which Vonage shows them. */
const routingNames = [
  'moHttpUrl',
  'messagesCallbackType',
  'messagesCallbackValue',
  'voiceCallbackType',
  'voiceCallbackValue',
  'voiceStatusCallback',
  'app_id',
] as const

const voiceCallbackTypes = new Set(['sip', 'tel', 'app'])
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

export function numbersApi(world: () => NumbersWorld, apiKey: string): VonageApi {
  const problem = (httpStatus: number) => problemAnswer(httpStatus, world().traces.hex(32))
  const limit = { name: 'numbers', perSecond: 1, answer: () => problem(429) }
  const look = (path: string, judge: VonageRoute['judge']) => route('GET', path, judge, limit)
  const change = (path: string, perform: (name: NumberName, call: VonageCall) => Answer) =>
    route('POST', path, (call) => judgeChange(call, apiKey, perform), limit)
  return {
    contentType: 'application/json;charset=UTF-8',
    headers: { 'content-disposition': 'attachment; filename="api.txt"' },
    routes: [
      look('/account/numbers', (call) => judgeOwned(call.parameters, world().numbers, apiKey)),
      look('/number/search', (call) => judgeSearch(call.parameters, world().numbers)),
      change('/number/buy', (name) => {
        const outcome = world().numbers.buy(name)
        if (outcome === 'address required') return addressRequired
        return outcome === 'bought' ? success : methodFailed
      }),
      change('/number/cancel', (name) => (world().numbers.cancel(name) === 'cancelled' ? success : methodFailed)),
      change('/number/update', (name, call) => {
        const routing = readRouting(call.body)
        return routing && world().numbers.update(name, routing) === 'updated' ? success : methodFailed
      }),
    ],
    refuseCredentials: (credentials, account) =>
      judgeCredentials(credentials, account) === 'accepted' ? undefined : unauthorized,
    refuseMethod: () => problem(403),
    fail(httpStatus) {
      if (httpStatus === 401) return unauthorized
      return httpStatus === 420 ? methodFailed : problem(httpStatus)
    },
  }
}

function route(method: 'GET' | 'POST', path: string, judge: VonageRoute['judge'], limit: Limit): VonageRoute {
  return { path, methods: [method], judge, failingStatuses: [], statusAnswer: () => methodFailed, limit }
}

function judgeOwned(parameters: CallParameters, numbers: Numbers, apiKey: string): Answer | Effect {
  const query = readNumbersQuery(parameters)
  const applicationId = single(parameters, 'application_id')
  const hasApplication = single(parameters, 'has_application')
  if (!query) return methodFailed
  if (hasApplication && hasApplication !== 'true' && hasApplication !== 'false') return methodFailed
  return () => {
    const owned = numbers.ownedBy(apiKey).filter(({ number, routing }) => {
      if (applicationId && routing.app_id !== applicationId) return false
      if (hasApplication && (routing.app_id !== undefined) !== (hasApplication === 'true')) return false
      return query.matches(number)
    })
    return { httpStatus: 200, body: pageOf(owned.map(ownedReport), query.page) }
  }
}

function judgeSearch(parameters: CallParameters, numbers: Numbers): Answer | Effect {
  if (!single(parameters, 'country')) return required('country')
  const query = readOfferQuery(parameters)
  if (!query) return methodFailed
  return () => ({
    httpStatus: 200,
    body: pageOf(numbers.forSale().filter(query.matches), query.page),
  })
}

/** Changes are read from a form only: of a JSON body Vonage sees nothing, and the query it refuses. */
function judgeChange(
  call: VonageCall,
  apiKey: string,
  perform: (name: NumberName, call: VonageCall) => Answer,
): Answer | Effect {
  const given = (name: string) => (call.bodyType === 'form' ? single(call.body, name) : undefined) || undefined
  const country = given('country')?.toUpperCase()
  const msisdn = given('msisdn')
  if (!country) return call.bodyType !== 'json' && single(call.query, 'country') ? methodFailed : required('country')
  if (!msisdn) return required('msisdn')
  return () => perform({ owner: given('target_api_key') ?? apiKey, country, msisdn }, call)
}

function readRouting(form: CallParameters): Routing | undefined {
  const routing: Routing = {}
  for (const name of routingNames) {
    const value = single(form, name)
    if (value !== undefined) routing[name] = value
  }
  const { voiceCallbackType: type, voiceCallbackValue: value, app_id: application } = routing
  if (Boolean(type) !== Boolean(value) || (type && !voiceCallbackTypes.has(type))) return undefined
  return application && !uuid.test(application) ? undefined : routing
}

export function ownedReport({ number, routing }: OwnedNumber) {
  const { cost: _cost, initialPrice: _initialPrice, country, msisdn, ...kind } = number
  const { moHttpUrl, ...others } = Object.fromEntries(
    routingNames.filter((name) => routing[name] !== undefined).map((name) => [name, routing[name]]),
  )
  return { country, msisdn, ...(moHttpUrl ? { moHttpUrl } : {}), ...kind, ...others }
}

function required(name: string): Answer {
  return { httpStatus: 400, body: { [name]: 'Is required.' } }
}

function failed(label: string): Answer {
  return { httpStatus: 420, body: { 'error-code': '420', 'error-code-label': label } }
}
