import { ConfigError } from './config-error.ts'
import { operations } from './operations.ts'
import {
  address,
  countries,
  euros,
  hosts,
  keysUrl,
  ledgerPlace,
  listenedHost,
  networks,
  oneOf,
  origin,
  origins,
  rate,
  secret,
  text,
  tools,
  url,
  whole,
  windows,
} from './setting-readers.ts'
import { readSecrets } from './webhooks/signing.ts'
import { readTarget, readTargets } from './webhooks/targets.ts'

export { ConfigError }

export type Env = Record<string, string | undefined>

/** One setting: its default as it would be written, with its unit, and how it is read. */
interface Setting<T> {
  default: string | undefined
  help: string
  read: (text: string, name: string) => T
}

function setting<T>(fallback: string | undefined, help: string, read: Setting<T>['read']): Setting<T> {
  return { default: fallback, help, read }
}

const sixTools = operations
  .filter(({ tool }) => tool === 'default')
  .map(({ name }) => name)
  .join(',')

/** Every setting there is. The README's table is held to this one by a test. */
export const settings = {
  VONAGE_API_KEY: setting(undefined, 'Key of the Vonage account. With the secret: live.', text),
  VONAGE_API_SECRET: setting(undefined, 'Secret of the Vonage account.', secret),
  VONAGE_API_HOST: setting('https://api.nexmo.com', 'Where Verify is.', origin),
  VONAGE_REST_HOST: setting(
    'https://rest.nexmo.com',
    'Where Numbers is; in a sandbox VONAGE_API_HOST unless set.',
    origin,
  ),
  TOLLGATE_MODE: setting(
    undefined,
    '`sandbox` or `live`, where the credentials leave it open.',
    oneOf('sandbox', 'live'),
  ),
  TOLLGATE_HOST: setting(
    '127.0.0.1',
    'Address that the ports listen on; one that others may reach needs a key first. The simulated Vonage stays on loopback.',
    listenedHost,
  ),
  TOLLGATE_REST_PORT: setting('8082', 'Port of the REST API.', whole(0, 65_535)),
  TOLLGATE_MCP_PORT: setting('9092', 'Port of the MCP server.', whole(0, 65_535)),
  TOLLGATE_SIMULATOR_PORT: setting('8083', 'Port of the simulated Vonage.', whole(0, 65_535)),
  TOLLGATE_SIMULATOR_SEED: setting(
    undefined,
    'What the simulated codes, ids and numbers come from, so that they repeat; by chance unless set.',
    text,
  ),
  TOLLGATE_SIMULATOR_BALANCE: setting('100000', 'Credit of the simulated account, in euros.', whole(0, 1_000_000_000)),
  TOLLGATE_SIMULATOR_THROTTLING: setting(
    'off',
    '`on`: the simulated Vonage keeps its limits on calls a second: Verify 30, search 1, Numbers 1.',
    oneOf('on', 'off'),
  ),
  TOLLGATE_SIMULATOR_WEBHOOK_URL: setting(
    undefined,
    'For `tollgate simulator`: where Verify v2 tells what happens; `GET /simulator/webhooks` lists it.',
    url,
  ),
  TOLLGATE_SIMULATOR_SIGNATURE_SECRET: setting(
    undefined,
    'For `tollgate simulator`: the secret that its webhooks are signed with.',
    secret,
  ),
  TOLLGATE_PUBLIC_URL: setting(
    undefined,
    'Public address of the REST API, and the issuer of signed results; its host is accepted in Host and Origin.',
    url,
  ),
  TOLLGATE_DATA_DIR: setting('./data', 'Folder of the ledger and its keys.', text),
  DATABASE_URL: setting(
    undefined,
    'Ledger, as `sqlite:/path` or `postgres://user:password@host/database`; in the data folder unless set.',
    ledgerPlace,
  ),
  TOLLGATE_DATABASE_CONNECTIONS: setting('10', 'Connections to PostgreSQL at a time.', whole(2, 1000)),
  TOLLGATE_DATA_KEYS: setting(
    undefined,
    'Keys for phone numbers, as `hash:encryption`, 64 hex digits each; made in the data folder unless set. With PostgreSQL: required.',
    secret,
  ),
  TOLLGATE_POLICY: setting(
    undefined,
    'File with the policy of who gets codes; unless set, `tollgate.policy.yaml` in the working folder, where there is one.',
    text,
  ),
  TOLLGATE_COUNTRIES: setting(undefined, 'Regions that get codes, such as `GB,US`. Live: required.', countries),
  TOLLGATE_DAILY_SENDS: setting(undefined, 'Messages a UTC day, in all. Live: required.', whole(0, 100_000_000)),
  TOLLGATE_SENDS_PER_NUMBER: setting(
    '3/10m,5/1h,10/24h',
    'Messages to one number, as limit/window; `off` in a sandbox unless set. With them, a number for which more than seven codes were given in ten minutes gets no new one.',
    windows,
  ),
  TOLLGATE_CODE_LENGTH: setting('6', 'Digits of a code: 4 or 6.', oneOf('4', '6')),
  TOLLGATE_WORKFLOW_ID: setting('6', 'Vonage workflow, 1–7; 6 is one SMS. 1, 2, 3, 5 and 7 make calls.', whole(1, 7)),
  TOLLGATE_PIN_EXPIRY: setting('300', 'Life of a code, in seconds: 60–3600.', whole(60, 3600)),
  TOLLGATE_PIN_EXPIRY_MAX: setting(
    '600',
    'Longest life of a code that a caller may ask for, in seconds: 60–3600.',
    whole(60, 3600),
  ),
  TOLLGATE_UPSTREAM_RPS: setting('30', 'Verify calls a second.', whole(1, 100_000)),
  TOLLGATE_NUMBERS_RPS: setting('1', 'Numbers calls, and searches, a second.', whole(1, 100_000)),
  TOLLGATE_UPSTREAM_TIMEOUT_MS: setting(
    '10000',
    'How long to wait for an answer of Vonage, in milliseconds: 10–30000.',
    whole(10, 30_000),
  ),
  TOLLGATE_TOKEN_PHONE_NUMBER: setting('on', '`off`: signed results leave the number out.', oneOf('on', 'off')),
  TOLLGATE_TOKEN_KEY_DAYS: setting(
    '30',
    'How long a key signs results before the next one does, in days: 1–365.',
    whole(1, 365),
  ),
  TOLLGATE_ERASE_AFTER_DAYS: setting(
    '30',
    'Days after the end of a verification until its number is erased; 0: within a minute of the end.',
    whole(0, 36_500),
  ),
  TOLLGATE_MCP_TOOLS: setting(sixTools, 'Tools that MCP lists, or `all`.', tools),
  TOLLGATE_OAUTH_ISSUER: setting(
    undefined,
    'Authorization server whose access tokens are taken beside keys, as their `iss` names it.',
    text,
  ),
  TOLLGATE_OAUTH_AUDIENCE: setting(
    undefined,
    'Who the tokens have to be for (`aud`): the public address of /mcp, such as `https://verify.example/mcp`.',
    address,
  ),
  TOLLGATE_OAUTH_JWKS_URL: setting(
    undefined,
    'Where the keys of the authorization server are; https, or on this machine.',
    keysUrl,
  ),
  TOLLGATE_RATE_PER_CALLER: setting(
    '6000/1m',
    'Requests of one caller at one node, as limit/window; `off` in a sandbox unless set.',
    rate,
  ),
  TOLLGATE_RATE_PER_ADDRESS: setting(
    '6000/1m',
    'Requests from one address at one node, IPv6 by /64; `off` in a sandbox unless set.',
    rate,
  ),
  TOLLGATE_NUMBER_SEARCHES: setting(
    '25/5m',
    'Searches for numbers of one caller at one node; `off` in a sandbox unless set.',
    rate,
  ),
  TOLLGATE_TRUSTED_PROXIES: setting(
    undefined,
    'Proxies whose `X-Forwarded-For` is believed, as addresses or networks with commas; nobody’s unless set.',
    networks,
  ),
  TOLLGATE_ALLOWED_HOSTS: setting(
    undefined,
    'Further names under which the gateway is reached, with commas; accepted in Host and Origin.',
    hosts,
  ),
  TOLLGATE_CORS_ORIGINS: setting(
    undefined,
    'Origins of web pages that may ask and read answers (CORS), such as `https://app.example`, with commas; none unless set.',
    origins,
  ),
  TOLLGATE_SPENDING_REST: setting(
    undefined,
    'Buying, changing and releasing numbers over REST: `deny`, `approve` (a person with an admin key) or `allow`. Sandbox: `allow`; live: `deny`, anything else needs the three caps.',
    oneOf('deny', 'approve', 'allow'),
  ),
  TOLLGATE_SPENDING_MCP: setting(
    undefined,
    'The same over MCP. Sandbox: `approve`; live: `deny`.',
    oneOf('deny', 'approve', 'allow'),
  ),
  TOLLGATE_SPEND_PER_PURCHASE: setting(
    undefined,
    'What one number may cost at once, its first month included, in euros.',
    euros,
  ),
  TOLLGATE_SPEND_PER_DAY: setting(undefined, 'What all numbers bought in a UTC day may cost, in euros.', euros),
  TOLLGATE_SPEND_PER_MONTH: setting(undefined, 'What all numbers bought in a UTC month may cost, in euros.', euros),
  TOLLGATE_SPEND_COUNTRIES: setting(
    undefined,
    'Regions in which numbers are bought, changed and released, such as `GB,US`; all unless set.',
    countries,
  ),
  TOLLGATE_URL: setting(
    undefined,
    'For `tollgate mcp --stdio`: a running gateway, such as `http://127.0.0.1:9092/mcp`; unset, a sandbox of its own.',
    url,
  ),
  TOLLGATE_KEY: setting(undefined, 'For `tollgate mcp --stdio`: sent as a bearer token.', secret),
  TOLLGATE_WEBHOOK_URLS: setting(
    undefined,
    'Addresses that are told what becomes of verifications and numbers, with commas; needs TOLLGATE_WEBHOOK_SECRET.',
    readTargets,
  ),
  TOLLGATE_WEBHOOK_SECRET: setting(
    undefined,
    'What webhooks are signed with: `whsec_` and 24–64 bytes in base64; several with commas while you exchange them.',
    readSecrets,
  ),
  TOLLGATE_WEBHOOK_PRIVATE_TARGETS: setting(
    'refuse',
    '`allow`: webhooks also go to this machine and to private networks.',
    oneOf('refuse', 'allow'),
  ),
  TOLLGATE_HOOK_URL: setting(
    undefined,
    'Your own service that is asked before a message is sent; needs TOLLGATE_HOOK_SECRET. No answer within 300 ms is a challenge.',
    readTarget,
  ),
  TOLLGATE_HOOK_SECRET: setting(undefined, 'What it is asked is signed with, in the form of webhooks.', readSecrets),
  TOLLGATE_LOG_LEVEL: setting(
    'info',
    '`fatal`, `error`, `warn`, `info`, `debug` or `silent`.',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
  ),
} as const

