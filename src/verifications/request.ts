import type { Caller } from '../access/caller.ts'
import { GatewayError } from '../errors.ts'
import { demandBrand, demandChannels, demandCountry } from '../guard/caller-bounds.ts'
import { demandContext, hashedContext, type RequestContext } from '../guard/context.ts'
import { admit, admitCodeLife } from '../guard/fixed-rules.ts'
import { demandFewGuesses } from '../guard/guess-cap.ts'
import { demandNotHeld } from '../guard/hold.ts'
import { reserveSends } from '../guard/send-caps.ts'
import { type Phone, readPhone } from '../phone.ts'
import { maskNumber } from '../privacy.ts'
import type { Pair, Run, RunParameters, Transaction, Verification } from '../store/store.ts'
import { together } from '../together.ts'
import type { UpstreamBody } from '../vonage/vonage.ts'
import {
  type Admission,
  allow,
  deciding,
  demandByBudgets,
  demandByHook,
  demandByPolicy,
  pairOf,
  type Wish,
} from './decisions.ts'
import { endAll } from './held.ts'
import { linkTo } from './link.ts'
import type { Parts } from './parts.ts'
import { inProgress } from './run-turns.ts'
import { type Intent, send } from './send.ts'
import { triesOfRun } from './tries.ts'
import { type VerificationView, view } from './view.ts'
import { channelsOf, codeExpiresAt, codeLifeSeconds, eventChannels, messagesOf, schedule } from './workflows.ts'

export interface VerificationRequest extends Partial<RunParameters> {
  number: string
  brand: string
  country?: string | undefined
  /** For the signed result; Vonage gets neither. */
  nonce?: string | undefined
  purpose?: string | undefined
  /** For the guard. */
  context?: RequestContext | undefined
  challenge_token?: string | undefined
}

/** A request and the request_id that it is to have; any, where there is none. */
type Asked = VerificationRequest & { requestId?: string | undefined }

export type RequestAnswer = VerificationView & {
  status: string
  /** False for one that shares the message of an earlier request. */
  message_sent: boolean
  /** Whether numbering metadata knows the number; it lags, so an unknown one is sent to all the same. */
  number_valid: boolean
  /** Where the person can type the code. */
  verification_url: string
}

/** A code with less time than this is not worth joining. */
const joinableMs = 60_000

/** Starts a verification: joins the caller's own run of this number where there is one, else sends a message. */
export async function request(parts: Parts, input: Asked, caller: Caller): Promise<RequestAnswer> {
  const { number: text, brand, country, requestId, nonce, purpose, context = {}, challenge_token, ...given } = input
  const phone = readPhone(text, { country, fictional: parts.fictionalNumbers })
  const parameters: RunParameters = { ...parts.defaults, ...given }
  admitCodeLife(codeLifeSeconds(parameters), parts.fixedRules)
  const numberHash = parts.keys.hash(phone.number)
  const hashes = hashedContext(context, caller.id, (text) => parts.keys.hash(text))
  const pair = pairOf({ numberHash, hashes })
  const prices = await parts.prices.of(phone.country ?? '')
  const wish: Wish = {
    kind: 'request',
    phone,
    numberHash,
    caller,
    parameters,
    context,
    hashes,
    challengeToken: challenge_token,
    costs: eventChannels(parameters).map((channel) => prices[channel]),
    isKnown: pair !== undefined && (await parts.store.hasLane(pair, parts.clock.now())),
  }
  return deciding(
    parts,
    () => wish,
    async () => {
      const admission = await demandByHook(parts, wish, { before: admitted(parts, wish, brand), brand })
      return parts.turns.forNumber(wish.numberHash, () =>
        start(parts, { requestId, wish, pair, brand, nonce, purpose, admission }),
      )
    },
  )
}

