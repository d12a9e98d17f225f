import * as z from 'zod'
import { columnsOf, toVerifications, verificationColumns } from './rows.ts'
import type { Sql } from './sql.ts'
import type { Verification } from './store.ts'

/** Something that webhooks tell, once to each target. */
export interface WebhookEvent {
  id: string
  type: string
  /** The verification or the order that it is about. */
  subject: string
  /** 1, 2, 3 … for each subject. */
  sequence: number
  at: number
  /** What is sent, but for the number. */
  payload: string
}

/** What became of an event at a target, or will. */
export interface Delivery {
  eventId: string
  /** An address. */
  target: string
  state: DeliveryState
  attempts: number
  /** When it falls due; while somebody sends it, until when he has it for himself. */
  nextAt: number
  /** After it nothing is tried any more; absent before the first attempt. */
  giveUpAt?: number | undefined
  /** When it was delivered, or died. */
  settledAt?: number | undefined
  lastError?: string | undefined
}

export type DeliveryState = 'pending' | 'delivered' | 'dead'

/** A delivery that somebody has taken to send it. */
export type ClaimedDelivery = Pick<Delivery, 'eventId' | 'target' | 'attempts' | 'nextAt'> &
  ToldNumber & {
    giveUpAt: number
    payload: string
  }

export type ListedDelivery = Delivery & Omit<WebhookEvent, 'id' | 'subject'> & ToldNumber

/** What is kept of the number that an event is about: it is not in the event, which would outlive its erasure. */
export interface ToldNumber {
  /** Of a verification. */
  numberMask?: string | undefined
  /** Of an order. */
  numberSealed?: Uint8Array | undefined
}

export interface WebhookReads {
  /** When something falls due next for a target. */
  nextDeliveryAt(target: string): Promise<number | undefined>
  /** Deliveries, the oldest first, from just after `after`. */
  deliveries(query: DeliveryQuery): Promise<ListedDelivery[]>
}

export interface DeliveryQuery {
  state?: DeliveryState | undefined
  after?: Pick<ListedDelivery, 'at' | 'eventId' | 'target'> | undefined
  limit: number
}

export interface WebhookWrites {
  /** The number of the latest event of a subject, 0 where there is none. */
  lastSequence(subject: string): Promise<number>
  /** Verifications of a run of which no event tells. */
  untold(runId: string): Promise<Verification[]>
  insertEvent(event: WebhookEvent, targets: readonly string[]): Promise<void>
  /** Takes what is due for a target; the first time sets when it is given up. */
  claimDeliveries(wanted: Claim): Promise<ClaimedDelivery[]>
  /** Writes down what became of an attempt; false when somebody else has taken the delivery since. */
  settleDelivery(held: Pick<Delivery, 'eventId' | 'target' | 'nextAt'>, outcome: AttemptOutcome): Promise<boolean>
  /** Makes those of an event, or all that have died, due as if they were new; answers how many. */
  replayDeliveries(which: { eventId: string } | 'dead'): Promise<number>
  /** Erases deliveries of old events, and the events with none left, `limit` at most; answers how many deliveries. */
  eraseDeliveries(age: { deliveredBefore: number; allBefore: number; limit: number }): Promise<number>
}

export interface Claim {
  target: string
  now: number
  /** Until when they are had. */
  until: number
  giveUpAt: number
  limit: number
}

export type AttemptOutcome =
  | { state: 'delivered'; settledAt: number }
  | { state: 'dead'; settledAt: number; lastError: string }
  | { state: 'pending'; nextAt: number; lastError: string }

const deliveryRow = z.object({
  event_id: z.string(),
  target: z.string(),
  state: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.number(),
  next_at: z.number(),
  give_up_at: z.nullable(z.number()),
  settled_at: z.nullable(z.number()),
  last_error: z.nullable(z.string()),
})

const toldNumber = { number_mask: z.nullable(z.string()), number_sealed: z.nullable(z.instanceof(Uint8Array)) }

/** The members of ToldNumber, of the event that `eventId` names. */
const numberOf = (eventId: string) => `
  (select number_mask from webhook_events told join verifications v on v.id = told.subject join runs r on r.id = v.run_id
   where told.id = ${eventId}) as number_mask,
  (select number_sealed from webhook_events told join number_orders o on o.id = told.subject
   where told.id = ${eventId}) as number_sealed`

const claimedRow = deliveryRow.extend({ give_up_at: z.number(), payload: z.string(), ...toldNumber }).transform(
  (row): ClaimedDelivery => ({
    eventId: row.event_id,
    target: row.target,
    attempts: row.attempts,
    nextAt: row.next_at,
    giveUpAt: row.give_up_at,
    payload: row.payload,
    numberMask: row.number_mask ?? undefined,
    numberSealed: row.number_sealed ?? undefined,
  }),
)

