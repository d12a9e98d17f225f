import * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { DataKeys } from '../privacy.ts'
import type { NumberOrder, Store } from '../store/store.ts'
import { Sweep } from '../sweep.ts'
import { UpstreamFailure } from '../vonage/errors.ts'
import type { NumberEntry, NumberKey, NumbersApi } from '../vonage/vonage.ts'
import { recordOrder } from './record-order.ts'
import { has } from './settings.ts'

/** Longer than a call takes: whoever has no answer by then, by a crash perhaps, gets none. */
export const answeredWithinMs = 90_000
export const lookAgainAfterMs = 5000
/** An order that the owned numbers do not show by then never arrived. */
const arrivesWithinMs = 90_000
/** Vonage takes one call a second, and callers have calls to make too. */
const pauseMs = 2000

export interface LookParts {
  api: NumbersApi
  store: Store
  keys: DataKeys
  clock: Clock
  log: Log
}

export async function ownedNumber(api: NumbersApi, { country, msisdn }: NumberKey): Promise<NumberEntry | undefined> {
  const { numbers } = await api.owned({ country, pattern: msisdn, search_pattern: 0, size: 1 })
  return numbers.find((number) => number.msisdn === msisdn)
}

/** Whether the owned numbers are as an order wants them; undefined where they can't be had now. */
export async function isCarriedOut({ api, log }: LookParts, order: Wanted): Promise<boolean | undefined> {
  try {
    return isAsWanted(order, await ownedNumber(api, order))
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error
    log.warn({ order: order.id, code: error.code }, 'what became of an order could not be looked up')
    return undefined
  }
}

type Wanted = Pick<NumberOrder, 'id' | 'action'> & NumberKey & { settings?: Record<string, string> | undefined }

const settings = z.record(z.string(), z.string())

/** What an order wants, as it was before it was written down. */
function opened({ id, action, country, numberSealed, settingsSealed }: NumberOrder, keys: DataKeys): Wanted {
  if (!numberSealed) throw new Error(`the number of order ${id} is erased`)
  return {
    id,
    action,
    country,
    msisdn: keys.open(numberSealed),
    settings: settingsSealed && settings.parse(JSON.parse(keys.open(settingsSealed))),
  }
}

function isAsWanted({ action, settings }: Wanted, owned: NumberEntry | undefined): boolean {
  switch (action) {
    case 'buy':
      return owned !== undefined
    case 'update':
      return owned !== undefined && settings !== undefined && has(owned, settings)
    case 'cancel':
      return owned === undefined
  }
}

/** Looks for orders whose answers are missing, until it is known what became of them. */
export function createOrderSweep(parts: LookParts): Sweep {
  const { store, clock, log } = parts
  let pausesUntil = 0
  return new Sweep({
    clock,
    log,
    async nextDueAt() {
      const at = await store.nextOrderLookAt()
      return at === undefined ? undefined : Math.max(at, pausesUntil)
    },
    async settleDue() {
      await settleOrder(parts)
      pausesUntil = clock.now() + pauseMs
    },
  })
}

async function settleOrder(parts: LookParts): Promise<void> {
  const { store, keys, clock } = parts
  const now = clock.now()
  const order = await store.transaction('orders', (tx) => tx.claimOrder(now, now + answeredWithinMs))
  if (!order) return
  const wanted = opened(order, keys)
  const isDone = await isCarriedOut(parts, wanted)
  const isLate = now >= order.createdAt + arrivesWithinMs
  const state = isDone ? 'done' : isDone === false && isLate ? 'refused' : undefined
  await store.transaction(order.numberHash, async (tx) => {
    if (!state) return tx.lookForOrder(order.id, clock.now() + lookAgainAfterMs)
    const at = clock.now()
    const isSettled = await tx.settleUnknownOrder(order.id, state, at)
    if (isSettled && state === 'refused') await tx.removeSpend(order.id)
    if (isSettled) await recordOrder(tx, { ...wanted, state, actor: 'gateway', at })
  })
}
