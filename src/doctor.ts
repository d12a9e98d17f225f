import type { Config } from './config.ts'
import { isLoopback, isLoopbackHost } from './loopback.ts'
import type { ApiKey } from './store/store.ts'

/** What is found in a configuration. `breaks` breaks a rule of a standard or of good practice; `note` is to be known. */
export interface Finding {
  level: 'breaks' | 'note'
  /** The setting, or whatever else it is about. */
  about: string
  found: string
  advice: string
  /** Where it is asked for. */
  rule: string
}

/** What is known of the ledger and its surroundings. */
export interface Facts {
  keys: readonly ApiKey[]
  now: number
  /** Why the audit is broken; absent where it is whole. */
  brokenAudit?: string | undefined
  /** Whether others than the gateway's user may read its data keys; absent where there is no file. */
  dataKeysAreOpen?: boolean | undefined
}

type Check = (config: Config, facts: Facts) => Finding | undefined

const nist = 'NIST SP 800-63B-4'
const owasp = (sheet: string) => `OWASP ${sheet} Cheat Sheet`
const dayMs = 86_400_000

const broken = (about: string, found: string, advice: string, rule: string): Finding => ({
  level: 'breaks',
  about,
  found,
  advice,
  rule,
})
const note = (about: string, found: string, advice: string, rule: string): Finding => ({
  ...broken(about, found, advice, rule),
  level: 'note',
})

