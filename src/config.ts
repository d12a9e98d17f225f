import { resolve } from 'node:path'
import type { OAuthOptions } from './access/oauth.ts'
import type { Rate } from './access/rates.ts'
import type { SpendingPolicy } from './guard/spend-caps.ts'
import { readMode } from './mode.ts'
import type { Secret } from './privacy.ts'
import type { LedgerPlace } from './setting-readers.ts'
import { ConfigError, type Env, given, refuseUnknown, refuseWrong, settings, type Value, value } from './settings.ts'
import { readSpending } from './spending.ts'
import { demandPublic } from './webhooks/targets.ts'

export interface Config extends LedgerConfig {
  mode: 'sandbox' | 'live'
  host: string
  restPort: number
  mcpPort: number
  publicUrl: URL | undefined
  /** The simulator inside the gateway; absent when Vonage, real or simulated, is elsewhere. */
  simulator: SimulatorConfig | undefined
  vonage: {
    apiKey: string
    apiSecret: Secret
    apiHost: string
    restHost: string
    verifyPerSecond: number
    numbersPerSecond: number
    timeoutMs: number
  }
  policyFile: string | undefined
  countries: readonly string[] | undefined
  dailySends: number | undefined
  sendsPerNumber: readonly { limit: number; windowMs: number }[]
  defaults: { code_length: number; workflow_id: number; pin_expiry: number }
  maxPinExpirySeconds: number
  tokens: { phoneNumber: boolean; keyPeriodMs: number }
  /** From the end of a verification on. */
  eraseAfterDays: number
  mcpTools: readonly string[]
  /** Absent where keys alone are taken. */
  oauth: OAuthOptions | undefined
  rates: { perAddress: Rate | undefined; perCaller: Rate | undefined }
  numberSearches: Rate | undefined
  trustedProxies: readonly string[]
  allowedHosts: readonly string[]
  corsOrigins: readonly string[]
  spending: SpendingPolicy
  /** Absent when nobody is told. */
  webhooks: WebhookConfig | undefined
  /** Absent when nobody is asked before a message is sent. */
  hook: HookConfig | undefined
}

/** Where the ledger is and what it takes to read it. */
export interface LedgerConfig {
  dataDir: string
  ledger: LedgerPlace
  databaseConnections: number
  dataKeys: Secret | undefined
  logLevel: Value<'TOLLGATE_LOG_LEVEL'>
}

export interface WebhookConfig {
  targets: readonly URL[]
  secrets: readonly Secret[]
  /** Whether targets outside the public internet are told too. */
  privateTargets: boolean
}

export interface HookConfig {
  url: URL
  secrets: readonly Secret[]
}

export interface SimulatorConfig {
  port: number
  seed: string | undefined
  balanceEuro: number
  throttling: boolean
}

/** What a simulated Vonage is set to, inside the gateway or alone. */
export function readSimulator(env: Env): SimulatorConfig {
  return {
    port: value(env, 'TOLLGATE_SIMULATOR_PORT'),
    seed: given(env, 'TOLLGATE_SIMULATOR_SEED'),
    balanceEuro: value(env, 'TOLLGATE_SIMULATOR_BALANCE'),
    throttling: value(env, 'TOLLGATE_SIMULATOR_THROTTLING') === 'on',
  }
}

