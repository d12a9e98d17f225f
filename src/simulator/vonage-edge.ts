import type { FastifyInstance } from 'fastify'
import type { VonageApi } from './vonage-api.ts'
import { problemAnswer } from './vonage-problem.ts'

interface VonageEdgeOptions {
  apis: VonageApi[]
  /** A new 32 hex digits each time. */
  traceId: () => string
}

const tooLargeUrl = 8 * 1024
const tooLongUrl = 16 * 1024

/** What Vonage's gateway does with every call before an API sees it: its headers, and no URL that is too long. */
export function registerVonageEdge(app: FastifyInstance, { apis, traceId }: VonageEdgeOptions): void {
  const byPath = new Map(apis.flatMap((api) => api.routes.map(({ path }) => [path, api] as const)))
  app.addHook('onRequest', async (request, reply) => {
    const api = byPath.get(request.routeOptions.url ?? '')
    if (!api) return
    const id = traceId()
    reply.headers({ ...api.headers, 'x-nexmo-trace-id': id })
    if (request.url.length < tooLargeUrl) return
    const { httpStatus, body } = problemAnswer(request.url.length < tooLongUrl ? 413 : 414, id)
    await reply.code(httpStatus).header('content-type', api.contentType).serializer(JSON.stringify).send(body)
  })
}
