import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { type CallParameters, parseJson, readJson, readPairs } from './call-parameters.ts'
import { type Account, type Credentials, readCredentials } from './credentials.ts'
import type { Fault, Faults } from './faults.ts'
import type { Answer, VonageApi, VonageCall, VonageRoute } from './vonage-api.ts'

/** A request on a Vonage path as it was at the wire. Cut or left open, it has no answer and HTTP status 0. */
export interface RecordedCall {
  method: string
  path: string
  /** Query and body merged, without api_key and api_secret. */
  parameters: CallParameters
  authorization: Credentials['scheme']
  answer: unknown
  httpStatus: number
}

interface VonageDoorOptions {
  apis: VonageApi[]
  account: Account
  faults: () => Faults
  onCall: (call: RecordedCall) => void
}

type Outcome = Answer | 'cut' | 'stall'

const inPath = z.record(z.string(), z.string())
const everyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Every call of every Vonage API comes in here: it is read, judged, met by a planned fault, recorded and answered. */
export function openVonageDoor(app: FastifyInstance, options: VonageDoorOptions): void {
  for (const api of options.apis) {
    for (const route of api.routes) {
      app.route({
        method: everyMethod,
        url: route.path,
        handler: (request, reply) => answerCall(request, reply, api, route, options),
      })
    }
  }
}

function answerCall(
  request: FastifyRequest,
  reply: FastifyReply,
  api: VonageApi,
  route: VonageRoute,
  { account, faults, onCall }: VonageDoorOptions,
): FastifyReply {
  const call = readCall(request)
  const credentials = readCredentials(request.headers.authorization, call.parameters)
  const outcome = settle(call, credentials, api, route, account, faults())
  const { api_key: _key, api_secret: _secret, ...parameters } = call.parameters
  onCall({
    method: call.method,
    path: call.path,
    parameters,
    authorization: credentials.scheme,
    answer: typeof outcome === 'string' ? undefined : outcome.body,
    httpStatus: typeof outcome === 'string' ? 0 : outcome.httpStatus,
  })
  if (typeof outcome === 'string') return endWithoutAnswer(reply, outcome)
  reply.code(outcome.httpStatus)
  if (outcome.body === undefined) return reply.headers(outcome.headers ?? {}).send()
  return reply
    .headers({ 'content-type': api.contentType, ...outcome.headers })
    .serializer(JSON.stringify)
    .send(outcome.body)
}

function readCall({ method, url, params, headers, body: sent }: FastifyRequest): VonageCall {
  const [path = '', search = ''] = url.split(/\?(.*)/s)
  const query = readPairs(search)
  const text = typeof sent === 'string' ? sent : ''
  const isJson = headers['content-type']?.includes('json') ?? false
  const json = isJson ? parseJson(text) : undefined
  const body = isJson ? readJson(json) : readPairs(text)
  const bodyType = text === '' ? 'none' : isJson ? 'json' : 'form'
  const pathParameters = inPath.parse(params)
  return { method, path, pathParameters, query, body, bodyType, json, parameters: { ...query, ...body } }
}

function settle(
  call: VonageCall,
  credentials: Credentials,
  api: VonageApi,
  route: VonageRoute,
  account: Account,
  faults: Faults,
): Outcome {
  if (call.method === 'HEAD') return { httpStatus: 200, body: {} }
  if (!route.methods.some((method) => method === call.method)) return api.refuseMethod(call)
  const refusal = api.refuseCredentials(credentials, account)
  if (refusal) return refusal
  const judgement = route.judge(call, credentials)
  if (typeof judgement !== 'function') return judgement
  const fault = faults.take(route.path)
  if (!fault) return judgement()
  if (fault.takesEffect) judgement()
  return failAsPlanned(fault, call, api, route)
}

function failAsPlanned({ answer }: Fault, call: VonageCall, api: VonageApi, route: VonageRoute): Outcome {
  switch (answer.kind) {
    case 'status':
      return route.statusAnswer(answer.status, call)
    case 'http':
      return api.fail(answer.httpStatus, call)
    case 'connection':
      return answer.end
  }
}

/** A stall stays open until the client gives up or the simulator closes. */
function endWithoutAnswer(reply: FastifyReply, end: 'cut' | 'stall'): FastifyReply {
  reply.hijack()
  if (end === 'cut') reply.raw.destroy()
  return reply
}