/** Reads the whole configuration. Throws a ConfigError whose one line names the setting and what is allowed. */
export function readConfig(env: Env): Config {
  refuseUnknown(env)
  refuseWrong(env)
  const vonage = readMode(env)
  const ledger = readLedgerConfig(env)
  demandShareable(ledger, vonage)
  const isLive = vonage.mode === 'live'
  const pinExpiry = value(env, 'TOLLGATE_PIN_EXPIRY')
  const maxPinExpirySeconds = value(env, 'TOLLGATE_PIN_EXPIRY_MAX')
  if (pinExpiry > maxPinExpirySeconds) {
    throw new ConfigError(
      `TOLLGATE_PIN_EXPIRY is ${pinExpiry}; allowed is at most TOLLGATE_PIN_EXPIRY_MAX, ${maxPinExpirySeconds}`,
    )
  }
  return {
    ...ledger,
    mode: vonage.mode,
    host: vonage.host,
    restPort: value(env, 'TOLLGATE_REST_PORT'),
    mcpPort: value(env, 'TOLLGATE_MCP_PORT'),
    publicUrl: given(env, 'TOLLGATE_PUBLIC_URL'),
    simulator: vonage.isBuiltIn ? readSimulator(env) : undefined,
    vonage: {
      apiKey: vonage.apiKey,
      apiSecret: vonage.apiSecret,
      apiHost: vonage.apiHost,
      restHost: vonage.restHost,
      verifyPerSecond: value(env, 'TOLLGATE_UPSTREAM_RPS'),
      numbersPerSecond: value(env, 'TOLLGATE_NUMBERS_RPS'),
      timeoutMs: value(env, 'TOLLGATE_UPSTREAM_TIMEOUT_MS'),
    },
    policyFile: given(env, 'TOLLGATE_POLICY'),
    countries: isLive ? required(env, 'TOLLGATE_COUNTRIES') : given(env, 'TOLLGATE_COUNTRIES'),
    dailySends: isLive ? required(env, 'TOLLGATE_DAILY_SENDS') : given(env, 'TOLLGATE_DAILY_SENDS'),
    sendsPerNumber: isLive ? someLimits(env) : (given(env, 'TOLLGATE_SENDS_PER_NUMBER') ?? []),
    defaults: {
      code_length: Number(value(env, 'TOLLGATE_CODE_LENGTH')),
      workflow_id: value(env, 'TOLLGATE_WORKFLOW_ID'),
      pin_expiry: pinExpiry,
    },
    maxPinExpirySeconds,
    tokens: {
      phoneNumber: value(env, 'TOLLGATE_TOKEN_PHONE_NUMBER') === 'on',
      keyPeriodMs: value(env, 'TOLLGATE_TOKEN_KEY_DAYS') * 86_400_000,
    },
    eraseAfterDays: value(env, 'TOLLGATE_ERASE_AFTER_DAYS'),
    mcpTools: value(env, 'TOLLGATE_MCP_TOOLS'),
    oauth: readOAuth(env),
    rates: {
      perAddress: rate(env, 'TOLLGATE_RATE_PER_ADDRESS', isLive),
      perCaller: rate(env, 'TOLLGATE_RATE_PER_CALLER', isLive),
    },
    numberSearches: rate(env, 'TOLLGATE_NUMBER_SEARCHES', isLive),
    allowedHosts: given(env, 'TOLLGATE_ALLOWED_HOSTS') ?? [],
    corsOrigins: given(env, 'TOLLGATE_CORS_ORIGINS') ?? [],
    trustedProxies: given(env, 'TOLLGATE_TRUSTED_PROXIES') ?? [],
    spending: readSpending(env, vonage.mode),
    webhooks: readWebhooks(env),
    hook: readHook(env),
  }
}

/** Who is told what becomes of verifications, by a gateway or by a command that changes them. */
export function readWebhooks(env: Env): WebhookConfig | undefined {
  const targets = given(env, 'TOLLGATE_WEBHOOK_URLS')
  const secrets = given(env, 'TOLLGATE_WEBHOOK_SECRET')
  if (!targets && !secrets) return undefined
  if (!targets || !secrets) {
    const missing = targets ? 'TOLLGATE_WEBHOOK_SECRET' : 'TOLLGATE_WEBHOOK_URLS'
    throw new ConfigError(`${missing} is not set but its other half is: set both for webhooks, or neither`)
  }
  const privateTargets = value(env, 'TOLLGATE_WEBHOOK_PRIVATE_TARGETS') === 'allow'
  if (!privateTargets) demandPublic(targets, 'TOLLGATE_WEBHOOK_URLS')
  return { targets, secrets, privateTargets }
}

function readHook(env: Env): HookConfig | undefined {
  const url = given(env, 'TOLLGATE_HOOK_URL')
  const secrets = given(env, 'TOLLGATE_HOOK_SECRET')
  if (!url && !secrets) return undefined
  if (url && secrets) return { url, secrets }
  const missing = url ? 'TOLLGATE_HOOK_SECRET' : 'TOLLGATE_HOOK_URL'
  throw new ConfigError(`${missing} is not set but its other half is: set both for a hook, or neither`)
}

