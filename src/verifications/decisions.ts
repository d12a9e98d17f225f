import type { Caller } from '../access/caller.ts'
import { record } from '../audit.ts'
import { type Basis, GatewayError } from '../errors.ts'
import { openBook } from '../guard/budget-book.ts'
import { isAny, type Overspent } from '../guard/budgets.ts'
import { type Challenge, type ChallengeBound, mintChallenge, readChallenge } from '../guard/challenge.ts'
import type { HashedContext, RequestContext } from '../guard/context.ts'
import { demandAllowed } from '../guard/rules.ts'
import { eurosOf, inEuros } from '../money.ts'
import { type Phone, readPhone } from '../phone.ts'
import { maskNumber } from '../privacy.ts'
import type { Decision, Pair, Run, RunParameters, Transaction } from '../store/store.ts'
import { dayMs } from '../utc.ts'
import type { Parts } from './parts.ts'
import { channelsOf } from './workflows.ts'

/** A message that is asked for. */
export interface Wish {
  kind: Decision['kind']
  phone: Phone
  numberHash: string
  caller: Caller
  parameters: RunParameters
  context: RequestContext
  /** The same, as keyed hashes. */
  hashes: HashedContext
  challengeToken?: string | undefined
  /** What each message that it may take is expected to cost, in millionths of a euro. */
  costs: number[]
  /** It is asked for by a known person, whose lane has room. */
  isKnown: boolean
}

/** The number of a run, as it was asked for. */
export function phoneOf({ keys, fictionalNumbers: fictional }: Parts, { numberSealed }: Run): Phone {
  if (!numberSealed) throw new Error('the number of this run is erased')
  return readPhone(keys.open(numberSealed), { fictional })
}

/** How a message is let through. */
export interface Admission {
  /** The rule that has spoken, where one has. */
  rule?: string | undefined
  would?: 'challenge' | 'block' | undefined
  /** The figures of the rule, where it has some. */
  observed?: number | undefined
  bound?: number | undefined
  /** Whether the budgets hold what it costs. */
  isCounted?: boolean
  isHeldOut?: boolean
  /** The policy lets it through by name: nothing else is asked. */
  isExempt?: boolean
  /** What is used up when the message is sent. */
  challenge?: Challenge | undefined
}

/** Throws what the written rules of the policy have against a message. */
export function demandByPolicy(parts: Parts, wish: Wish): Admission {
  const { phone, caller, parameters, context, kind, isKnown } = wish
  const now = parts.clock.now()
  const attempt = { phone, isKnown, caller: caller.id, address: context.ip, channels: channelsOf(parameters), now }
  const { policy } = parts.policy
  const { answer, rule, always = false, isExempt = false } = demandAllowed(policy, attempt)
  // Who is sent the next message has passed before.
  if (answer !== 'challenge' || kind === 'next') return rule === undefined ? {} : { rule, isExempt }
  if (policy.mode === 'record' && !always) return { rule, would: 'challenge' }
  return { rule, challenge: demandProof(parts, wish, { rule }) }
}

/** Throws what the operator's own service has against a message, which the written rules let through. */
export async function demandByHook(
  parts: Parts,
  wish: Wish,
  { before, brand }: { before: Admission; brand: string },
): Promise<Admission> {
  if (!parts.hook || before.isExempt) return before
  const { phone, caller, context, parameters, isKnown } = wish
  const { answer, rule } = await parts.hook({
    number: phone.number,
    country: phone.country,
    line_type: phone.lineType,
    channels: channelsOf(parameters),
    brand,
    caller: caller.id,
    context,
    known: isKnown,
    expected_cost: inEuros(costOf(wish)),
  })
  if (answer === 'allow') return before
  if (answer === 'block') throw new GatewayError('forbidden', 'This request is refused.', { basis: { rule } })
  return { ...before, rule, challenge: before.challenge ?? demandProof(parts, wish, { rule }) }
}

/** The proof that came with the request. Throws challenge_required where there is none. */
function demandProof(parts: Parts, wish: Wish, basis: Partial<Basis>): Challenge {
  const { keys, clock } = parts
  const challenge = wish.challengeToken && readChallenge(keys, boundOf(wish), wish.challengeToken, clock.now())
  if (!challenge) throw challengeRequired(parts, wish, basis)
  return challenge
}

/**
 * Counts in the budgets what a message costs. Throws what they have against it, which undoes the transaction. Messages of
 * known people, and those that the policy allows by name, are none of theirs.
 */
export async function demandByBudgets(
  tx: Transaction,
  parts: Parts,
  wish: Wish,
  before: Admission,
): Promise<Admission> {
  const { policy } = parts.policy
  // What would have been refused before does not count.
  if (wish.isKnown || before.would || before.isExempt || !isAny(policy.budgets)) return before
  const book = await openBook(tx, reservationOf(parts, wish))
  const { over } = book
  const isRecording = policy.mode === 'record'
  if (over?.answer === 'block' && !isRecording) throw overspent(over, parts.clock.now())
  if (!over) {
    await book.ask({ proven: before.challenge !== undefined })
    return { ...before, isCounted: true }
  }
  const { rule } = over
  const figures = { observed: eurosOf(over.observed), bound: eurosOf(over.bound) }
  // Who is sent the next message has passed before.
  if (wish.kind === 'next' && over.answer === 'challenge') {
    await book.ask({ proven: false })
    return { ...before, rule, ...figures, isCounted: true }
  }
  const isHeldOut = !isRecording && (await isForTrial(tx, parts, wish))
  if (isRecording || isHeldOut) {
    await book.refuse()
    return { rule, ...figures, would: over.answer, isHeldOut }
  }
  const challenge = before.challenge ?? demandProof(parts, wish, { rule, ...figures })
  await book.ask({ proven: true })
  return { rule, ...figures, challenge, isCounted: true }
}

