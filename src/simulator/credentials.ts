import { type CallParameters, single } from './call-parameters.ts'

export interface Account {
  apiKey: string
  apiSecret: string
}

export interface Credentials {
  scheme: 'basic' | 'bearer' | 'parameters' | 'none'
  apiKey: string | undefined
  apiSecret: string | undefined
  /** The JWT of a bearer. */
  token?: string
}

export type CredentialsVerdict = 'accepted' | 'key missing' | 'secret missing' | 'wrong'

/** HTTP Basic or a bearer's token, else `api_key` and `api_secret` wherever the parameters were. */
export function readCredentials(authorization: string | undefined, parameters: CallParameters): Credentials {
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded) {
    const pair = Buffer.from(encoded, 'base64').toString()
    const colon = pair.indexOf(':')
    return { scheme: 'basic', apiKey: pair.slice(0, Math.max(0, colon)), apiSecret: pair.slice(colon + 1) }
  }
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (token) return { scheme: 'bearer', apiKey: undefined, apiSecret: undefined, token }
  const apiKey = single(parameters, 'api_key')
  const apiSecret = single(parameters, 'api_secret')
  return { scheme: apiKey || apiSecret ? 'parameters' : 'none', apiKey, apiSecret }
}

export function judgeCredentials(given: Credentials, account: Account): CredentialsVerdict {
  if (!given.apiKey) return 'key missing'
  if (!given.apiSecret) return 'secret missing'
  return given.apiKey === account.apiKey && given.apiSecret === account.apiSecret ? 'accepted' : 'wrong'
}
