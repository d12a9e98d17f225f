import { createRemoteJWKSet, jwtVerify } from 'jose'

/** Reads signed results for one brand, as a service does that relies on them. */
export function resultReader({ gateway, issuer, audience }: { gateway: string; issuer: string; audience: string }) {
  const keys = createRemoteJWKSet(new URL(`${gateway}/.well-known/jwks.json`))

  /** The number that the person of this session holds. Throws for a result that is not of this session. */
  return async function verifiedNumber(token: string, session: { nonce: string; purpose: string }): Promise<string> {
    const { payload } = await jwtVerify(token, keys, { algorithms: ['ES256'], issuer, audience })
    const { nonce, purpose, phone_number } = payload
    if (nonce !== session.nonce || purpose !== session.purpose) throw new Error('The result is of another session.')
    if (typeof phone_number !== 'string') throw new Error('The result names no number.')
    return phone_number
  }
}
