import { createApprovals } from './access/approvals.ts'
import { RateCounter } from './access/rates.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { ConversionWatch } from './guard/conversion-watch.ts'
import { createDecisions } from './guard/decisions.ts'
import type { Hook } from './guard/hook.ts'
import { createPriceTable } from './guard/prices.ts'
import type { InForce } from './guard/rules.ts'
import { createIdempotency } from './idempotency.ts'
import type { Log } from './log.ts'
import { createNumbers } from './numbers/numbers.ts'
import type { Services } from './operation.ts'
import type { DataKeys } from './privacy.ts'
import type { Store } from './store/store.ts'
import type { Sweep } from './sweep.ts'
import type { SigningKeys } from './tokens/signing-keys.ts'
import { createTokens } from './tokens/tokens.ts'
import type { RunTurns } from './verifications/run-turns.ts'
import type { Sweeper } from './verifications/sweeper.ts'
import { createVerifications } from './verifications/verifications.ts'
import type { Vonage } from './vonage/connect.ts'
import type { CodeHash } from './vonage/vonage.ts'

/** What the services stand on, as the gateway has put it together. */
export interface Wiring extends Omit<Vonage, 'close'> {
  config: Config
  policy: InForce
  hook: Hook | undefined
  watch: Pick<ConversionWatch, 'wake'>
  store: Store
  clock: Clock
  turns: RunTurns
  sweeper: Sweeper
  orderSweep: Sweep
  keys: DataKeys
  codeHash: CodeHash
  signingKeys: SigningKeys
  address: () => string
  newId: () => string
  log: Log
}

/** The rules of verifications and numbers, and how repeats are known, as this configuration wants them. */
export function createServices({
  config,
  policy,
  hook,
  watch,
  store,
  clock,
  turns,
  sweeper,
  orderSweep,
  keys,
  codeHash,
  signingKeys,
  address,
  newId,
  log,
  verify,
  numbers,
}: Wiring): Services {
  const isSandbox = config.mode === 'sandbox'
  const { phoneNumber } = config.tokens
  const approvals = createApprovals({ store, clock, keys, newId, address })
  return {
    verifications: createVerifications({
      store,
      verify,
      clock,
      turns,
      sweeper,
      keys,
      codeHash,
      tokens: createTokens({ signingKeys, clock, address, sandbox: isSandbox, phoneNumber }),
      policy,
      hook,
      watch,
      fixedRules: { countries: config.countries, maxPinExpirySeconds: config.maxPinExpirySeconds },
      caps: { perNumber: config.sendsPerNumber, perDay: config.dailySends },
      prices: createPriceTable({ store, clock, policy }),
      defaults: config.defaults,
      fictionalNumbers: isSandbox,
      address,
      newId,
      log,
    }),
    numbers: createNumbers({
      api: numbers,
      store,
      clock,
      keys,
      sweep: orderSweep,
      newId,
      log,
      spending: config.spending,
      searches: config.numberSearches && new RateCounter(clock, config.numberSearches),
      approvals,
    }),
    approvals,
    decisions: createDecisions(store, clock),
    idempotency: createIdempotency({ store, keys, clock, newId }),
  }
}
