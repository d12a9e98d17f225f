import type { FastifyReply, FastifyRequest } from 'fastify'

const allowed = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, x-request-id, mcp-protocol-version, mcp-method, mcp-name',
  'access-control-max-age': '600',
}

/** What a page may read besides the body. */
const exposed = 'x-request-id, retry-after, idempotent-replayed, ratelimit, ratelimit-policy, www-authenticate'

/** Lets a page of an allowed origin read the answer. Answers with the reply that a preflight gets. */
export function allowCors(origin: string, { method, headers }: FastifyRequest, reply: FastifyReply) {
  reply.headers({ 'access-control-allow-origin': origin, vary: 'origin', 'access-control-expose-headers': exposed })
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
  return isPreflight ? reply.status(204).headers(allowed).send() : undefined
}