/** Throws what the rules have against it before anything is counted. */
function admitted(parts: Parts, wish: Wish, brand: string): Admission {
  const { phone, caller, parameters, context } = wish
  demandContext(context, caller.bounds.context)
  demandBrand(caller, brand)
  demandCountry(caller, phone.country)
  demandChannels(caller, channelsOf(parameters))
  admit(phone, parts.fixedRules)
  return demandByPolicy(parts, wish)
}

interface Wanted {
  requestId: string | undefined
  wish: Wish
  /** The person behind it. */
  pair: Pair | undefined
  brand: string
  nonce: string | undefined
  purpose: string | undefined
  admission: Admission
}

async function start(parts: Parts, wanted: Wanted): Promise<RequestAnswer> {
  const { numberHash, phone } = wanted.wish
  const intent = await parts.turns.whileSending(() =>
    parts.store.transaction(numberHash, (tx) => intend(parts, tx, wanted)),
  )
  const { run, body, isNew } = intent.sends ? await send(parts, intent) : { run: intent.run, body: {}, isNew: false }
  if (isNew) parts.watch.wake()
  await parts.sweeper.rearm(run.cancelAt ?? run.expiresAt)
  // A run that begins with this verification has no other yet: whoever wants to join it waits for its turn.
  const isAlone = intent.isNew && intent.sends && !intent.isRepeat
  const pendingOnRun = isAlone ? 1 : (await parts.store.pendingOn(run.id)).length
  return answer(parts, { run, verification: intent.verification, body, phone, messageSent: isNew, pendingOnRun })
}

async function intend(parts: Parts, tx: Transaction, wanted: Wanted): Promise<Intent> {
  const now = parts.clock.now()
  const [{ admission = wanted.admission, ...intent }, heldUntil] = await together(
    intentOf(parts, tx, { wanted, now }),
    tx.sendsHeldUntil(),
  )
  if (intent.sends) demandNotHeld(heldUntil, now)
  if (intent.sends) parts.verify.demandSends()
  if (intent.isNew) {
    const { id } = intent.verification
    const { inLane } = intent.run
    const messages = intent.sends ? schedule(intent.run.parameters, now).at.length : 0
    await allow(tx, parts, { wish: wanted.wish, admission, id, verificationId: id, inLane, messages })
  }
  return intent
}

async function intentOf(
  parts: Parts,
  tx: Transaction,
  { wanted, now }: { wanted: Wanted; now: number },
): Promise<Intent & { admission?: Admission }> {
  const earlier = wanted.requestId === undefined ? undefined : await tx.verification(wanted.requestId)
  if (earlier) return resume(tx, earlier, now)
  const { phone, numberHash, caller, parameters } = wanted.wish
  const live = await tx.liveRun(numberHash)
  if (live && live.expiresAt > now) return join(parts, tx, { live, wanted, now })
  if (live) await endAll(tx, live, 'expired', now)
  const { endsAt } = schedule(parameters, now)
  const inLane = wanted.pair !== undefined && wanted.wish.isKnown && (await tx.takeLane(wanted.pair, now))
  // The lane had room when it was looked at, and somebody else may have taken that.
  const wish = { ...wanted.wish, isKnown: inLane }
  const isStranger = wanted.wish.isKnown && !inLane
  const written = isStranger ? { ...demandByPolicy(parts, wish), ...wanted.admission } : wanted.admission
  const run: Run = {
    id: parts.newId(),
    caller: caller.id,
    brand: wanted.brand,
    numberHash,
    numberMask: maskNumber(phone.number),
    numberSealed: parts.keys.seal(phone.number),
    parameters,
    state: 'sending',
    tries: 0,
    askedAt: now,
    sentAt: now,
    eventIndex: 0,
    codeMadeAt: now,
    expiresAt: endsAt,
    isCancelling: false,
    country: phone.country ?? '',
    eventCosts: wanted.wish.costs,
    inLane,
    checksSeen: 0,
    nextsDone: [],
  }
  const [, verification, , admission] = await together(
    tx.insertRun(run),
    insertVerification(parts, tx, run, wanted),
    demandFewGuesses(tx, parts.caps, { numberHash, tries: triesOfRun, now }),
    demandByBudgets(tx, parts, wish, written),
  )
  // Last, as all that is counted for everybody: others wait for it.
  const { country } = run
  const messages = messagesOf(run, now)
  await reserveSends(tx, parts, { numberHash, runId: run.id, caller, country, inLane, messages, now })
  return { run, verification, admission, isNew: true, sends: true, isRepeat: false, lastAskedAt: now }
}