/** One of the few that are let through to see who they are. */
async function isForTrial(tx: Transaction, parts: Parts, wish: Wish): Promise<boolean> {
  const { policy, newId } = parts
  const { share } = policy.policy.budgets.hold_out
  if (wish.challengeToken !== undefined) return false
  // The last of an id's digits are chance.
  const chance = Number.parseInt(newId().slice(-8), 16) / 2 ** 32
  return chance < share && (await isTrialPaid(tx, parts, wish))
}

/** Whether there is money left today to see who comes back; nobody else takes of it until the transaction ends. */
export async function goesOnTrial(tx: Transaction, parts: Parts, wish: Wish): Promise<boolean> {
  await openBook(tx, reservationOf(parts, wish))
  return isTrialPaid(tx, parts, wish)
}

/** For who holds the level of all, as everybody does who takes of the money. */
async function isTrialPaid(tx: Transaction, { policy, clock }: Parts, wish: Wish): Promise<boolean> {
  const now = clock.now()
  return (await tx.costHeldOut(now - (now % dayMs))) + costOf(wish) <= policy.policy.budgets.hold_out.day
}

function reservationOf(parts: Parts, wish: Wish) {
  const { policy, clock } = parts
  return { way: ofWish(parts, wish), budgets: policy.policy.budgets, micros: costOf(wish), now: clock.now() }
}

/** A proof does not help any more. */
function overspent({ rule, observed, bound, until }: Overspent, now: number): GatewayError {
  return new GatewayError('quota_exceeded', 'Too many codes that were sent there did not come back.', {
    basis: { rule, observed: eurosOf(observed), bound: eurosOf(bound) },
    retry_after_seconds: Math.ceil(Math.max(60_000, (until ?? now) - now) / 1000),
  })
}

function boundOf({ numberHash, caller, context }: Wish): ChallengeBound {
  return { numberHash, caller: caller.id, session: context.session_id }
}

function challengeRequired({ keys, clock, newId }: Parts, wish: Wish, basis: Partial<Basis>): GatewayError {
  const detail =
    wish.challengeToken === undefined
      ? 'A proof of a person is needed before a code is sent to this number.'
      : 'The challenge_token is over, was used, or was made for another request: here is another.'
  return new GatewayError('challenge_required', detail, {
    challenge_token: mintChallenge(keys, boundOf(wish), { id: newId(), now: clock.now() }),
    basis: { rule: '', ...basis, answer: 'challenge' },
  })
}

/** Does what asks for a message. Where that is refused by a rule, it is written down by which, and the refusal names the record. */
export async function deciding<T>(parts: Parts, wishOf: () => Wish, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof GatewayError) || !error.basis) throw error
    const wish = wishOf()
    const decision: Decision = {
      ...ofWish(parts, wish),
      answer: 'block',
      ...error.basis,
      id: parts.newId(),
      inLane: false,
      messages: 0,
      micros: costOf(wish),
      isCounted: false,
      isHeldOut: false,
    }
    await parts.store.transaction(`decision ${decision.id}`, async (tx) => {
      if (decision.rule?.startsWith('budgets.') && decision.rule !== 'budgets.number')
        await (await openBook(tx, reservationOf(parts, wish))).refuse()
      await tx.insertDecision(decision)
    })
    throw error.with({ decision_id: decision.id })
  }
}

interface Allowed {
  wish: Wish
  admission: Admission
  id: string
  verificationId: string
  inLane: boolean
  /** How many are expected to go out. */
  messages: number
}

/** Writes down that a message was let through. The last thing in a transaction: a test number is told to the audit. */
export async function allow(tx: Transaction, parts: Parts, { wish, admission, ...more }: Allowed): Promise<void> {
  const { challenge, isCounted = false, isHeldOut = false, isExempt: _, ...said } = admission
  const { rule } = said
  if (challenge && more.messages > 0 && !(await tx.useChallenge(challenge.id, challenge.expiresAt))) {
    throw challengeRequired(parts, wish, { ...(rule !== undefined && { rule }) })
  }
  const micros = more.messages > 0 ? costOf(wish) : 0
  await tx.insertDecision({ ...ofWish(parts, wish), ...more, ...said, micros, isCounted, isHeldOut, answer: 'allow' })
  if (more.messages === 0 || !rule?.startsWith('test_numbers.')) return
  const { phone, caller } = wish
  const deed = { actor: caller.id, action: 'test-number.used', subject: maskNumber(phone.number) } as const
  await record(tx, { at: parts.clock.now(), ...deed, details: { rule, policy: parts.policy.version } })
}

function costOf({ costs }: Wish): number {
  return costs.reduce((sum, micros) => sum + micros, 0)
}

/** The person behind a request, as known people are found; undefined where the caller does not tell the account. */
export function pairOf({ numberHash, hashes }: Pick<Wish, 'numberHash' | 'hashes'>): Pair | undefined {
  const { account_id: accountHash } = hashes
  return accountHash === undefined ? undefined : { numberHash, accountHash }
}

/** All that no decision changes. No record holds a prefix beside a mask. */
function ofWish({ clock, policy }: Parts, { kind, phone, numberHash, caller, parameters, hashes }: Wish) {
  const { ip, session_id, account_id, device_id } = hashes
  return {
    ipHash: ip,
    sessionHash: session_id,
    accountHash: account_id,
    deviceHash: device_id,
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
