import type { Clock } from '../clock.ts'
import type { ConversionWatch } from '../guard/conversion-watch.ts'
import type { FixedRules } from '../guard/fixed-rules.ts'
import type { Hook } from '../guard/hook.ts'
import type { PriceTable } from '../guard/prices.ts'
import type { InForce } from '../guard/rules.ts'
import type { SendCaps } from '../guard/send-caps.ts'
import type { Log } from '../log.ts'
import type { DataKeys } from '../privacy.ts'
import type { Store } from '../store/store.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { CodeHash, VerifyApi } from '../vonage/vonage.ts'
import type { RunTurns } from './run-turns.ts'
import type { Sweeper } from './sweeper.ts'

/** What the rules of verifications stand on. */
export interface Parts {
  store: Store
  verify: VerifyApi
  clock: Clock
  turns: RunTurns
  sweeper: Sweeper
  keys: DataKeys
  /** How a code may be kept: a keyed hash that no other run shares. */
  codeHash: CodeHash
  tokens: Tokens
  /** What links begin with. */
  address: () => string
  fixedRules: FixedRules
  policy: InForce
  /** Absent where the operator has none. */
  hook: Hook | undefined
  /** Has to know that messages are sent. */
  watch: Pick<ConversionWatch, 'wake'>
  caps: SendCaps
  prices: PriceTable
  defaults: Defaults
  /** Fictional numbers count as real ones: only in a sandbox. */
  fictionalNumbers: boolean
  newId: () => string
  log: Log
}

/** What is asked of Vonage unless the caller says otherwise. */
export interface Defaults {
  code_length: number
  workflow_id: number
  /** Seconds. */
  pin_expiry: number
}
