import type { Clock } from '../clock.ts'
import type {
  NumberOrder,
  OrderWrites,
  Run,
  Store,
  Transaction,
  Verification,
  VerificationWrites,
} from '../store/store.ts'
import { type EventType, type Facts, iso, ofAlert, ofOrder, ofVerification, orderEvents } from './events.ts'

export interface Outbox {
  /** The addresses that are told. */
  targets: readonly string[]
  clock: Clock
  /** Called after a commit with events in it. */
  onEvents: () => void
}

/** A store whose transactions write down what webhooks tell of, whichever rule changes it: none has to think of it. */
export function withOutbox(store: Store, outbox: Outbox): Store {
  return {
    ...store,
    async transaction(about, work) {
      let tells = false
      const result = await store.transaction(about, (tx) => {
        tells = false
        return work({ ...tx, ...tellingWrites(tx, outbox, () => (tells = true)) })
      })
      if (tells) outbox.onEvents()
      return result
    },
  }
}

/** The writes that change no state of a verification or an order. A new one has to be told of, or stand here. */
type Silent =
  | 'forgetVerification'
  | 'countTry'
  | 'returnTry'
  | 'moveVerifications'
  | 'insertOrder'
  | 'lookForOrder'
  | 'claimOrder'
type Telling = Omit<VerificationWrites & OrderWrites, Silent> & Pick<Transaction, 'updateRun' | 'endRun' | 'raiseAlert'>

/**
 * A verification is told of once its run has left `sending`: what Vonage refuses is undone, and then nothing happened.
 * The first event of each is its request.
 */
function tellingWrites(tx: Transaction, { targets, clock }: Outbox, onTold: () => void): Telling {
  async function tell(type: EventType, subject: string, facts: Facts): Promise<void> {
    const sequence = (await tx.lastSequence(subject)) + 1
    const at = clock.now()
    const payload = JSON.stringify({ type, timestamp: iso(at), data: { ...facts, sequence } })
    await tx.insertEvent({ id: `msg_${subject}_${sequence}`, type, subject, sequence, at, payload }, targets)
    onTold()
  }

  function tellRequest(verification: Verification, run: Run): Promise<void> {
    const asRequested: Verification = { ...verification, state: 'pending', endedAt: undefined }
    return tell('verification.requested', verification.id, ofVerification(asRequested, run))
  }

  async function tellEnd(verification: Verification, run: Run): Promise<void> {
    if (verification.state === 'pending') return
    await tell(`verification.${verification.state}`, verification.id, ofVerification(verification, run))
  }

  /** What happened while its run was `sending`. */
  async function tellAll(run: Run): Promise<void> {
    for (const verification of await tx.untold(run.id)) {
      await tellRequest(verification, run)
      await tellEnd(verification, run)
    }
  }

  async function runOf({ id, runId }: Verification): Promise<Run> {
    const run = await tx.run(runId)
    if (!run) throw new Error(`verification ${id} has no run`)
    return run
  }

  return {
    async insertVerification(verification) {
      await tx.insertVerification(verification)
      const run = await runOf(verification)
      if (run.state === 'running') await tellRequest(verification, run)
    },
    async endVerification(id, state, now) {
      const ended = await tx.endVerification(id, state, now)
      if (!ended) return undefined
      const run = await runOf(ended)
      const isTold = (await tx.lastSequence(id)) > 0
      if (isTold) await tellEnd(ended, run)
      if (!isTold && run.state !== 'sending') await tellAll(run)
      return ended
    },
    async updateRun(id, changes) {
      const run = await tx.updateRun(id, changes)
      if (run && (changes.state === 'running' || changes.state === 'unknown')) await tellAll(run)
      return run
    },
    async endRun(id, now) {
      const ended = await tx.endRun(id, now)
      if (ended) await tellAll(ended)
      return ended
    },
    async raiseAlert(alert) {
      const isNews = await tx.raiseAlert(alert)
      if (isNews) await tell('guard.alert', alert.id, ofAlert(alert))
      return isNews
    },
    async settleOrder(id, state, now) {
      const before = await tx.order(id)
      await tx.settleOrder(id, state, now)
      if (before && state === 'done' && before.state !== 'done') await tellOrder(before)
    },
    async settleUnknownOrder(id, state, now) {
      const before = await tx.order(id)
      const isSettled = await tx.settleUnknownOrder(id, state, now)
      if (before && isSettled && state === 'done') await tellOrder(before)
      return isSettled
    },
  }

  function tellOrder(order: NumberOrder): Promise<void> {
    return tell(orderEvents[order.action], order.id, ofOrder(order))
  }
}
