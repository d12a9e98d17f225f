import { randomBytes } from 'node:crypto'
import type {
  Approval,
  Decision,
  IdempotencyKey,
  Message,
  OpenCheck,
  OpenNext,
  Run,
  SigningKey,
  Store,
  Transaction,
  Verification,
} from '../../src/store/store.ts'

export const noon = Date.parse('2026-01-01T12:00:00Z')
export const newId = () => randomBytes(16).toString('hex')

export function someRun(members: Partial<Run> = {}): Run {
  return {
    id: newId(),
    caller: 'local',
    brand: 'Acme',
    numberHash: newId(),
    numberMask: '44********23',
    numberSealed: Buffer.from('sealed'),
    parameters: { code_length: 6, workflow_id: 6, pin_expiry: 300, lg: 'en-gb' },
    upstreamId: newId(),
    state: 'running',
    tries: 0,
    askedAt: noon,
    sentAt: noon,
    codeMadeAt: noon,
    eventIndex: 0,
    expiresAt: noon + 300_000,
    cancelAt: undefined,
    isCancelling: false,
    country: 'GB',
    eventCosts: [40_000],
    inLane: false,
    checksSeen: 0,
    endedAt: undefined,
    check: undefined,
    next: undefined,
    nextsDone: [],
    ...members,
  }
}

export function someCheck(members: Partial<OpenCheck> = {}): OpenCheck {
  return { verificationId: newId(), codeHash: newId(), askedAt: noon, lookAt: noon + 60_000, ...members }
}

/** Messages of a run, each of the same cost. */
export function messagesAt(...times: number[]): Message[] {
  return times.map((at) => ({ at, micros: 40_000 }))
}

export function someNext(members: Partial<OpenNext> = {}): OpenNext {
  return { asks: 'event', intentId: newId(), askedAt: noon, lookAt: noon + 60_000, ...members }
}

export function someVerification(run: Run, members: Partial<Verification> = {}): Verification {
  const { id: runId, caller } = run
  const state = 'pending'
  const none = { endedAt: undefined, nonce: undefined, purpose: undefined }
  return { id: newId(), runId, caller, state, tries: 0, createdAt: noon, ...none, ...members }
}

export function someKey(members: Partial<IdempotencyKey> = {}): IdempotencyKey {
  const times = { runningUntil: noon + 300_000, expiresAt: noon + 86_400_000 }
  const hashes = { keyHash: newId(), payloadHash: newId() }
  return {
    caller: 'local',
    ...hashes,
    intentId: newId(),
    state: 'running',
    answerSealed: undefined,
    ...times,
    ...members,
  }
}

export function someSigningKey(members: Partial<SigningKey> = {}): SigningKey {
  const times = { signsFrom: noon, signsUntil: noon + 86_400_000 }
  return { kid: newId(), publicJwk: '{"kty":"EC"}', privateSealed: Buffer.from('sealed'), ...times, ...members }
}

/** Writes a run with as many verifications as wanted, a millisecond apart. */
export async function insert(store: Store, run = someRun(), howMany = 1) {
  const verifications = Array.from({ length: howMany }, (_, index) =>
    someVerification(run, { createdAt: noon + index }),
  )
  await store.transaction(run.numberHash, async (tx) => {
    await tx.insertRun(run)
    for (const verification of verifications) await tx.insertVerification(verification)
  })
  return { run, verifications, ids: verifications.map(({ id }) => id) }
}

/** One transaction; all of them take turns. */
export const within = <T>(store: Store, work: (tx: Transaction) => Promise<T>) => store.transaction('test', work)

export function someApproval(members: Partial<Approval> = {}): Approval {
  const open = { decidedBy: undefined, decidedAt: undefined, orderId: undefined, usedAt: undefined }
  return {
    id: newId(),
    caller: 'agent',
    operation: 'buy-number',
    digest: newId(),
    askedSealed: Buffer.from('asked'),
    state: 'pending',
    createdAt: noon,
    expiresAt: noon + 600_000,
    ...open,
    ...members,
  }
}

export function someDecision(members: Partial<Decision> = {}): Decision {
  return {
    id: newId(),
    at: noon,
    kind: 'request',
    caller: 'shop',
    verificationId: newId(),
    numberHash: newId(),
    ipHash: newId(),
    sessionHash: newId(),
    accountHash: newId(),
    deviceHash: newId(),
    prefix: '44770090',
    country: 'GB',
    lineType: 'mobile',
    channels: ['sms', 'tts'],
    inLane: true,
    messages: 2,
    micros: 80_000,
    isCounted: true,
    isHeldOut: false,
    answer: 'block',
    would: 'challenge',
    rule: 'guesses',
    observed: 11.5,
    bound: 10,
    policy: '0100ebcc61d3',
    ...members,
  }
}
