import { dayMs } from '../utc.ts'
import { dayOf, type Past } from './past.ts'

/**
 * What is known of the messages of one country, prefix, address, key, or of all: the money that may have been pumped out of
 * it, and how it usually goes. Sums are in millionths of a euro, times in epoch milliseconds.
 */
export interface Level extends Past {
  /** What unverified messages have cost beyond what the usual conversion explains; it halves in two days. */
  excess: number
  foldedAt: number
  /** What a message has cost of late: one that costs less is held to as much money as the others are. */
  price: number
  /** What was sent so recently that its codes may be on their way, the oldest first. */
  young: Slot[]
  /** What successes give back of messages that are not young any more, since the last were folded. */
  late: number
  /** Absent until the excess was too much for the first time. */
  trip?: Trip | undefined
}

/** Messages of a quarter of a minute. */
export interface Slot {
  at: number
  asked: number
  /** Of these, what led to a right code. */
  verified: number
  /** What those give back. */
  returned: number
  /** What led to a right code in this quarter of a minute, whenever it was sent. */
  done: number
}

export interface Trip {
  /** Until then there is a challenge whatever the excess is. */
  until: number
  at: number
  /** How often, each less than a day after the one before. */
  times: number
  /** How many challenges there were since, and how many were answered with a proof. */
  challenged: number
  passed: number
  /** Whether proofs do not help any more. */
  isBlock: boolean
}

const slotMs = 15_000
const excessHalfLifeMs = 2 * dayMs
export const usualTripMs = 900_000
const longestTripMs = 8 * 3_600_000

export function emptyLevel(now: number): Level {
  return { excess: 0, foldedAt: now, late: 0, price: 0, young: [], days: [], delays: [] }
}

/** What a level is held against. */
export interface Bounds {
  /** The excess that is borne. */
  limit: number
  /** How much more than its own a success gives back, so that chance alone seldom reaches the limit. */
  margin: number
  /** What may be on its way unverified, besides twice what was verified of late. */
  young: number
  /** When a message counts as unverified. */
  matureMs: number
  /** How long there are challenges the first time. */
  tripMs: number
}

/** What stands against a message. */
export interface Over {
  answer: 'challenge' | 'block'
  observed: number
  bound: number
  /** When it is over at the earliest, where that is known. */
  until?: number | undefined
}

/** So many limits above which a proof of a person does not help any more. */
const absolute = 4
/** When a trip is over, this part of the limit is free again where nearly all who were challenged were people. */
const freeAmongPeople = 1 / 2
const nearlyAll = 0.7

/** Whether a message that costs so much is one too many. The level is brought up to this time. */
export function weigh(level: Level, micros: number, bounds: Bounds, now: number): Over | undefined {
  fold(level, bounds, now)
  const { trip } = level
  const { limit, tripMs } = bounds
  if (limit === Number.POSITIVE_INFINITY) return undefined
  const observed = level.excess + micros
  if (trip && trip.until > now) return over(observed, limit, trip, now)
  if (trip && trip.until > trip.at) {
    const free = Math.max(micros, wasAmongPeople(trip) ? limit * freeAmongPeople : 0)
    level.excess = Math.max(0, Math.min(level.excess, limit - free))
    trip.until = trip.at
  }
  if (level.excess + micros > limit) {
    const times = trip && now - trip.at < dayMs ? trip.times + 1 : 1
    level.trip = { until: now + lengthOf(tripMs, times), at: now, times, challenged: 0, passed: 0, isBlock: false }
    return over(observed, limit, level.trip, now)
  }
  const unverified = level.young.reduce((sum, { asked, verified }) => sum + asked - verified, 0)
  // One may always be on its way, and no more than what is left of the limit.
  const some = Math.max(micros, Math.min(bounds.young, limit - level.excess))
  const bound = some + 2 * level.young.reduce((sum, { done }) => sum + done, 0)
  if (unverified + micros > bound) return { answer: 'challenge', observed: unverified + micros, bound }
  return undefined
}