/** The request was made before under this id: Vonage is asked again if it did not answer and there is time left. */
async function resume(tx: Transaction, verification: Verification, now: number): Promise<Intent> {
  const run = await tx.run(verification.runId)
  if (!run) throw new Error(`verification ${verification.id} has no run`)
  if (run.state === 'sending') throw inProgress()
  const asksAgain = run.state === 'unknown' && verification.state === 'pending' && run.expiresAt > now
  const sending = asksAgain ? await tx.updateRun(run.id, { state: 'sending', sentAt: now }) : undefined
  const intent = { run: sending ?? run, verification, isNew: false, lastAskedAt: run.sentAt }
  return { ...intent, sends: asksAgain, isRepeat: asksAgain }
}

async function join(
  parts: Parts,
  tx: Transaction,
  { live, wanted, now }: { live: Run; wanted: Wanted; now: number },
): Promise<Intent> {
  const isOurs = live.caller === wanted.wish.caller.id && live.brand === wanted.brand
  if (isOurs && (live.state === 'sending' || live.next?.asks === 'replacement')) throw inProgress()
  if (isOurs && live.state === 'unknown') {
    const verification = await insertVerification(parts, tx, live, wanted)
    const run = await tx.updateRun(live.id, { state: 'sending', sentAt: now })
    return { run: run ?? live, verification, isNew: true, sends: true, isRepeat: true, lastAskedAt: live.sentAt }
  }
  if (isOurs && live.isCancelling) throw inProgress()
  const isJoinable = isOurs && live.tries < triesOfRun && codeExpiresAt(live, now) - now >= joinableMs
  if (!isJoinable) throw pending(live, now)
  // A cancel that waits for its time is withdrawn: somebody wants the code again.
  const run = await tx.withdrawCancel(live.id)
  if (!run) throw inProgress()
  const verification = await insertVerification(parts, tx, run, wanted)
  return { run, verification, isNew: true, sends: false, isRepeat: false, lastAskedAt: live.sentAt }
}

async function insertVerification(
  { newId, clock }: Parts,
  tx: Transaction,
  run: Run,
  { requestId, nonce, purpose }: Wanted,
): Promise<Verification> {
  const verification: Verification = {
    id: requestId ?? newId(),
    runId: run.id,
    caller: run.caller,
    state: 'pending',
    tries: 0,
    createdAt: clock.now(),
    nonce,
    purpose,
  }
  await tx.insertVerification(verification)
  return verification
}

function pending(run: Run, now: number): GatewayError {
  const overAt = run.cancelAt ?? run.expiresAt
  const detail = 'Another verification of this number is running.'
  return new GatewayError('verification_pending', detail, {
    basis: { rule: 'pending' },
    retry_after_seconds: Math.max(1, Math.ceil((overAt - now) / 1000)),
  })
}

interface Answered {
  run: Run
  verification: Verification
  body: UpstreamBody
  phone: Phone
  messageSent: boolean
  pendingOnRun: number
}

function answer(parts: Parts, { run, verification, body, phone, messageSent, pendingOnRun }: Answered): RequestAnswer {
  return {
    ...body,
    status: '0',
    ...view(verification, run, { pendingOnRun, now: parts.clock.now() }),
    message_sent: messageSent,
    number_valid: phone.isValid,
    verification_url: linkTo(parts, verification.id),
  }
}
