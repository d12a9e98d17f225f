import { hash, randomBytes } from 'node:crypto'
import { Secret } from '../privacy.ts'

export type Mode = 'sandbox' | 'live'

const prefixes = { sandbox: 'tg_test_', live: 'tg_live_' } as const

/** A new secret for a key: 256 bits behind what tells its mode, as in tg_test_… */
export function mintSecret(mode: Mode): Secret {
  return new Secret(`${prefixes[mode]}${randomBytes(32).toString('base64url')}`)
}

/** SHA-256, 32 bytes: enough for what nobody can guess. */
export function hashOfSecret(secret: Secret): Buffer {
  return hash('sha256', secret.reveal(), 'buffer')
}

/** The mode that a secret was made for; undefined when it is none of ours. */
export function modeOfSecret(secret: Secret): Mode | undefined {
  const [, kind] = /^tg_(test|live)_[\w-]{43}$/.exec(secret.reveal()) ?? []
  if (kind === undefined) return undefined
  return kind === 'live' ? 'live' : 'sandbox'
}