/** One who has not passed may be chance. */
function wasAmongPeople({ challenged, passed }: Trip): boolean {
  return passed > 0 && passed >= nearlyAll * (challenged - 1)
}

function lengthOf(tripMs: number, times: number): number {
  return Math.min(tripMs * 2 ** (times - 1), longestTripMs)
}

function over(observed: number, limit: number, trip: Trip, now: number): Over {
  if (observed <= absolute * limit) return { answer: 'challenge', observed, bound: limit, until: trip.until }
  // From when proofs do not help any more, it lasts its time anew.
  if (!trip.isBlock) trip.until = Math.max(trip.until, now + lengthOf(usualTripMs, trip.times))
  trip.isBlock = true
  return { answer: 'block', observed, bound: absolute * limit, until: trip.until }
}

/** Messages whose codes should be back by now are judged by the usual conversion, oldest first: nothing can be saved up. */
function fold(level: Level, { margin, matureMs }: Bounds, now: number): void {
  const isOld = ({ at }: Slot) => at <= now - matureMs
  const given = 1 + margin
  level.excess = Math.max(0, level.excess * halved(now - level.foldedAt, excessHalfLifeMs) - level.late * given)
  level.late = 0
  level.foldedAt = now
  for (const { asked, returned } of level.young.filter(isOld)) {
    level.excess = Math.max(0, level.excess + asked - returned * given)
  }
  level.young = level.young.filter((slot) => !isOld(slot))
}

function halved(afterMs: number, halfLifeMs: number): number {
  return 2 ** (-Math.max(0, afterMs) / halfLifeMs)
}

/** A challenge was asked for. */
export function challenged({ trip }: Level): void {
  if (trip) trip.challenged += 1
}

/** A proof was brought. */
export function passed({ trip }: Level, howMany = 1): void {
  if (trip) trip.passed += howMany
}

/** Of so many, about, the price is the mean. */
const pricedMessages = 20

/** Messages are going to be sent. */
export function asked(level: Level, micros: number, now: number): void {
  slotOf(level, now).asked += micros
  dayOf(level, now).asked += 1
  level.price += level.price === 0 ? micros : (micros - level.price) / pricedMessages
}

/** They are not, or not all. */
export function withdrawn(level: Level, { micros, isAll }: { micros: number; isAll: boolean }, sentAt: number): void {
  const day = level.days.find((each) => each.day === Math.floor(sentAt / dayMs))
  if (isAll && day) day.asked -= 1
  const slot = level.young.find(({ at }) => at === slotAt(sentAt))
  if (slot) slot.asked -= micros
  // It is in the excess already.
  else level.excess = Math.max(0, level.excess - micros)
}

export interface Success {
  micros: number
  /** Of the country that the number belongs to. */
  conversion: number
  sentAt: number
  now: number
  /** Whether this pair of number and account is counted for the first time today. */
  isNormal: boolean
}

/** A message has led to a right code: it gives back its own share of what the usual conversion loses. */
export function verified(level: Level, { micros, conversion, sentAt, now, isNormal }: Success): void {
  const back = micros / conversion
  const slot = level.young.find(({ at }) => at === slotAt(sentAt))
  if (slot) {
    slot.verified += micros
    slot.returned += back
  } else level.late += back
  slotOf(level, now).done += micros
  const day = dayOf(level, now)
  day.verified += 1
  if (isNormal) day.normal += micros
}

function slotAt(time: number): number {
  return Math.floor(time / slotMs) * slotMs
}

function slotOf(level: Level, now: number): Slot {
  const at = slotAt(now)
  const found = level.young.find((slot) => slot.at === at)
  if (found) return found
  const slot = { at, asked: 0, verified: 0, returned: 0, done: 0 }
  level.young.push(slot)
  return slot
}
