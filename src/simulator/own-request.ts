import type { FastifyReply } from 'fastify'
import type * as z from 'zod'
import { parseJson } from './call-parameters.ts'

/** A JSON body of the simulator's own API, or what is wrong with it in one line. */
export function readBody<Output>(body: unknown, schema: z.ZodType<Output>): { value: Output } | { error: string } {
  const json = parseJson(String(body))
  if (json === undefined) return { error: 'the body must be JSON' }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { value: parsed.data }
  const problems = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  return { error: problems.join('; ') }
}

export function refuse(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(400).send({ error })
}
