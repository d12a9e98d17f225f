import { isLoopback, isLoopbackHost } from './loopback.ts'
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
  const host = value(env, 'TOLLGATE_HOST')
  const account = readAccount(env)
  const wanted = given(env, 'TOLLGATE_MODE')
  if (!account) {
    demandBuiltIn(env, wanted, host)
    const hosts = { apiHost: value(env, 'VONAGE_API_HOST'), restHost: value(env, 'VONAGE_REST_HOST') }
    return { mode: 'sandbox', host, isBuiltIn: true, ...sandboxAccount, ...hosts }
  }
  const hosts = wanted === 'sandbox' ? simulatorHosts(env) : vonageHosts(env, wanted)
  return { mode: wanted ?? 'live', host, isBuiltIn: false, ...account, ...hosts }
}

type Hosts = Pick<Mode, 'apiHost' | 'restHost'>

function demandBuiltIn(env: Env, wanted: Mode['mode'] | undefined, host: string): void {
  if (wanted === 'live') {
    throw new ConfigError('TOLLGATE_MODE is live without credentials: set VONAGE_API_KEY and VONAGE_API_SECRET')
  }
  if (wanted === undefined && !isLoopbackHost(host)) {
    throw new ConfigError(
      `TOLLGATE_HOST is ${host}, which others may reach, without credentials: set TOLLGATE_MODE=sandbox if it is to be one, or VONAGE_API_KEY and VONAGE_API_SECRET`,
    )
  }
  const elsewhere = hostSettings.find((name) => given(env, name) !== undefined)
  if (elsewhere === undefined) return
  throw new ConfigError(
    `${elsewhere} is set without credentials: set VONAGE_API_KEY and VONAGE_API_SECRET, or unset the host`,
  )
}

const hostSettings = ['VONAGE_API_HOST', 'VONAGE_REST_HOST'] as const

/** A sandbox with credentials: its simulator is on loopback, for Verify and Numbers alike. */
function simulatorHosts(env: Env): Hosts {
  const apiHost = value(env, 'VONAGE_API_HOST')
  const restHost = given(env, 'VONAGE_REST_HOST') ?? apiHost
  if (isLoopback(new URL(apiHost)) && isLoopback(new URL(restHost))) return { apiHost, restHost }
  throw new ConfigError(
    'TOLLGATE_MODE is sandbox with Vonage credentials: set VONAGE_API_HOST to a simulator on loopback, or unset VONAGE_API_KEY and VONAGE_API_SECRET',
  )
}

/** Live, and the credentials never go in the clear over a network. */
function vonageHosts(env: Env, wanted: Mode['mode'] | undefined): Hosts {
  const hosts = { apiHost: value(env, 'VONAGE_API_HOST'), restHost: value(env, 'VONAGE_REST_HOST') }
  const isHere = (name: (typeof hostSettings)[number]) => isLoopback(new URL(value(env, name)))
  const here = hostSettings.filter(isHere)
  const [first] = here
  if (first !== undefined && wanted === undefined) {
    throw new ConfigError(
      `${first} is a loopback address: set TOLLGATE_MODE=sandbox for a simulator there, or TOLLGATE_MODE=live`,
    )
  }
  if (here.length === 1) {
    throw new ConfigError(
      `${first} is a loopback address and ${hostSettings.find((name) => name !== first)} is not: set both, or neither`,
    )
  }
  const open = hostSettings.find((name) => !isHere(name) && value(env, name).startsWith('http:'))
  if (open === undefined) return hosts
  throw new ConfigError(`${open} begins with http://, which would show the credentials to the network: use https://`)
}

function readAccount(env: Env): { apiKey: string; apiSecret: Secret } | undefined {
  const apiKey = given(env, 'VONAGE_API_KEY')
  const apiSecret = given(env, 'VONAGE_API_SECRET')
  if (apiKey !== undefined && apiSecret !== undefined) return { apiKey, apiSecret }
  if (apiKey === undefined && apiSecret === undefined) return undefined
  const missing = apiKey === undefined ? 'VONAGE_API_KEY' : 'VONAGE_API_SECRET'
  throw new ConfigError(`${missing} is not set but its other half is: set both for live, or neither for a sandbox`)
}
