import * as z from 'zod'

/** The calls that were begun in the last second, by whichever node, and whether a check waits somewhere. */
export const paceWindow = z.object({
  /** How many calls began in which 50 ms, counted from 1970. */
  slots: z.array(z.tuple([z.int(), z.int()])),
  /** Until when sends stand back (epoch ms). */
  checksWaitUntil: z.number(),
})
export type PaceWindow = z.output<typeof paceWindow>

export const emptyWindow: PaceWindow = { slots: [], checksWaitUntil: 0 }

export interface Wanted {
  checks: number
  sends: number
}

export interface Taken extends Wanted {
  /** When to ask again for what is still wanted. */
  retryInMs: number
}

const slotMs = 50
/** What Vonage counts in is a second; the slot more covers calls that bunch up on the way to it. */
const slotsCounted = 21
/** More than a node with a waiting check is late when it asks again. */
const lateMs = 250

/** Takes as many calls as there is room for, checks before sends, also before those that wait on another node. */
export function takeCalls(
  window: PaceWindow,
  { checks, sends, perSecond, now }: Wanted & { perSecond: number; now: number },
): { taken: Taken; window: PaceWindow } {
  const current = Math.floor(now / slotMs)
  // Nodes differ by little in what time it is; a call of much later is from before the clock was set back.
  const slots = window.slots.filter(([slot]) => Math.abs(slot - current) < slotsCounted)
  const room = Math.max(0, perSecond - slots.reduce((sum, [, count]) => sum + count, 0))
  const takenChecks = Math.min(checks, room)
  const areChecksDone = takenChecks === checks
  const mayNotSend = !areChecksDone || (checks === 0 && window.checksWaitUntil > now)
  const takenSends = mayNotSend ? 0 : Math.min(sends, room - takenChecks)
  const count = takenChecks + takenSends
  const [oldest] = slots[0] ?? [current]
  const freeInMs = (oldest + slotsCounted) * slotMs - now
  const retryInMs = room > count ? slotMs : freeInMs
  const checksWaitUntil = areChecksDone ? (checks > 0 ? 0 : window.checksWaitUntil) : now + retryInMs + lateMs
  return {
    taken: { checks: takenChecks, sends: takenSends, retryInMs },
    window: { slots: count > 0 ? withCalls(slots, current, count) : slots, checksWaitUntil },
  }
}

function withCalls(slots: PaceWindow['slots'], current: number, count: number): PaceWindow['slots'] {
  const [slot, before] = slots.at(-1) ?? [0, 0]
  return slot >= current ? [...slots.slice(0, -1), [slot, before + count]] : [...slots, [current, count]]
}
