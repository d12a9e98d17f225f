import { timingSafeEqual } from 'node:crypto'
import type { DataKeys } from '../privacy.ts'
import { held } from './held.ts'
import type { Parts } from './parts.ts'
import { type VerificationView, view } from './view.ts'

/** What the page shows at which a person types the code. */
export type LinkedView = Pick<
  VerificationView,
  'request_id' | 'state' | 'delivery' | 'brand' | 'code_length' | 'attempts_left' | 'expires_at'
>

/**
 * The address of that page: the id, and behind it what nobody can make up who has not the data keys, 256 bits in all. It
 * opens this one verification to whom it was given, and nothing is kept of it.
 */
export function linkTo({ keys, address }: Pick<Parts, 'keys' | 'address'>, id: string): string {
  const token = Buffer.from(`${id}${proofOf(keys, id)}`, 'hex').toString('base64url')
  return `${address()}/v/${token}`
}

/** The verification behind a link's last part, with whose it is; undefined for what is no link of ours. */
export async function linked(
  { store, keys, clock }: Parts,
  token: string,
): Promise<{ view: LinkedView; caller: string } | undefined> {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== token) return undefined
  const id = bytes.toString('hex', 0, 16)
  if (!timingSafeEqual(bytes.subarray(16), Buffer.from(proofOf(keys, id), 'hex'))) return undefined
  const found = await store.verification(id)
  if (!found) return undefined
  const { verification, run, pendingOnRun } = await held(store, id, found.caller)
  return { view: view(verification, run, { pendingOnRun, now: clock.now() }), caller: found.caller }
}

/** 128 bits. */
function proofOf(keys: DataKeys, id: string): string {
  return keys.hash(`link ${id}`)
}