const oauthSettings = ['TOLLGATE_OAUTH_ISSUER', 'TOLLGATE_OAUTH_AUDIENCE', 'TOLLGATE_OAUTH_JWKS_URL'] as const

/** Whose access tokens are taken. Throws a ConfigError where a part is missing. */
function readOAuth(env: Env): OAuthOptions | undefined {
  const issuer = given(env, 'TOLLGATE_OAUTH_ISSUER')
  const audience = given(env, 'TOLLGATE_OAUTH_AUDIENCE')
  const jwksUrl = given(env, 'TOLLGATE_OAUTH_JWKS_URL')
  if (issuer !== undefined && audience !== undefined && jwksUrl) return { issuer, audience, jwksUrl }
  const missing = oauthSettings.find((name) => given(env, name) === undefined)
  if (!issuer && !audience && !jwksUrl) return undefined
  throw new ConfigError(
    `${missing} is not set but others of OAuth are: set ${oauthSettings.join(', ')}, or none of them`,
  )
}

/** What a command needs that looks into the ledger or changes it. Throws a ConfigError like readConfig. */
export function readLedgerConfig(env: Env): LedgerConfig {
  refuseUnknown(env)
  refuseWrong(env)
  const dataDir = resolve(value(env, 'TOLLGATE_DATA_DIR'))
  return {
    dataDir,
    ledger: given(env, 'DATABASE_URL') ?? { engine: 'sqlite', path: resolve(dataDir, 'ledger.db') },
    databaseConnections: value(env, 'TOLLGATE_DATABASE_CONNECTIONS'),
    dataKeys: given(env, 'TOLLGATE_DATA_KEYS'),
    logLevel: value(env, 'TOLLGATE_LOG_LEVEL'),
  }
}

/** Nodes on one PostgreSQL share their Vonage and their keys, so neither can be in one of them. */
function demandShareable(config: LedgerConfig, { isBuiltIn }: { isBuiltIn: boolean }): void {
  if (config.ledger.engine !== 'sqlite' && isBuiltIn) {
    throw new ConfigError(
      'DATABASE_URL is a PostgreSQL server without Vonage credentials: set VONAGE_API_KEY and VONAGE_API_SECRET; for a sandbox also TOLLGATE_MODE=sandbox and VONAGE_API_HOST, where `tollgate simulator` runs',
    )
  }
  demandSharedDataKeys(config)
}

/** Throws a ConfigError where several nodes would each make data keys of their own. */
export function demandSharedDataKeys({ ledger, dataKeys }: LedgerConfig): void {
  if (ledger.engine === 'sqlite' || dataKeys !== undefined) return
  throw new ConfigError(
    'TOLLGATE_DATA_KEYS is not set; with PostgreSQL it is required and the same on all nodes: hash:encryption, 64 hex digits each, such as the output of `openssl rand -hex 32` twice',
  )
}

/** A sandbox has none unless it is set: who develops repeats everything. */
function rate(
  env: Env,
  name: 'TOLLGATE_RATE_PER_ADDRESS' | 'TOLLGATE_RATE_PER_CALLER' | 'TOLLGATE_NUMBER_SEARCHES',
  isLive: boolean,
): Rate | undefined {
  const [only] = isLive ? value(env, name) : (given(env, name) ?? [])
  return only
}

function someLimits(env: Env): Value<'TOLLGATE_SENDS_PER_NUMBER'> {
  const limits = value(env, 'TOLLGATE_SENDS_PER_NUMBER')
  if (limits.length > 0) return limits
  throw new ConfigError('TOLLGATE_SENDS_PER_NUMBER is off; live it must be limits like 3/10m,5/1h,10/24h')
}

/** There is no safe default for these when messages cost money. */
function required<Name extends 'TOLLGATE_COUNTRIES' | 'TOLLGATE_DAILY_SENDS'>(env: Env, name: Name): Value<Name> {
  const found = given(env, name)
  if (found !== undefined) return found
  const example = name === 'TOLLGATE_COUNTRIES' ? 'GB,US' : '1000'
  throw new ConfigError(`${name} is not set; live it is required: ${settings[name].help} Example: ${name}=${example}`)
}
