import type { Caller } from '../access/caller.ts'
import { record } from '../audit.ts'
import { GatewayError } from '../errors.ts'
import { demandAllowed, type Verdict } from '../guard/rules.ts'
import { type Phone, readPhone } from '../phone.ts'
import { maskNumber } from '../privacy.ts'
import type { Decision, Run, RunParameters, Transaction } from '../store/store.ts'
import type { Parts } from './parts.ts'
import { channelsOf } from './workflows.ts'

/** A message that is asked for. */
export interface Wish {
  kind: Decision['kind']
  phone: Phone
  numberHash: string
  caller: Caller
  parameters: RunParameters
}

/** The number of a run, as it was asked for. */
export function phoneOf({ keys, fictionalNumbers: fictional }: Parts, { numberSealed }: Run): Phone {
  if (!numberSealed) throw new Error('the number of this run is erased')
  return readPhone(keys.open(numberSealed), { fictional })
}

/** What the policy says to a message; throws what it has against it. */
export function demandByPolicy({ policy, clock }: Parts, { phone, caller, parameters }: Wish): Verdict {
  const channels = channelsOf(parameters)
  return demandAllowed(policy.policy, { phone, caller: caller.id, channels, now: clock.now() })
}

/** Does what asks for a message. Where that is refused by a rule, it is written down by which, and the refusal names the record. */
export async function deciding<T>(parts: Parts, wishOf: () => Wish, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof GatewayError) || !error.basis) throw error
    const decision: Decision = {
      ...ofWish(parts, wishOf()),
      ...error.basis,
      id: parts.newId(),
      messages: 0,
      answer: 'block',
    }
    await parts.store.transaction(`decision ${decision.id}`, (tx) => tx.insertDecision(decision))
    throw error.with({ decision_id: decision.id })
  }
}

interface Allowed {
  wish: Wish
  verdict: Verdict
  id: string
  verificationId: string
  /** How many are expected to go out. */
  messages: number
}

/** Writes down that a message was let through. The last thing in a transaction: a test number is told to the audit. */
export async function allow(tx: Transaction, parts: Parts, { wish, verdict, ...more }: Allowed): Promise<void> {
  const { rule } = verdict
  await tx.insertDecision({ ...ofWish(parts, wish), ...more, answer: 'allow', rule })
  if (more.messages === 0 || !rule?.startsWith('test_numbers.')) return
  const { phone, caller } = wish
  const deed = { actor: caller.id, action: 'test-number.used', subject: maskNumber(phone.number) } as const
  await record(tx, { at: parts.clock.now(), ...deed, details: { rule, policy: parts.policy.version } })
}

/** All that no decision changes. No record holds a prefix beside a mask. */
function ofWish({ clock, policy }: Parts, { kind, phone, numberHash, caller, parameters }: Wish) {
  return {
    at: clock.now(),
    kind,
    caller: caller.id,
    numberHash,
    prefix: phone.number.slice(0, -4),
    country: phone.country,
    lineType: phone.lineType,
    channels: channelsOf(parameters),
    policy: policy.version,
  }
}