export type SettingName = keyof typeof settings
const settingNames = Object.keys(settings) as SettingName[]
export type Value<Name extends SettingName> = ReturnType<(typeof settings)[Name]['read']>

/** What is set; an empty value counts as unset. */
export function given<Name extends SettingName>(env: Env, name: Name): Value<Name> | undefined {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  return settings[name].read(value, name) as Value<Name>
}

/** What is set, or the default. */
export function value<Name extends SettingName>(env: Env, name: Name): Value<Name> {
  const fallback = settings[name].default
  const found =
    given(env, name) ?? (fallback === undefined ? undefined : (settings[name].read(fallback, name) as Value<Name>))
  if (found === undefined) throw new Error(`${name} has no default`)
  return found
}

/** Reads every setting that is set, so that none is found wrong only when it is needed. */
export function refuseWrong(env: Env): void {
  for (const name of settingNames) given(env, name)
}

/** A name that looks like a setting and is none is a mistake that would go unseen. */
export function refuseUnknown(env: Env): void {
  const known = Object.keys(settings)
  const unknown = Object.keys(env).find((name) => name.startsWith('TOLLGATE_') && !known.includes(name))
  if (unknown === undefined) return
  throw new ConfigError(
    `${unknown} is no setting; allowed are ${known.filter((name) => name.startsWith('TOLLGATE_')).join(', ')}`,
  )
}
