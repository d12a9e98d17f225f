import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import type { Answer, TestGateway } from './gateway.ts'

/** What a token says, verified with the keys that the gateway serves, at the gateway's time. Throws for a bad one. */
export async function readToken(gateway: TestGateway, token: string): Promise<JWTPayload> {
  const { body } = await gateway.rest('GET', '/.well-known/jwks.json')
  const options = { algorithms: ['ES256'], typ: 'JWT', currentDate: new Date(gateway.clock.now()) }
  const { payload } = await jwtVerify(token, createLocalJWKSet(body), options)
  return payload
}

export function kidOf(token: string): string | undefined {
  return decodeProtectedHeader(token).kid
}

/** The ids of the keys that a gateway serves. */
export async function servedKids(gateway: TestGateway): Promise<string[]> {
  const { body } = await gateway.rest('GET', '/.well-known/jwks.json')
  return body.keys.map(({ kid }: { kid: string }) => kid)
}

/** An answer with what its token says in the token's place, but for what is new in each, and without a link: only keys of the ledger make it. */
export function withFacts(body: Answer['body']): Answer['body'] {
  const { verification_url: _, ...rest } = body
  if (!('verification_token' in body)) return rest
  const { jti: _jti, iat: _iat, exp: _exp, ...facts } = decodeJwt(body.verification_token)
  return { ...rest, verification_token: facts }
}
