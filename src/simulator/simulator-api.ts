import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { SimulatedClock } from '../clock.ts'
import { readBody, refuse } from './own-request.ts'
import { microEuro } from './prices.ts'
import { scenarios } from './scenarios.ts'
import { snapshotOf } from './snapshot.ts'
import type { World } from './world.ts'

interface SimulatorApiOptions {
  clock: SimulatedClock
  world: () => World
  apiKey: string
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

const accountInput = z.strictObject({ balance: z.number().min(0).max(1_000_000_000) })

/** What Vonage doesn't have: moving the time, looking at the money and setting it, and beginning anew. */
export function registerSimulatorApi(app: FastifyInstance, options: SimulatorApiOptions): void {
  const { clock, world, apiKey, reset } = options
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

  const account = () => ({ api_key: apiKey, ...world().balance.report() })

  app.get('/simulator/account', (_, reply) => reply.send(account()))

  app.post('/simulator/account', (request, reply) => {
    const input = readBody(request.body, accountInput)
    if ('error' in input) return refuse(reply, input.error)
    world().balance.set(microEuro(input.value.balance))
    return reply.send(account())
  })

  app.get('/simulator/scenarios', (_, reply) => reply.send({ scenarios: Object.fromEntries(scenarios) }))

  app.get('/simulator/snapshot', (_, reply) => reply.send({ ...now(), ...snapshotOf(world(), apiKey) }))

  app.post('/simulator/reset', (request, reply) => {
    const input = readBody(request.body || '{}', resetInput)
    if ('error' in input) return refuse(reply, input.error)
    reset(input.value.seed)
    return reply.send(now())
  })
}
