import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import * as z from 'zod'
import { parseJson } from '../call-parameters.ts'

/** An application of the account, with the public half of the key that its JWTs are signed with, as PEM. */
export interface Application {
  id: string
  publicKey: string
}

export type PublicKeys = Map<string, KeyObject>

export type BearerVerdict = { verdict: 'accepted'; applicationId: string } | { verdict: 'expired' | 'wrong' }

/** How long a JWT is good that does not say so itself. */
const defaultLifeSeconds = 15 * 60

const header = z.object({ alg: z.literal('RS256') })
const claims = z.object({
  application_id: z.guid().toLowerCase(),
  iat: z.number(),
  jti: z.string().min(1),
  exp: z.number().optional(),
})

export function readPublicKeys(applications: Application[]): PublicKeys {
  return new Map(applications.map(({ id, publicKey }) => [id.toLowerCase(), readPublicKey(id, publicKey)]))
}

function readPublicKey(id: string, pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new Error(`the public key of the application ${id} is no PEM`, { cause })
  }
}

/**
 * Judges the JWT of a call. Of an application whose public key the simulator was given, the signature is checked; of
 * any other, a well-formed RS256 JWT is enough. `nowMs` is the real time: who signs knows nothing of the simulated one.
 */
export function judgeBearer(token: string, publicKeys: PublicKeys, nowMs: number): BearerVerdict {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token)
  const [, head = '', body = '', signature = ''] = parts ?? []
  const given = claims.safeParse(readPart(body))
  if (!parts || !header.safeParse(readPart(head)).success || !given.success) return { verdict: 'wrong' }
  const { application_id: applicationId, iat, exp = iat + defaultLifeSeconds } = given.data
  const key = publicKeys.get(applicationId)
  if (key && !verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) {
    return { verdict: 'wrong' }
  }
  if (exp * 1000 <= nowMs) return { verdict: 'expired' }
  return { verdict: 'accepted', applicationId }
}

function readPart(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString())
}
