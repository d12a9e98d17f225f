import { timingSafeEqual } from 'node:crypto'
import type { DataKeys } from '../privacy.ts'

/** What a challenge was made for; its token is good for nothing else. */
export interface ChallengeBound {
  numberHash: string
  caller: string
  session: string | undefined
}

/** A challenge whose token is right. */
export interface Challenge {
  id: string
  expiresAt: number
}

const livesMs = 600_000

/** A token that is good for ten minutes, once: `<id>.<when it expires>.<keyed hash>`. Nothing is kept until it is used. */
export function mintChallenge(keys: DataKeys, bound: ChallengeBound, { id, now }: { id: string; now: number }): string {
  const challenge = { id, expiresAt: now + livesMs }
  return `${id}.${challenge.expiresAt}.${proofOf(keys, bound, challenge)}`
}

/** Undefined for what is no token of ours, for something else, or over. */
export function readChallenge(
  keys: DataKeys,
  bound: ChallengeBound,
  token: string,
  now: number,
): Challenge | undefined {
  const [, id, expiry, proof] = /^([0-9a-f]{32})\.(\d{13})\.([0-9a-f]{32})$/.exec(token) ?? []
  if (id === undefined || expiry === undefined || proof === undefined) return undefined
  const challenge = { id, expiresAt: Number(expiry) }
  const isOurs = timingSafeEqual(Buffer.from(proof), Buffer.from(proofOf(keys, bound, challenge)))
  return isOurs && challenge.expiresAt > now ? challenge : undefined
}

function proofOf(
  keys: DataKeys,
  { numberHash, caller, session }: ChallengeBound,
  { id, expiresAt }: Challenge,
): string {
  return keys.hash(JSON.stringify(['challenge', id, expiresAt, numberHash, caller, session ?? null]))
}
