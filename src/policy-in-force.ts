import { record } from './audit.ts'
import type { Clock } from './clock.ts'
import { ConfigError } from './config-error.ts'
import type { Policy } from './guard/policy-schema.ts'
import type { Log } from './log.ts'
import { type LoadedPolicy, loadPolicy } from './policy-file.ts'
import { maskNumber } from './privacy.ts'
import type { Store } from './store/store.ts'

interface Parts {
  /** Absent: tollgate.policy.yaml where there is one. */
  path: string | undefined
  store: Store
  clock: Clock
  log: Log
}

/** The policy that a gateway goes by, until it is loaded again. */
export class PolicyInForce {
  readonly #parts: Parts
  #loaded: LoadedPolicy
  #loading: Promise<void> = Promise.resolve()

  private constructor(parts: Parts, loaded: LoadedPolicy) {
    this.#parts = parts
    this.#loaded = loaded
  }

  /** Throws a ConfigError where it is wrong. One that is written in a file is recorded in the audit. */
  static async open(parts: Parts): Promise<PolicyInForce> {
    const loaded = await loadPolicy(parts.path)
    await announce(loaded, parts)
    return new PolicyInForce(parts, loaded)
  }

  get policy(): Policy {
    return this.#loaded.policy
  }

  get version(): string {
    return this.#loaded.version
  }

  /** Reads the file again. One that is wrong is told of in the log, and the policy before it stays in force. */
  reload(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#load())
    return this.#loading
  }

  async #load(): Promise<void> {
    const { path, log } = this.#parts
    try {
      const loaded = await loadPolicy(path)
      const { file } = this.#loaded
      if (file !== undefined && loaded.file === undefined) throw new ConfigError(`the policy ${file} is gone`)
      await announce(loaded, this.#parts)
      this.#loaded = loaded
    } catch (err) {
      log.error({ err, version: this.version }, 'the policy is not loaded: the one before it stays in force')
    }
  }
}

async function announce({ file, version, policy }: LoadedPolicy, { store, clock, log }: Parts): Promise<void> {
  if (file === undefined) return
  const details = { version, ...exceptionsOf(policy) }
  const deed = { at: clock.now(), actor: 'gateway', action: 'policy.loaded', subject: file, details } as const
  await store.transaction('policy', (tx) => record(tx, deed))
  log.info({ file, version }, 'the policy is in force')
}

/** So many overrides are written into an entry of the audit. */
const mostOverrides = 100

/** What in a policy is an exception to it, without whole numbers. */
function exceptionsOf({ kill_switch, overrides, outages, suppressed, test_numbers }: Policy): object {
  const shown = overrides.slice(0, mostOverrides).map(({ number, until, ...entry }) => ({
    ...entry,
    ...(number !== undefined && { number: maskNumber(number) }),
    until: new Date(until).toISOString(),
  }))
  const counts = {
    overrides: overrides.length,
    outages: outages.length,
    suppressed: suppressed.length,
    test_numbers: test_numbers.length,
  }
  return { kill_switch, overrides: shown, counts }
}
