import { type Provocation, paths, type Stage } from './provoking.ts'

type Outcome = Pick<Provocation, 'answers' | 'retryAfterSeconds' | 'attemptsLeft'>

/** A fault of Vonage's: its status, an HTTP status or a broken connection, and what a caller is to see of it. */
type Faults = Record<string, Outcome>

const faultOf = (name: string): Record<string, unknown> => {
  const [kind = '', value] = name.split(' ')
  if (value === undefined) return { connection: kind }
  return kind === 'HTTP' ? { http: Number(value) } : { status: value }
}

/** A row for each fault of a call; `prepare` brings the verification to where the call is made. */
function eachFault(operation: string, path: string, faults: Faults, act: Provocation['provoke']): Provocation[] {
  return Object.entries(faults).map(([name, outcome]) => {
    const [kind, value] = name.split(' ')
    return {
      when: `Vonage answers ${operation} with ${name}`,
      operation,
      ...(value !== undefined && (kind === 'status' || path.includes('number')) && { upstream: value }),
      ...(name === 'stall' && { env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '400' } }),
      ...outcome,
      async provoke(stage) {
        // A GET is asked twice when no answer comes.
        await stage.fault(path, faultOf(name), { takes_effect: false, times: value === undefined ? 2 : 1 })
        return act(stage)
      },
    }
  })
}

const common: Faults = {
  'status 1': { answers: '429 upstream_throttled', retryAfterSeconds: 1 },
  'status 2': { answers: '422 invalid_request' },
  'status 3': { answers: '422 invalid_request' },
  'status 4': { answers: '502 upstream_unauthorized' },
}

/** Vonage says no: nothing was done, and nothing is left here. */
export const refusedRequests = eachFault(
  'request-verification',
  paths.request,
  {
    ...common,
    'status 6': { answers: '422 number_unreachable' },
    'status 7': { answers: '403 network_blocked' },
    'status 8': { answers: '502 upstream_unauthorized' },
    'status 9': { answers: '503 upstream_out_of_credit' },
    'status 15': { answers: '422 destination_not_supported' },
    'status 20': { answers: '422 invalid_request' },
    'status 29': { answers: '422 destination_not_supported' },
  },
  ({ request }) => request(),
)

const failures: Faults = {
  'status 5': { answers: '502 upstream_error' },
  'HTTP 500': { answers: '502 upstream_error' },
  'HTTP 503': { answers: '502 upstream_error' },
  cut: { answers: '504 upstream_unreachable' },
  stall: { answers: '504 upstream_unreachable' },
}

/** Nobody knows what Vonage did. */
export const unansweredRequests = eachFault('request-verification', paths.request, failures, ({ request }) => request())

/** A check that Vonage refused to look at costs no try. */
export const refusedChecks = eachFault('check-verification', paths.check, common, startThen('checkRight'))

export const unansweredChecks = eachFault('check-verification', paths.check, failures, startThen('checkRight'))

const controls = eachFault(
  'trigger-next-event',
  paths.control,
  {
    ...common,
    ...failures,
    'status 8': { answers: '502 upstream_unauthorized' },
    'status 9': { answers: '503 upstream_out_of_credit' },
    'status 19': { answers: '409 not_now' },
  },
  async (stage) => {
    const id = await stage.start({ workflow_id: 4 })
    await stage.gateway.clock.advance(60)
    return stage.next(id)
  },
)

const answersOfNumbers: Faults = {
  'HTTP 400': { answers: '422 invalid_request' },
  'HTTP 401': { answers: '502 upstream_unauthorized' },
  'HTTP 429': { answers: '429 upstream_throttled', retryAfterSeconds: 1 },
  cut: { answers: '504 upstream_unreachable' },
  stall: { answers: '504 upstream_unreachable' },
}
const reads: Faults = { ...answersOfNumbers, 'HTTP 420': { answers: '502 upstream_error' } }
const orders: Faults = { ...answersOfNumbers, 'HTTP 420': { answers: '409 number_unavailable' } }

const numbers = [
  ...eachFault('list-owned-numbers', paths.owned, reads, ({ gateway }) => gateway.rest('GET', '/v1/numbers')),
  ...eachFault('search-available-numbers', paths.available, reads, ({ gateway }) =>
    gateway.rest('GET', '/v1/numbers/available?country=GB'),
  ),
  ...eachFault('buy-number', paths.buy, orders, async ({ gateway }) =>
    gateway.rest('POST', '/v1/numbers', await forSale(gateway)),
  ),
  ...eachFault('update-number', paths.update, orders, async ({ gateway }) => {
    const { country, msisdn } = await owned(gateway)
    return gateway.rest('PATCH', `/v1/numbers/${country}/${msisdn}`, { moHttpUrl: 'https://example.com/sms' })
  }),
  ...eachFault('cancel-number', paths.cancel, orders, async ({ gateway }) => {
    const { country, msisdn } = await owned(gateway)
    return gateway.rest('DELETE', `/v1/numbers/${country}/${msisdn}`)
  }),
  {
    when: 'numbers of the country need a local address',
    answers: '422 address_required' as const,
    operation: 'buy-number',
    upstream: '420',
    provoke: async ({ gateway }: Stage) => gateway.rest('POST', '/v1/numbers', await forSale(gateway, 'DE')),
  },
  {
    when: 'the account owns the number already',
    answers: '409 number_unavailable' as const,
    operation: 'buy-number',
    upstream: '420',
    provoke: async ({ gateway }: Stage) => gateway.rest('POST', '/v1/numbers', await owned(gateway)),
  },
]

export const vonageRows: readonly Provocation[] = [
  ...refusedRequests,
  ...unansweredRequests,
  ...refusedChecks,
  ...unansweredChecks,
  ...controls,
  ...numbers,
  {
    when: 'Vonage verifies the number for somebody else',
    answers: '409 verification_pending',
    operation: 'request-verification',
    retryAfterSeconds: 60,
    upstream: '10',
    async provoke({ fault, request }) {
      await fault(paths.request, { status: '10' })
      return request()
    },
  },
  {
    when: 'the search for a lost request asks for too much',
    answers: '422 invalid_request',
    operation: 'request-verification',
    upstream: '18',
    async provoke({ fault, request }) {
      await fault(paths.request, { connection: 'cut' }, { takes_effect: true })
      await request()
      await fault(paths.search, { status: '18' })
      return request()
    },
  },
  {
    when: 'Vonage calls the code wrong',
    answers: '400 wrong_code',
    operation: 'check-verification',
    upstream: '16',
    attemptsLeft: 2,
    provoke: startThen('checkWrong'),
  },
  {
    when: 'Vonage has seen too many wrong codes',
    answers: '410 attempts_exhausted',
    operation: 'check-verification',
    upstream: '17',
    attemptsLeft: 0,
    async provoke(stage) {
      await stage.fault(paths.check, { status: '17' })
      return startThen('checkRight')(stage)
    },
  },
]

function startThen(act: 'checkRight' | 'checkWrong'): Provocation['provoke'] {
  return async (stage) => stage[act](await stage.start())
}

async function forSale(gateway: Stage['gateway'], country = 'GB'): Promise<{ country: string; msisdn: string }> {
  const { body } = await gateway.rest('GET', `/v1/numbers/available?country=${country}&size=1`)
  return { country, msisdn: body.numbers[0].msisdn }
}

async function owned(gateway: Stage['gateway']): Promise<{ country: string; msisdn: string }> {
  const number = await forSale(gateway)
  const { status } = await gateway.rest('POST', '/v1/numbers', number)
  if (status !== 200) throw new Error(`the number could not be bought: ${status}`)
  return number
}
