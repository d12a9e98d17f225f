import type { FastifyInstance, FastifyReply } from 'fastify'
import * as z from 'zod'
import type { SimulatedClock } from '../clock.ts'
import { parseJson } from './call-parameters.ts'
import type { Fault, FaultAnswer } from './faults.ts'
import type { VonageRoute } from './vonage-api.ts'
import type { World } from './world.ts'

interface SimulatorApiOptions {
  clock: SimulatedClock
  world: () => World
  vonageRoutes: VonageRoute[]
  reset: (seed: string | undefined) => void
}

const maxAdvanceSeconds = 10 * 365 * 24 * 3600

const clockInput = z
  .strictObject({
    advance_seconds: z.number().min(0).max(maxAdvanceSeconds).optional(),
    now: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ advance_seconds, now }) => (advance_seconds === undefined) !== (now === undefined), {
    error: 'give either advance_seconds or now',
  })

const resetInput = z.strictObject({ seed: z.string().min(1).max(200).optional() })

/** Reads what a fault may be; which paths and statuses there are is asked of the routes. */
const faultInput = z.strictObject({
  path: z.string(),
  answer: z
    .strictObject({
      status: z.string().optional(),
      http: z.int().min(400).max(599).optional(),
      connection: z.enum(['cut', 'stall']).optional(),
    })
    .refine((answer) => Object.values(answer).filter((value) => value !== undefined).length === 1, {
      error: 'give exactly one of status, http and connection',
    }),
  takes_effect: z.boolean().default(false),
  times: z.int().min(1).max(1_000_000).default(1),
})

/** What Vonage doesn't have: moving the time, planning faults and beginning anew. */
export function registerSimulatorApi(app: FastifyInstance, options: SimulatorApiOptions): void {
  const { clock, world, reset } = options
  const now = () => ({ now: new Date(clock.now()).toISOString() })

  app.get('/simulator/clock', (_, reply) => reply.send(now()))

  app.post('/simulator/clock', async (request, reply) => {
    const input = readBody(request.body, clockInput)
    if ('error' in input) return refuse(reply, input.error)
    const { advance_seconds: seconds, now: target } = input.value
    try {
      await (target === undefined ? clock.advance(seconds ?? 0) : clock.moveTo(Date.parse(target)))
    } catch (error) {
      if (error instanceof RangeError) return refuse(reply, `now: ${error.message}`)
      throw error
    }
    return now()
  })

  app.post('/simulator/faults', (request, reply) => {
    const input = readBody(request.body, faultInput)
    if ('error' in input) return refuse(reply, input.error)
    const fault = readFault(input.value, options.vonageRoutes)
    if ('error' in fault) return refuse(reply, fault.error)
    world().faults.plan(fault)
    return reply.send(input.value)
  })

  app.post('/simulator/reset', (request, reply) => {
    const input = readBody(request.body || '{}', resetInput)
    if ('error' in input) return refuse(reply, input.error)
    reset(input.value.seed)
    return reply.send(now())
  })
}

function readFault(input: z.infer<typeof faultInput>, routes: VonageRoute[]): Fault | { error: string } {
  const route = routes.find(({ path }) => path === input.path)
  if (!route) return { error: `path: no such path; there are ${routes.map(({ path }) => path).join(', ')}` }
  const { status, http, connection } = input.answer
  if (status !== undefined && !route.failingStatuses.includes(status)) {
    const known = route.failingStatuses.join(', ') || 'none'
    return { error: `answer.status: no such status at ${route.path}; there are: ${known}` }
  }
  return {
    path: route.path,
    answer: readAnswer(status, http, connection),
    takesEffect: input.takes_effect,
    times: input.times,
  }
}

function readAnswer(status?: string, http?: number, connection?: 'cut' | 'stall'): FaultAnswer {
  if (status !== undefined) return { kind: 'status', status }
  if (http !== undefined) return { kind: 'http', httpStatus: http }
  return { kind: 'connection', end: connection ?? 'cut' }
}

function readBody<Output>(body: unknown, schema: z.ZodType<Output>): { value: Output } | { error: string } {
  const json = parseJson(String(body))
  if (json === undefined) return { error: 'the body must be JSON' }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { value: parsed.data }
  const problems = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  return { error: problems.join('; ') }
}

function refuse(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(400).send({ error })
}
