import * as z from 'zod'
import { systemClock } from '../../clock.ts'
import type { Balance } from '../balance.ts'
import { type Account, type Credentials, judgeCredentials } from '../credentials.ts'
import { type MicroEuro, messagePrice } from '../prices.ts'
import type { Random } from '../random.ts'
import type { Refusal } from '../scenarios.ts'
import type { Answer, Effect, VonageApi, VonageCall } from '../vonage-api.ts'
import { type BearerVerdict, judgeBearer, type PublicKeys } from './bearer.ts'
import { readOrder, type WorkflowStep } from './order.ts'
import { Problems } from './problems.ts'
import { route } from './route.ts'
import { silentAuthRoute } from './silent-auth-api.ts'
import { templateRoutes } from './templates-api.ts'
import type { Verifications } from './verifications.ts'
import { checkUrl, type Verify2World } from './world.ts'

interface Verify2ApiWorld {
  verify2: Verify2World
  balance: Balance
  traces: Random
}

interface Verify2Options {
  world: () => Verify2ApiWorld
  /** Of the applications whose signatures are to be checked. */
  publicKeys: PublicKeys
  baseUrl: () => string
}

const basePath = '/v2/verify'
const requestPath = `${basePath}/:request_id`

const checkInput = z.union([z.object({ code: z.string().min(4).max(10) }), z.object({ token: z.string().min(1) })])

/** Verify v2. The redirects of a silent authentication are an API of their own: a phone has no credentials. */
export function verify2Apis({ world, publicKeys, baseUrl }: Verify2Options): VonageApi[] {
  const problems = new Problems(() => world().traces.uuid())
  const verify2 = () => world().verify2
  const judgeToken = (token: string) => judgeBearer(token, publicKeys, systemClock.now())
  const common = {
    contentType: 'application/json',
    refuseMethod: ({ path }: VonageCall) => problems.noSuchMethod(path),
    fail: (httpStatus: number, call: VonageCall) => problems.ofStatus(httpStatus, call),
  }
  const routes = [
    {
      ...route(['POST'], basePath, problems, (call, { token }) => {
        const bearer = token === undefined ? undefined : judgeToken(token)
        return judgeCreate(call, bearer, world(), problems, baseUrl())
      }),
      recipient: { of: firstRecipient, refuse: (because: Refusal) => refuseRecipient(because, problems) },
    },
    route(['POST', 'DELETE'], requestPath, problems, (call) => {
      const judge = call.method === 'DELETE' ? judgeCancel : judgeCheck
      return judge(call, verify2().verifications, problems)
    }),
    route(['POST'], `${requestPath}/next_workflow`, problems, (call) => judgeNext(call, world(), problems)),
    ...templateRoutes(`${basePath}/templates`, () => verify2().templates, problems, baseUrl),
  ]
  const silentAuth = silentAuthRoute(`${requestPath}/silent-auth/redirect`, () => verify2().verifications, problems)
  return [
    { ...common, routes, refuseCredentials: (given, account) => refuse(given, account, judgeToken, problems) },
    { ...common, routes: [silentAuth], refuseCredentials: () => undefined },
  ]
}

function refuse(
  given: Credentials,
  account: Account,
  judgeToken: (token: string) => BearerVerdict,
  problems: Problems,
): Answer | undefined {
  if (given.token === undefined) {
    const isGood = given.scheme === 'basic' && judgeCredentials(given, account) === 'accepted'
    return isGood ? undefined : problems.answer('unauthorized')
  }
  const { verdict } = judgeToken(given.token)
  if (verdict === 'accepted') return undefined
  return problems.answer(verdict === 'expired' ? 'jwtExpired' : 'unauthorized')
}