const active = ({ keys, now }: Facts) =>
  keys.filter(({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt === undefined || expiresAt > now))

const namesOf = (keys: readonly ApiKey[]) => keys.map(({ name }) => name).join(', ')

/** One for each rule, the heaviest first. */
const checks: readonly Check[] = [
  ({ oauth }, { keys }) =>
    oauth || keys.length > 0
      ? undefined
      : broken(
          'keys',
          'whoever reaches the ports may do everything',
          'make a key: tollgate keys create',
          owasp('REST Security'),
        ),
  (_, { brokenAudit }) =>
    brokenAudit === undefined
      ? undefined
      : broken('audit', brokenAudit, 'find out who can write to the database', owasp('Logging')),
  (_, { dataKeysAreOpen }) =>
    dataKeysAreOpen
      ? broken(
          'data.keys',
          'others on this machine may read the keys to all numbers',
          'chmod 600 it',
          owasp('Cryptographic Storage'),
        )
      : undefined,
  ({ host, publicUrl }) =>
    isLoopbackHost(host) || publicUrl?.protocol === 'https:'
      ? undefined
      : broken(
          'TOLLGATE_PUBLIC_URL',
          'the gateway listens for others, and nothing says that they come by HTTPS',
          'put HTTPS in front of it and set TOLLGATE_PUBLIC_URL=https://…',
          owasp('Transport Layer Security'),
        ),
  ({ publicUrl }) =>
    publicUrl?.protocol === 'http:' && !isLoopback(publicUrl)
      ? broken(
          'TOLLGATE_PUBLIC_URL',
          'links to where codes are typed begin with http://',
          'use https://',
          owasp('Transport Layer Security'),
        )
      : undefined,
  ({ defaults }) =>
    defaults.code_length < 6
      ? broken(
          'TOLLGATE_CODE_LENGTH',
          'codes of 4 digits',
          'use 6, which the standard takes for enough',
          `${nist}, 3.1.3.2`,
        )
      : undefined,
  ({ maxPinExpirySeconds }) =>
    maxPinExpirySeconds > 600
      ? broken(
          'TOLLGATE_PIN_EXPIRY_MAX',
          `codes may live ${maxPinExpirySeconds} seconds`,
          'use 600 at most: an authentication has to be over in ten minutes',
          `${nist}, 3.1.3.2`,
        )
      : undefined,
  ({ sendsPerNumber }) =>
    sendsPerNumber.length > 0
      ? undefined
      : broken(
          'TOLLGATE_SENDS_PER_NUMBER',
          'messages to one number, and with them guesses, are not capped',
          'set it, such as 3/10m,5/1h,10/24h',
          `${nist}, 3.2.2`,
        ),
  ({ spending }) =>
    spending.mcp === 'allow'
      ? broken(
          'TOLLGATE_SPENDING_MCP',
          'agents buy, change and release numbers by themselves',
          'use approve',
          owasp('AI Agent Security'),
        )
      : undefined,
  ({ spending, oauth }, facts) => {
    if (spending.rest !== 'allow' || spending.mcp === 'allow') return undefined
    const able = active(facts).filter(({ scopes }) => scopes.some((scope) => /^numbers:(buy|write)$/.test(scope)))
    return able.length === 0 && !oauth
      ? undefined
      : broken(
          'TOLLGATE_SPENDING_REST',
          `whoever may buy over MCP with approval may without it over REST: ${namesOf(able) || 'clients of OAuth'}`,
          'use approve on both, where a key with numbers:buy or numbers:write is an agent’s',
          owasp('AI Agent Security'),
        )
  },
  (_, facts) => {
    const both = active(facts).filter(({ scopes }) => scopes.includes('admin') && scopes.length > 1)
    return both.length === 0
      ? undefined
      : broken(
          'keys',
          `keys of scope admin do other things too: ${namesOf(both)}`,
          'give people who approve keys of their own',
          owasp('Authorization'),
        )
  },
  ({ mode, rates }) =>
    mode === 'sandbox' || (rates.perAddress && rates.perCaller)
      ? undefined
      : broken(
          'TOLLGATE_RATE_PER_CALLER, TOLLGATE_RATE_PER_ADDRESS',
          'requests are not limited',
          'take off out of them',
          owasp('Denial of Service'),
        ),
  ({ eraseAfterDays }) =>
    eraseAfterDays > 90
      ? broken(
          'TOLLGATE_ERASE_AFTER_DAYS',
          `numbers are kept for ${eraseAfterDays} days`,
          'keep them for no longer than you need them',
          owasp('User Privacy Protection'),
        )
      : undefined,
  ({ host, trustedProxies, publicUrl }) =>
    publicUrl && trustedProxies.length === 0 && !isLoopback(publicUrl)
      ? note(
          'TOLLGATE_TRUSTED_PROXIES',
          `rates count the addresses that reach ${host} themselves`,
          'name the proxy that stands before it, if there is one',
          owasp('Denial of Service'),
        )
      : undefined,
  (_, facts) => {
    const endless = active(facts).filter(({ expiresAt }) => expiresAt === undefined)
    return endless.length === 0
      ? undefined
      : note(
          'keys',
          `keys without an end: ${namesOf(endless)}`,
          'give new ones --expires, and rotate',
          owasp('Secrets Management'),
        )
  },
  (_, facts) => {
    const idle = active(facts).filter(({ lastUsedAt, createdAt }) => (lastUsedAt ?? createdAt) < facts.now - 90 * dayMs)
    return idle.length === 0
      ? undefined
      : note(
          'keys',
          `keys that nobody has used for 90 days: ${namesOf(idle)}`,
          'revoke them',
          owasp('Secrets Management'),
        )
  },
  ({ defaults }) =>
    [1, 2, 3, 5, 7].includes(defaults.workflow_id)
      ? note(
          'TOLLGATE_WORKFLOW_ID',
          'every verification may call',
          'use 6 or 4: calls cost more, and fraud likes them',
          owasp('Multifactor Authentication'),
        )
      : undefined,
  ({ mode }) =>
    mode === 'sandbox'
      ? note('TOLLGATE_MODE', 'a sandbox: nothing that it verifies is true', 'never rely on it', 'README')
      : note(
          'VONAGE_API_KEY',
          'Vonage counts its limits, and its credit, per account',
          'give the gateway a subaccount of its own, with a balance of its own',
          'README',
        ),
  () =>
    note(
      'SMS and calls',
      'codes over the telephone network are a restricted authenticator',
      'offer people another way too, and tell them',
      `${nist}, 3.2.9`,
    ),
]

/** What this configuration breaks, and what is to be known of it. */
export function examine(config: Config, facts: Facts): Finding[] {
  return checks.flatMap((check) => check(config, facts) ?? [])
}
