import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { Fault, FaultAnswer, Faults } from './faults.ts'
import { readBody, refuse } from './own-request.ts'
import type { VonageRoute } from './vonage-api.ts'

const daySeconds = 24 * 3600
const searchPath = '/verify/search/json'
const seconds = z.number().min(0).max(daySeconds)

const answerInput = z
  .strictObject({
    status: z.string().optional(),
    http: z.int().min(400).max(599).optional(),
    connection: z.enum(['cut', 'stall']).optional(),
    after_seconds: seconds.optional(),
  })
  .refine((answer) => Object.values(answer).filter((value) => value !== undefined).length === 1, {
    error: 'give exactly one of status, http, connection and after_seconds',
  })

/** Reads what a fault may be; which paths and statuses there are is asked of the routes. */
const faultInput = z
  .strictObject({
    path: z.string(),
    answer: answerInput,
    takes_effect: z.boolean().optional(),
    effect_after_seconds: seconds.optional(),
    times: z.int().min(1).max(1_000_000).optional(),
    rate: z.number().gt(0).max(1).optional(),
    seed: z.string().min(1).max(200).optional(),
    seconds_after_end: seconds.optional(),
  })
  .refine(({ times, rate }) => times === undefined || rate === undefined, { error: 'give either times or rate' })
  .refine(({ rate, seed }) => seed === undefined || rate !== undefined, { error: 'seed: goes with rate only' })
type FaultInput = z.infer<typeof faultInput>

/** Plans what goes wrong. */
export function registerFaultsApi(
  app: FastifyInstance,
  { faults, routes }: { faults: () => Faults; routes: VonageRoute[] },
): void {
  app.post('/simulator/faults', (request, reply) => {
    const input = readBody(request.body, faultInput)
    if ('error' in input) return refuse(reply, input.error)
    const error = plan(input.value, { faults: faults(), routes })
    return error === undefined ? reply.send(input.value) : refuse(reply, error)
  })

  app.delete('/simulator/faults', (_, reply) => {
    faults().clear()
    return reply.code(204).send()
  })
}

/** Returns why it can't be planned. */
function plan(input: FaultInput, { faults, routes }: { faults: Faults; routes: VonageRoute[] }): string | undefined {
  const route = routes.find(({ path }) => path === input.path)
  if (!route) return `path: no such path; there are ${routes.map(({ path }) => path).join(', ')}`
  const { status } = input.answer
  if (status !== undefined && !route.failingStatuses.includes(status)) {
    const known = route.failingStatuses.join(', ') || 'none'
    return `answer.status: no such status at ${route.path}; there are: ${known}`
  }
  if (input.seconds_after_end !== undefined) return delaySearch(input, faults)
  const fault = { answer: readAnswer(input.answer), effectAfterSeconds: readEffect(input) }
  if (fault.answer.kind === 'late' && fault.effectAfterSeconds !== 0)
    return 'an answer that is only late has its effect at once'
  if (input.rate === undefined) return void faults.plan(route.path, fault, input.times ?? 1)
  const isAdded = faults.addRate(route.path, fault, { rate: input.rate, seed: input.seed })
  return isAdded ? undefined : `rate: the rates of ${route.path} would be more than 1 in all`
}

function delaySearch({ path, answer, seconds_after_end }: FaultInput, faults: Faults): string | undefined {
  if (path !== searchPath || answer.status !== '101')
    return `seconds_after_end: goes with status 101 at ${searchPath} only`
  faults.searchLagSeconds = seconds_after_end ?? 0
  return undefined
}

/** Who stalls has done the work; whoever cuts or fails has not, unless it is said. */
function readEffect({ answer, takes_effect, effect_after_seconds }: FaultInput): Fault['effectAfterSeconds'] {
  const isDone = takes_effect ?? (answer.connection === 'stall' || answer.after_seconds !== undefined)
  if (effect_after_seconds !== undefined) return effect_after_seconds
  return isDone ? 0 : undefined
}

function readAnswer({ status, http, connection, after_seconds }: z.infer<typeof answerInput>): FaultAnswer {
  if (status !== undefined) return { kind: 'status', status }
  if (http !== undefined) return { kind: 'http', httpStatus: http }
  if (after_seconds !== undefined) return { kind: 'late', afterSeconds: after_seconds }
  return { kind: 'connection', end: connection ?? 'cut' }
}