function judgeCreate(
  call: VonageCall,
  bearer: BearerVerdict | undefined,
  { verify2: { verifications, templates }, balance }: Verify2ApiWorld,
  problems: Problems,
  baseUrl: string,
): Answer | Effect {
  const order = readOrder(call.json)
  if ('invalid' in order) return problems.invalidParams(order.invalid)
  if (order.template_id !== undefined && !templates.find(order.template_id)) {
    return problems.invalidParams([{ name: 'template_id', reason: 'Template id must be that of a template' }])
  }
  const applicationId = bearer?.verdict === 'accepted' ? bearer.applicationId : undefined
  // Vonage silently authenticates for applications only, which HTTP Basic does not name.
  const isSilent = order.workflow.some(({ channel }) => channel === 'silent_auth')
  if (isSilent && applicationId === undefined) return problems.answer('unauthorized')
  return () => {
    if (!balance.covers(priceOf(order.workflow[0]))) return problems.answer('lowBalance')
    const start = verifications.start(order, applicationId)
    switch (start.outcome) {
      case 'started':
        return { httpStatus: 202, body: { request_id: start.id } }
      case 'silent':
        return { httpStatus: 202, body: { request_id: start.id, check_url: checkUrl(baseUrl, start.id) } }
      case 'concurrent':
        return problems.answer('concurrent', { request_id: start.id })
      case 'not supported':
        return problems.answer('networkNotSupported')
      case 'full':
        return problems.answer('throttled')
    }
  }
}

const created = z.object({ workflow: z.tuple([z.object({ to: z.string() })], z.unknown()) })

function firstRecipient({ json }: VonageCall): string | undefined {
  return created.safeParse(json).data?.workflow[0].to
}

/** A blocked network and an unreachable number are told of later, by an event. */
function refuseRecipient(because: Refusal, problems: Problems): Answer | undefined {
  switch (because) {
    case 'throttled':
      return problems.answer('throttled')
    case 'out of credit':
      return problems.answer('lowBalance')
    case 'unsupported network':
      return problems.answer('networkNotSupported')
    case 'demo mode':
      return problems.invalidParams([{ name: 'to', reason: 'To is not on the list of numbers that a trial may use' }])
    case 'network blocked':
    case 'number unreachable':
      return undefined
  }
}

function priceOf(step: WorkflowStep | undefined): MicroEuro {
  return step === undefined ? 0 : messagePrice[step.channel]
}

/** A body that holds no code of any possible length is no attempt. */
function judgeCheck(call: VonageCall, verifications: Verifications, problems: Problems): Answer | Effect {
  const id = idOf(call)
  const input = checkInput.safeParse(call.json)
  return () => {
    if (!input.success)
      return verifications.isRunning(id) ? problems.answer('invalidCode') : problems.requestNotFound(id)
    switch (verifications.check(id, input.data)) {
      case 'right':
        return { httpStatus: 200, body: { request_id: id, status: 'completed' } }
      case 'wrong':
        return problems.answer('invalidCode')
      case 'wrong too often':
        return problems.answer('tooManyCodes')
      case 'no code':
        return problems.answer('noCode')
      case 'not running':
        return problems.requestNotFound(id)
    }
  }
}

/** Too early or too late, Vonage knows of no such request. */
function judgeCancel(call: VonageCall, verifications: Verifications, problems: Problems): Answer | Effect {
  const id = idOf(call)
  return () => {
    if (verifications.cancel(id) === 'cancelled') return { httpStatus: 204, body: undefined }
    return problems.requestNotFound(id)
  }
}

function judgeNext(
  call: VonageCall,
  { verify2: { verifications }, balance }: Verify2ApiWorld,
  problems: Problems,
): Answer | Effect {
  const id = idOf(call)
  return () => {
    if (!balance.covers(priceOf(verifications.nextStep(id)))) return problems.answer('lowBalance')
    switch (verifications.next(id)) {
      case 'begun':
        return { httpStatus: 200, body: undefined }
      case 'no more events':
        return problems.answer('noMoreEvents')
      case 'not running':
        return problems.requestNotFound(id)
    }
  }
}

function idOf({ pathParameters }: VonageCall): string {
  return pathParameters.request_id ?? ''
}