const listedRow = deliveryRow
  .extend({ type: z.string(), sequence: z.number(), at: z.number(), payload: z.string(), ...toldNumber })
  .transform(
    ({
      event_id,
      next_at,
      give_up_at,
      settled_at,
      last_error,
      number_mask,
      number_sealed,
      ...row
    }): ListedDelivery => ({
      ...row,
      eventId: event_id,
      nextAt: next_at,
      giveUpAt: give_up_at ?? undefined,
      settledAt: settled_at ?? undefined,
      lastError: last_error ?? undefined,
      numberMask: number_mask ?? undefined,
      numberSealed: number_sealed ?? undefined,
    }),
  )

export function webhookReads(sql: Sql): WebhookReads {
  const nextDue = sql.prepare(
    `select min(next_at) as at from webhook_deliveries where target = :target and state = 'pending'`,
  )
  const list = sql.prepare(
    `select ${columnsOf(deliveryRow)}, type, sequence, at, payload,
       ${numberOf('d.event_id')}
     from webhook_deliveries d join webhook_events e on e.id = d.event_id
     where d.state = coalesce(:state, d.state) and (e.at, e.id, d.target) > (:at, :eventId, :target)
     order by e.at, e.id, d.target limit :limit`,
  )
  return {
    async nextDeliveryAt(target) {
      const at = (await nextDue.get({ target }))?.at
      return typeof at === 'number' ? at : undefined
    },
    async deliveries({ state, after = { at: 0, eventId: '', target: '' }, limit }) {
      const { at, eventId, target } = after
      return listedRow.array().parse(await list.all({ state, at, eventId, target, limit }))
    },
  }
}

export function webhookWrites(sql: Sql): WebhookWrites {
  const last = sql.prepare('select coalesce(max(sequence), 0) as sequence from webhook_events where subject = :subject')
  const untold = sql.prepare(
    `select ${verificationColumns} from verifications
     where run_id = :runId and not exists (select 1 from webhook_events where subject = verifications.id)
     order by created_at, id`,
  )
  const insertEvent = sql.prepare(
    `insert into webhook_events (id, type, subject, sequence, at, payload)
     values (:id, :type, :subject, :sequence, :at, :payload)`,
  )
  const insertDelivery = sql.prepare(
    `insert into webhook_deliveries (event_id, target, state, attempts, next_at, give_up_at, settled_at, last_error)
     values (:id, :target, 'pending', 0, :at, null, null, null)`,
  )
  // Materialised, so that the limit holds however the statement is planned.
  const claim = sql.prepare(
    `with due as materialized (
       select event_id from webhook_deliveries where target = :target and state = 'pending' and next_at <= :now
       order by next_at, event_id limit :limit ${sql.skipLocked})
     update webhook_deliveries
     set attempts = attempts + 1, next_at = :until, give_up_at = coalesce(give_up_at, :giveUpAt)
     where target = :target and event_id in (select event_id from due)
     returning ${columnsOf(deliveryRow)}, (select payload from webhook_events where id = event_id) as payload,
       ${numberOf('event_id')}`,
  )
  const settle = sql.prepare(
    `update webhook_deliveries
     set state = :state, next_at = :nextAt, settled_at = :settledAt, last_error = :lastError
     where event_id = :eventId and target = :target and state = 'pending' and next_at = :heldUntil`,
  )
  const renewed = `state = 'pending', attempts = 0, next_at = 0, give_up_at = null, settled_at = null, last_error = null`
  const replayEvent = sql.prepare(
    `update webhook_deliveries set ${renewed} where event_id = :eventId and state <> 'pending'`,
  )
  const replayDead = sql.prepare(`update webhook_deliveries set ${renewed} where state = 'dead'`)
  const erase = sql.prepare(
    `delete from webhook_deliveries where (event_id, target) in
       (select d.event_id, d.target from webhook_deliveries d join webhook_events e on e.id = d.event_id
        where e.at < :allBefore or (e.at < :deliveredBefore and d.state = 'delivered') order by e.at limit :limit)`,
  )
  const eraseEvents = sql.prepare(
    `delete from webhook_events where at < :deliveredBefore
       and not exists (select 1 from webhook_deliveries where event_id = webhook_events.id)`,
  )
  return {
    lastSequence: async (subject) => Number((await last.get({ subject }))?.sequence),
    untold: async (runId) => toVerifications(await untold.all({ runId })),
    async insertEvent(event, targets) {
      await insertEvent.run({ ...event })
      for (const target of targets) await insertDelivery.run({ id: event.id, target, at: event.at })
    },
    claimDeliveries: async (wanted) => claimedRow.array().parse(await claim.all({ ...wanted })),
    async settleDelivery({ eventId, target, nextAt: heldUntil }, outcome) {
      const settled = { settledAt: undefined, lastError: undefined, nextAt: heldUntil, ...outcome }
      return (await settle.run({ eventId, target, heldUntil, ...settled })) > 0
    },
    replayDeliveries: (which) => (which === 'dead' ? replayDead.run() : replayEvent.run(which)),
    async eraseDeliveries({ deliveredBefore, allBefore, limit }) {
      const erased = await erase.run({ deliveredBefore, allBefore, limit })
      await eraseEvents.run({ deliveredBefore })
      return erased
    },
  }
}
