// The gateway's own rules, guard and ledger, on a clock that is moved, in front of a Vonage that sends everything.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedClock } from '../../src/clock.ts'
import { policySchema } from '../../src/guard/policy-schema.ts'
import { createPriceTable } from '../../src/guard/prices.ts'
import { createLog } from '../../src/log.ts'
import { DataKeys } from '../../src/privacy.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { RunTurns } from '../../src/verifications/run-turns.ts'
import { Sweeper } from '../../src/verifications/sweeper.ts'
import { createVerifications } from '../../src/verifications/verifications.ts'
import { createRandom } from './random.mjs'

export const rightCode = '424242'
const hour = 3_600_000

export function openWorld({ startsAt, policy: written, seed }) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-guard-'))
  const clock = new SimulatedClock({ standsAt: startsAt })
  const log = createLog('silent')
  const keys = new DataKeys(DataKeys.generate())
  const store = openSqlite({ path: join(folder, 'ledger.sqlite'), mode: 'live', keyCheck: keys.hash('tollgate') })
  const verify = {
    start: async () => ({ outcome: 'started', runId: randomBytes(16).toString('hex'), body: {} }),
    check: async (_, code) =>
      code === rightCode ? { outcome: 'verified', body: {} } : { outcome: 'wrong', refusal: { status: '16' } },
    next: async () => ({ outcome: 'done', body: {} }),
    cancel: async () => ({ outcome: 'done', body: {} }),
    find: async () => new Map(),
    demandSends() {},
  }
  const policy = { policy: policySchema.parse(written), version: '000000000000' }
  const chance = createRandom(seed)
  const digits = () =>
    chance
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0')
  // The guard takes its chances from them.
  const id = () => clock.now().toString(16).padStart(12, '0') + digits() + digits() + digits().slice(4)
  const codeHash = (runId, code) => keys.hash(`code ${runId} ${code}`)
  const sweeper = new Sweeper({ store, verify, clock, codeHash, newId: id, log })
  const verifications = createVerifications({
    store,
    verify,
    clock,
    turns: new RunTurns(),
    sweeper,
    keys,
    codeHash,
    tokens: { mint: async () => 'token' },
    policy,
    watch: { wake() {} },
    fixedRules: { maxPinExpirySeconds: 600 },
    caps: { perNumber: [{ limit: 5, windowMs: hour }] },
    prices: createPriceTable({ store, clock, policy }),
    defaults: { code_length: 6, workflow_id: 6, pin_expiry: 300 },
    fictionalNumbers: false,
    address: () => 'http://localhost',
    newId: id,
    log,
  })
  return {
    clock,
    store,
    keys,
    verifications,
    async close() {
      await sweeper.stop()
      clock.stop()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
