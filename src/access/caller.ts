import { GatewayError } from '../errors.ts'
import { type Scope, scopes } from './scopes.ts'

/** Who asks. Each verification belongs to the caller that made it. */
export interface Caller {
  /** The name of a key, `oauth:` with the id of a client, or `local`: it stands in records, log lines and limits. */
  id: string
  scopes: readonly Scope[]
  bounds: CallerBounds
  /** It has an access token, and can get another with more scopes. */
  hasToken?: boolean
}

/** What a caller is confined to; what is absent does not confine it. */
export interface CallerBounds {
  brands?: readonly string[] | undefined
  /** Regions of numbers that get codes, or that are bought, changed and released. */
  countries?: readonly string[] | undefined
  channels?: readonly ('sms' | 'tts')[] | undefined
  /** What its requests have to say of who is behind them. */
  context?: readonly ('ip' | 'session_id' | 'account_id' | 'device_id')[] | undefined
  /** Messages a UTC day. */
  dailySends?: number | undefined
  /** What it may spend on numbers, in millionths of a euro: for a purchase, in a UTC day, in a UTC month. */
  spend?: { perPurchase?: number | undefined; perDay?: number | undefined; perMonth?: number | undefined } | undefined
}

/** Before there is any key there is one caller: whoever reaches the loopback address. */
export const localCaller: Caller = { id: 'local', scopes, bounds: {} }

/** Throws forbidden for a caller without the scope. */
export function demandScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.includes(scope)) return
  const has = caller.scopes.length > 0 ? caller.scopes.join(', ') : 'none'
  const detail = `This takes the scope ${scope}; this caller has ${has}.`
  throw new GatewayError('forbidden', detail, { required_scope: scope })
}
