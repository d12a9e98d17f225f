import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import type { Clock } from '../clock.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What a token tells of a verification. */
export interface Facts {
  requestId: string
  brand: string
  nonce: string | undefined
  purpose: string | undefined
  /** E.164 without `+`; absent once it is erased. */
  number: () => string | undefined
  /** How the messages with the code came. */
  channels: readonly Channel[]
  /** When the code was found to be right, in epoch milliseconds. */
  verifiedAt: number
}

type Channel = 'sms' | 'tts'

/** Signs that somebody holds a number, for whoever relies on it. */
export interface Tokens {
  /** An ES256 JWT, another one each time, good for five minutes. */
  mint(facts: Facts): Promise<string>
}

export interface TokensParts {
  signingKeys: SigningKeys
  clock: Clock
  /** The gateway’s own: the issuer, but for a sandbox. */
  address: () => string
  sandbox: boolean
  /** Whether tokens name the number. */
  phoneNumber: boolean
}

const lifeSeconds = 300
/** No live gateway has it, whatever its address. */
const sandboxIssuer = 'urn:tollgate:sandbox'

/** Authentication methods of RFC 8176. */
const methods: Record<Channel, string> = { sms: 'sms', tts: 'tel' }

export function createTokens(parts: TokensParts): Tokens {
  const { signingKeys, clock, address, sandbox, phoneNumber } = parts
  return {
    async mint({ requestId, brand, nonce, purpose, number, channels, verifiedAt }) {
      const { kid, privateKey } = await signingKeys.signer()
      const issuedAt = seconds(clock.now())
      const named = phoneNumber ? number() : undefined
      const claims = {
        iss: sandbox ? sandboxIssuer : address(),
        aud: brand,
        jti: randomUUID(),
        iat: issuedAt,
        exp: issuedAt + lifeSeconds,
        auth_time: seconds(verifiedAt),
        nonce,
        purpose,
        request_id: requestId,
        phone_number_verified: true,
        phone_number: named && `+${named}`,
        amr: ['otp', ...channels.map((channel) => methods[channel])],
        sandbox,
      }
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' }).sign(privateKey)
    },
  }
}

function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1000)
}
