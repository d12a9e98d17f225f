import * as z from 'zod'
import type { Row } from './sql.ts'
import type { NumberOrder, OpenCheck, OpenNext, Run, Verification, VerificationOnRun } from './store.ts'

/** Named one by one: a statement that was prepared goes on when a later version adds a column. */
export const columnsOf = (row: z.ZodObject) => Object.keys(row.shape).join(', ')

const parameters = z.object({
  sender_id: z.string().optional(),
  code_length: z.number(),
  lg: z.string().optional(),
  pin_expiry: z.number(),
  next_event_wait: z.number().optional(),
  workflow_id: z.number(),
})

const runRow = z.object({
  id: z.string(),
  caller: z.string(),
  brand: z.string(),
  number_hash: z.string(),
  number_mask: z.string(),
  number_sealed: z.nullable(z.instanceof(Uint8Array)),
  parameters: z.string(),
  upstream_id: z.nullable(z.string()),
  state: z.enum(['sending', 'running', 'unknown', 'ended']),
  tries: z.number(),
  asked_at: z.number(),
  sent_at: z.number(),
  event_index: z.number(),
  code_made_at: z.number(),
  expires_at: z.number(),
  cancel_at: z.nullable(z.number()),
  is_cancelling: z.number(),
  country: z.string(),
  event_costs: z.string(),
  in_lane: z.number(),
  checks_seen: z.number(),
  ended_at: z.nullable(z.number()),
  check_verification: z.nullable(z.string()),
  check_code: z.nullable(z.string()),
  check_asked_at: z.nullable(z.number()),
  check_look_at: z.nullable(z.number()),
  next_asks: z.nullable(z.enum(['event', 'replacement'])),
  next_intent: z.nullable(z.string()),
  next_asked_at: z.nullable(z.number()),
  next_look_at: z.nullable(z.number()),
  nexts_done: z.string(),
})

type RunRow = z.output<typeof runRow>

const run = runRow.transform(
  (row): Run => ({
    id: row.id,
    caller: row.caller,
    brand: row.brand,
    numberHash: row.number_hash,
    numberMask: row.number_mask,
    numberSealed: row.number_sealed ?? undefined,
    upstreamId: row.upstream_id ?? undefined,
    state: row.state,
    tries: row.tries,
    askedAt: row.asked_at,
    sentAt: row.sent_at,
    eventIndex: row.event_index,
    codeMadeAt: row.code_made_at,
    expiresAt: row.expires_at,
    cancelAt: row.cancel_at ?? undefined,
    isCancelling: row.is_cancelling === 1,
    country: row.country,
    inLane: row.in_lane === 1,
    checksSeen: row.checks_seen,
    ...toEvents(row),
    check: checkOf(row),
    next: nextOf(row),
    nextsDone: row.nexts_done.split(' ').filter((id) => id !== ''),
  }),
)

/** What is sent in a run, and until when. */
export function toEvents({
  parameters: text,
  event_costs,
  ended_at,
}: Pick<RunRow, 'parameters' | 'event_costs' | 'ended_at'>): Pick<Run, 'parameters' | 'eventCosts' | 'endedAt'> {
  return {
    parameters: parameters.parse(JSON.parse(text)),
    eventCosts: event_costs.split(',').filter(Boolean).map(Number),
    endedAt: ended_at ?? undefined,
  }
}

function checkOf(row: RunRow): OpenCheck | undefined {
  const {
    check_verification: verificationId,
    check_code: codeHash,
    check_asked_at: askedAt,
    check_look_at: lookAt,
  } = row
  if (verificationId === null || codeHash === null || askedAt === null || lookAt === null) return undefined
  return { verificationId, codeHash, askedAt, lookAt }
}

function nextOf({
  next_asks: asks,
  next_intent,
  next_asked_at: askedAt,
  next_look_at: lookAt,
}: RunRow): OpenNext | undefined {
  if (asks === null || askedAt === null || lookAt === null) return undefined
  return { asks, intentId: next_intent ?? undefined, askedAt, lookAt }
}

const verificationRow = z.object({
  id: z.string(),
  run_id: z.string(),
  caller: z.string(),
  state: z.enum(['pending', 'verified', 'failed', 'expired', 'cancelled', 'superseded']),
  tries: z.number(),
  created_at: z.number(),
  ended_at: z.nullable(z.number()),
  nonce: z.nullable(z.string()),
  purpose: z.nullable(z.string()),
})

const verification = verificationRow.transform(
  (row): Verification => ({
    id: row.id,
    runId: row.run_id,
    caller: row.caller,
    state: row.state,
    tries: row.tries,
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
    nonce: row.nonce ?? undefined,
    purpose: row.purpose ?? undefined,
  }),
)

const orderRow = z.object({
  id: z.string(),
  caller: z.string(),
  action: z.enum(['buy', 'update', 'cancel']),
  country: z.string(),
  number_hash: z.string(),
  number_sealed: z.nullable(z.instanceof(Uint8Array)),
  state: z.enum(['intended', 'done', 'refused', 'unknown']),
  created_at: z.number(),
  settled_at: z.nullable(z.number()),
  look_at: z.nullable(z.number()),
  settings_sealed: z.nullable(z.instanceof(Uint8Array)),
  untold: z.number(),
})

const order = orderRow.transform(
  (row): NumberOrder => ({
    id: row.id,
    caller: row.caller,
    action: row.action,
    country: row.country,
    numberHash: row.number_hash,
    numberSealed: row.number_sealed ?? undefined,
    state: row.state,
    createdAt: row.created_at,
    settledAt: row.settled_at ?? undefined,
    settingsSealed: row.settings_sealed ?? undefined,
    lookAt: row.look_at ?? undefined,
    isUntold: row.untold === 1,
  }),
)

export const runColumns = columnsOf(runRow)
export const verificationColumns = columnsOf(verificationRow)
export const orderColumns = columnsOf(orderRow)

/** Of a verification joined with its run, which has columns of the same names. */
const ofVerification = 'verification_'
const verificationNames = Object.keys(verificationRow.shape)
export const onRunColumns = [
  ...Object.keys(runRow.shape).map((name) => `runs.${name}`),
  ...verificationNames.map((name) => `verifications.${name} as ${ofVerification}${name}`),
  `(select count(*) from verifications as each where each.run_id = runs.id and each.state = 'pending') as pending_on_run`,
].join(', ')

export function toVerificationOnRun(row: Row | undefined): VerificationOnRun | undefined {
  if (!row) return undefined
  const own = Object.fromEntries(verificationNames.map((name) => [name, row[ofVerification + name]]))
  return { verification: verification.parse(own), run: run.parse(row), pendingOnRun: Number(row.pending_on_run) }
}

export const toRun = (row: Row | undefined) => (row ? run.parse(row) : undefined)
export const toVerification = (row: Row | undefined) => (row ? verification.parse(row) : undefined)
export const toOrder = (row: Row | undefined) => (row ? order.parse(row) : undefined)
export const toRuns = (rows: Row[]) => rows.map((row) => run.parse(row))
export const toVerifications = (rows: Row[]) => rows.map((row) => verification.parse(row))
