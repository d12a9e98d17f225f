import { Secret } from './privacy.ts'
import { ConfigError, type Env, given, value } from './settings.ts'

export interface Mode {
  mode: 'sandbox' | 'live'
  host: string
  /** Whether Vonage is the simulator inside the gateway. */
  isBuiltIn: boolean
  apiKey: string
  apiSecret: Secret
  apiHost: string
  restHost: string
}

/** The simulated account, unless another is set. */
export const sandboxAccount = { apiKey: '5a4db0c5', apiSecret: new Secret('sandboxSecret1') }

/** Sandbox or live is never a matter of luck: whatever the environment leaves open stops the start. */
export function readMode(env: Env): Mode {
  const host = readHost(env)
  const account = readAccount(env)
  const wanted = given(env, 'TOLLGATE_MODE')
  const hosts = { apiHost: value(env, 'VONAGE_API_HOST'), restHost: value(env, 'VONAGE_REST_HOST') }
  if (!account) {
    if (wanted === 'live') {
      throw new ConfigError('TOLLGATE_MODE is live without credentials: set VONAGE_API_KEY and VONAGE_API_SECRET')
    }
    if (given(env, 'VONAGE_API_HOST') ?? given(env, 'VONAGE_REST_HOST')) {
      throw new ConfigError(
        'VONAGE_API_HOST is set without credentials: set VONAGE_API_KEY and VONAGE_API_SECRET, or unset the host',
      )
    }
    return { mode: 'sandbox', host, isBuiltIn: true, ...sandboxAccount, ...hosts }
  }
  const isOnLoopback = isLoopback(new URL(hosts.apiHost).hostname)
  if (wanted === undefined && isOnLoopback) {
    throw new ConfigError(
      'VONAGE_API_HOST is a loopback address: set TOLLGATE_MODE=sandbox for a simulator there, or TOLLGATE_MODE=live',
    )
  }
  if (wanted !== 'sandbox') return { mode: 'live', host, isBuiltIn: false, ...account, ...hosts }
  const restHost = given(env, 'VONAGE_REST_HOST') ?? hosts.apiHost
  if (!isOnLoopback || !isLoopback(new URL(restHost).hostname)) {
    throw new ConfigError(
      'TOLLGATE_MODE is sandbox with Vonage credentials: set VONAGE_API_HOST to a simulator on loopback, or unset VONAGE_API_KEY and VONAGE_API_SECRET',
    )
  }
  return { mode: 'sandbox', host, isBuiltIn: false, ...account, apiHost: hosts.apiHost, restHost }
}

function readAccount(env: Env): { apiKey: string; apiSecret: Secret } | undefined {
  const apiKey = given(env, 'VONAGE_API_KEY')
  const apiSecret = given(env, 'VONAGE_API_SECRET')
  if (apiKey !== undefined && apiSecret !== undefined) return { apiKey, apiSecret }
  if (apiKey === undefined && apiSecret === undefined) return undefined
  const missing = apiKey === undefined ? 'VONAGE_API_KEY' : 'VONAGE_API_SECRET'
  throw new ConfigError(`${missing} is not set but its other half is: set both for live, or neither for a sandbox`)
}

/** Whoever reaches a port may use it, so until callers have keys no port leaves the machine. */
function readHost(env: Env): string {
  const host = value(env, 'TOLLGATE_HOST')
  if (isLoopback(host)) return host
  throw new ConfigError(
    `TOLLGATE_HOST is ${JSON.stringify(host)}; allowed is a loopback address such as 127.0.0.1, because callers have no keys yet`,
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
