import { createHash } from 'node:crypto'
import * as errors from 'jose/errors'
import { createRemoteJWKSet } from 'jose/jwks/remote'
import { jwtVerify } from 'jose/jwt/verify'
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Secret } from '../privacy.ts'
import type { Caller } from './caller.ts'
import { scopes } from './scopes.ts'

/** The authorization server whose access tokens are taken, and whom they have to be for. */
export interface OAuthOptions {
  issuer: string
  /** This gateway, as the tokens name it. */
  audience: string
  jwksUrl: URL
}

/** An OAuth 2.1 resource server: it takes tokens, issues none and passes none on. */
export interface OAuth {
  /** Who shows the token. Throws unauthenticated, or overloaded where the keys to it can't be had. */
  admit(token: Secret): Promise<Caller>
  /** Protected Resource Metadata (RFC 9728). */
  metadata: object
  /** Where that is. */
  metadataUrl: string
}

const algorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'EdDSA']
const rememberedMs = 60_000
const mostRemembered = 10_000

interface Remembered {
  caller: Caller
  until: number
}

/** `clock` is that of the world outside: tokens don't follow the time of a sandbox. */
export function createOAuth({ issuer, audience, jwksUrl }: OAuthOptions, clock: Clock): OAuth {
  const keys = createRemoteJWKSet(jwksUrl, { timeoutDuration: 5000 })
  const known = new Map<string, Remembered>()
  const { pathname, origin } = new URL(audience)
  const metadataUrl = `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}`

  async function verified(token: string, now: number): Promise<Remembered> {
    const options = { issuer, audience, algorithms, requiredClaims: ['exp'], currentDate: new Date(now) }
    const { payload } = await jwtVerify(token, keys, options).catch((error) => {
      throw refusalOf(error)
    })
    const claims = claimsOf(payload)
    return { caller: claims.caller, until: Math.min(claims.expiresAt, now + rememberedMs) }
  }

  return {
    metadataUrl,
    metadata: {
      resource: audience,
      resource_name: 'tollgate',
      authorization_servers: [issuer],
      scopes_supported: scopes,
      bearer_methods_supported: ['header'],
    },
    async admit(token) {
      const now = clock.now()
      const hash = createHash('sha256').update(token.reveal()).digest('base64')
      const held = known.get(hash)
      if (held && held.until > now) return held.caller
      const found = await verified(token.reveal(), now)
      if (known.size >= mostRemembered) known.clear()
      known.set(hash, found)
      return found.caller
    },
  }
}

const words = z.union([z.string().transform((text) => text.split(' ')), z.array(z.string())])
const id = z.string().regex(/^[\x21-\x7e]{1,200}$/)

/** RFC 9068, and how widespread servers write the same. */
const payload = z.object({
  exp: z.number(),
  client_id: id.optional(),
  azp: id.optional(),
  sub: id.optional(),
  scope: words.optional(),
  scp: words.optional(),
})

function claimsOf(given: unknown): { caller: Caller; expiresAt: number } {
  const { data } = payload.safeParse(given)
  const client = data?.client_id ?? data?.azp ?? data?.sub
  if (!data || client === undefined) throw refused('names no client')
  const granted = data.scope ?? data.scp ?? []
  const caller = { id: `oauth:${client}`, scopes: scopes.filter((scope) => granted.includes(scope)), bounds: {} }
  return { caller: { ...caller, hasToken: true }, expiresAt: data.exp * 1000 }
}

/** What is wrong with the token; or that its keys could not be had, which says nothing of it. */
function refusalOf(error: unknown): GatewayError {
  if (error instanceof errors.JWTExpired) return refused('has expired')
  if (error instanceof errors.JWTClaimValidationFailed) return refused(`is not for here (${error.claim})`)
  const isWrong = wrongTokens.some((kind) => error instanceof kind)
  if (isWrong) return refused('is none that this gateway takes')
  return new GatewayError('overloaded', 'The keys of the authorization server can’t be had now.', {
    retry_after_seconds: 5,
    cause: error,
  })
}

const wrongTokens = [
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
]

function refused(what: string): GatewayError {
  return new GatewayError('unauthenticated', `The access token ${what}.`)
}
