import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { type CallParameters, parseJson, readJson, readPairs } from './call-parameters.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { type Judge, type Outcome, settleCall } from './settle-call.ts'
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

interface VonageDoorOptions extends Judge {
  apis: VonageApi[]
  onCall: (call: RecordedCall) => void
}

const inPath = z.record(z.string(), z.string())
const everyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Every call of every Vonage API comes in here: it is read, judged, met by a planned fault, recorded and answered. */
export function openVonageDoor(app: FastifyInstance, options: VonageDoorOptions): void {
  for (const api of options.apis) {
    for (const route of api.routes) {
      app.route({
        method: everyMethod,
        url: route.path,
        handler: async (request, reply) => answerCall(request, reply, { api, route, judge: options }),
      })
    }
  }
}

function answerCall(
  request: FastifyRequest,
  reply: FastifyReply,
  { api, route, judge }: { api: VonageApi; route: VonageRoute; judge: VonageDoorOptions },
): FastifyReply {
  const call = readCall(request)
  const credentials = readCredentials(request.headers.authorization, call.parameters)
  const { answer, afterSeconds } = settleCall({ call, api, route }, credentials, judge)
  judge.onCall(record(call, credentials, answer))
  if (typeof answer === 'string') return endWithoutAnswer(reply, answer)
  if (afterSeconds === 0) return send(reply, answer, api)
  judge.world().schedule.at(judge.clock.now() + afterSeconds * 1000, () => send(reply, answer, api))
  return reply
}

function record(call: VonageCall, { scheme }: Credentials, answer: Outcome['answer']): RecordedCall {
  const { api_key: _key, api_secret: _secret, ...parameters } = call.parameters
  const [body, httpStatus] = typeof answer === 'string' ? [undefined, 0] : [answer.body, answer.httpStatus]
  return { method: call.method, path: call.path, parameters, authorization: scheme, answer: body, httpStatus }
}

function send(
  reply: FastifyReply,
  { httpStatus, headers = {}, body }: Answer,
  { contentType }: VonageApi,
): FastifyReply {
  reply.code(httpStatus)
  if (body === undefined) return reply.headers(headers).send()
  return reply
    .headers({ 'content-type': contentType, ...headers })
    .serializer(JSON.stringify)
    .send(body)
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

/** A stall stays open until the client gives up or the simulator closes. */
function endWithoutAnswer(reply: FastifyReply, end: 'cut' | 'stall'): FastifyReply {
  reply.hijack()
  if (end === 'cut') reply.raw.destroy()
  return reply
}
