import { bucketOf } from '../address.ts'
import { GatewayError } from '../errors.ts'

/** Who is behind a request, as the caller sees it. The words are the caller's own and mean something to it alone. */
export interface RequestContext {
  /** The address of the person's device. */
  ip?: string | undefined
  session_id?: string | undefined
  account_id?: string | undefined
  device_id?: string | undefined
}

export const contextMembers = ['ip', 'session_id', 'account_id', 'device_id'] as const
export type ContextMember = (typeof contextMembers)[number]

/** The same as keyed hashes: nothing can be read from them, and the same is found again. */
export type HashedContext = { [Member in ContextMember]?: string | undefined }

/** Throws where a caller has to say more of who asks. */
export function demandContext(context: RequestContext, required: readonly ContextMember[] = []): void {
  const missing = required.filter((member) => context[member] === undefined)
  if (missing.length === 0) return
  const reason = 'has to be given with this key'
  throw new GatewayError('invalid_request', `context: ${missing.join(', ')} ${reason}`, {
    basis: { rule: 'key.context' },
    invalid_parameters: missing.map((member) => ({ name: `context.${member}`, reason })),
  })
}

/** `hash` is keyed. What one caller calls a session is none of another's. */
export function hashedContext(context: RequestContext, caller: string, hash: (text: string) => string): HashedContext {
  const { ip, ...own } = context
  const hashes = Object.entries(own).flatMap(([member, value]) =>
    value === undefined ? [] : [[member, hash(`${member} ${caller} ${value}`)]],
  )
  return { ...Object.fromEntries(hashes), ...(ip !== undefined && { ip: addressHash(ip, hash) }) }
}

export function addressHash(ip: string, hash: (text: string) => string): string {
  return hash(`ip ${bucketOf(ip)}`)
}
