import type { Held } from './held.ts'
import type { Parts } from './parts.ts'
import { channelsUntil } from './workflows.ts'

/** A token for a verification that was verified. There is none for any other. */
export function signedResult({ tokens, keys }: Parts, { verification, run }: Held): Promise<string> {
  const { id, state, endedAt, nonce, purpose } = verification
  if (state !== 'verified' || endedAt === undefined) throw new Error(`verification ${id} is ${state}: nothing to sign`)
  return tokens.mint({
    requestId: id,
    brand: run.brand,
    nonce,
    purpose,
    number: () => run.numberSealed && keys.open(run.numberSealed),
    channels: channelsUntil(run, endedAt),
    verifiedAt: endedAt,
  })
}
