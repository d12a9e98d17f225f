import type { Caller } from '../access/caller.ts'
import { record } from '../audit.ts'
import { demandAllowed, type Verdict } from '../guard/rules.ts'
import { type Phone, readPhone } from '../phone.ts'
import type { Run, RunParameters, Transaction } from '../store/store.ts'
import type { Parts } from './parts.ts'
import { channelsOf } from './workflows.ts'

interface Wanted {
  phone: Phone
  caller: Caller
  parameters: RunParameters
  now: number
}

/** What the policy says to messages; throws what it has against them. */
export function demandByPolicy({ policy }: Parts, { phone, caller, parameters, now }: Wanted): Verdict {
  return demandAllowed(policy.policy, { phone, caller: caller.id, channels: channelsOf(parameters), now })
}

/** The same to one more message of a run. */
export function demandRunByPolicy(parts: Parts, run: Run, { caller, now }: { caller: Caller; now: number }): Verdict {
  const { keys, fictionalNumbers: fictional } = parts
  if (!run.numberSealed) throw new Error('the number of this run is erased')
  const phone = readPhone(keys.open(run.numberSealed), { fictional })
  return demandByPolicy(parts, { phone, caller, parameters: run.parameters, now })
}

interface Use {
  verdict: Verdict
  caller: Caller
  numberMask: string
  now: number
}

/** Has the audit know that a test number was used. The last thing in a transaction. */
export async function recordTestNumber(
  tx: Transaction,
  { policy: { version } }: Parts,
  { verdict: { rule }, caller, numberMask, now }: Use,
): Promise<void> {
  if (!rule?.startsWith('test_numbers.')) return
  const deed = { actor: caller.id, action: 'test-number.used', subject: numberMask } as const
  await record(tx, { at: now, ...deed, details: { rule, policy: version } })
}
