import { decodeJwt } from 'jose'
import * as z from 'zod'
import type { TestGateway } from './gateway.ts'
import { mcpCall } from './mcp-call.ts'

/** Gives what it shows of some verifications, and maybe of others: an answer in any shape, with request_id and state. */
type Reader = (node: TestGateway, ids: string[]) => Promise<unknown>

const callTool = (node: TestGateway, name: string, input: object) =>
  mcpCall(node.addresses.mcp, 'tools/call', { name, arguments: input })

/** Every way in which a caller may read what became of its verifications. */
export const readers = {
  GET: (node, ids) => Promise.all(ids.map((id) => node.rest('GET', `/v1/verifications/${id}`))),
  list: (node) => node.rest('GET', '/v1/verifications?limit=100'),
  'MCP get-verification': (node, ids) =>
    Promise.all(ids.map((id) => callTool(node, 'get-verification', { request_id: id }))),
  'MCP list-verifications': (node) => callTool(node, 'list-verifications', { limit: 100 }),
} as const satisfies Record<string, Reader>

const shown = z.object({
  request_id: z.string(),
  state: z.string().optional(),
  code: z.string().optional(),
})
const withToken = z.object({ verification_token: z.string() })

/** The verifications of which an answer tells something, however deep, and whether it is that they are verified. */
export function shownIn(answer: unknown): { id: string; isVerified: boolean }[] {
  if (typeof answer !== 'object' || answer === null) return []
  const { request_id: id, state, code } = shown.safeParse(answer).data ?? {}
  const isVerified = state === 'verified' || code === 'already_verified'
  const itself = id === undefined ? [] : [{ id, isVerified }]
  return [...itself, ...inToken(answer), ...Object.values(answer).flatMap(shownIn)]
}

/** Whatever else a token says, it says that its verification is verified. */
function inToken(answer: object): { id: string; isVerified: true }[] {
  const { verification_token } = withToken.safeParse(answer).data ?? {}
  if (verification_token === undefined) return []
  return [{ id: String(decodeJwt(verification_token).request_id), isVerified: true }]
}
