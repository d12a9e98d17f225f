import { createHmac } from 'node:crypto'
import { ConfigError } from '../config-error.ts'
import { Secret } from '../privacy.ts'

const form = 'whsec_ and 24 to 64 bytes in base64, such as the output of `echo whsec_$(openssl rand -base64 32)`'

/** Reads the signing secrets of Standard Webhooks: one, or several while they are exchanged. */
export function readSecrets(value: string, name: string): Secret[] {
  return value.split(/[\s,]+/).map((text) => {
    const [, key = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
    const { length } = Buffer.from(key, 'base64')
    if (length >= 24 && length <= 64) return new Secret(key)
    throw new ConfigError(`${name} is no signing secret; allowed is ${form}, several with commas`)
  })
}

/** The headers of Standard Webhooks. `sentAtMs` is real time, as the receiver's is that compares it with its own. */
export function signedHeaders(
  { id, body, sentAtMs }: { id: string; body: string; sentAtMs: number },
  secrets: readonly Secret[],
): Record<string, string> {
  const timestamp = Math.floor(sentAtMs / 1000)
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.reveal(), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') }
}
