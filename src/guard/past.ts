import { dayMs } from '../utc.ts'

/** How the messages of a scope usually go. */
export interface Past {
  /** The last days, today last. */
  days: Day[]
  /** How many codes came back after so long; see `delayBounds`. */
  delays: number[]
}

export interface Day {
  day: number
  asked: number
  verified: number
  /** What those verified cost that told of an account, each pair of number and account once. */
  normal: number
}

const keptDays = 9
/** What is older tells nothing. */
export const keptMs = keptDays * dayMs
/** Seconds: a code that comes back within the first of them is counted first, and so on. */
const delayBounds = [10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600]
/** Before much is known. */
const usualMatureMs = 120_000
const usualConversion = 0.5

/** How long a code took to come back. */
export function delayed(past: Past, delayMs: number): void {
  const found = delayBounds.findIndex((bound) => delayMs <= bound * 1000)
  const at = found < 0 ? delayBounds.length - 1 : found
  const counts = delayBounds.map((_, index) => (past.delays[index] ?? 0) + (index === at ? 1 : 0))
  const isMuch = counts.reduce((sum, count) => sum + count, 0) > 2000
  past.delays = isMuch ? counts.map((count) => count / 2) : counts
}

/** By when nine of ten codes that come back are back. */
export function matureMs({ delays }: Past): number {
  const all = delays.reduce((sum, count) => sum + count, 0)
  if (all < 100) return usualMatureMs
  let sum = 0
  const at = delays.findIndex((count) => {
    sum += count
    return sum >= 0.9 * all
  })
  return (delayBounds[at] ?? 600) * 1000
}

/** Days that a day's laundering can't have made: they ended a day ago. */
function settledDays({ days }: Past, now: number): Day[] {
  const today = Math.floor(now / dayMs)
  return days.filter(({ day }) => day < today - 1 && day >= today - keptDays + 1)
}

/** On these days enough was sent to tell how it usually goes. */
function tellingDays(past: Past, now: number): Day[] {
  return settledDays(past, now).filter(({ asked }) => asked >= 20)
}

/** Whether it is known how it usually goes. */
export function hasPast(past: Past, now: number): boolean {
  return tellingDays(past, now).length >= 3
}

/** Of the messages of a country, the part that leads to a right code: the middle one of its days. */
export function conversionOf(past: Past, now: number): number {
  if (!hasPast(past, now)) return usualConversion
  const rates = tellingDays(past, now)
    .map(({ asked, verified }) => verified / asked)
    .sort((one, other) => one - other)
  return Math.min(0.95, Math.max(0.35, rates[Math.floor(rates.length / 2)] ?? usualConversion))
}

/** What verified people have cost on a day, on average. */
export function normalOf(past: Past, now: number): number {
  const days = settledDays(past, now)
  return days.reduce((sum, { normal }) => sum + normal, 0) / (keptDays - 2)
}

/** How long so many messages usually take to be asked for; for ever where nothing is known. */
export function usualTimeOf(past: Past, count: number, now: number): number {
  const asked = settledDays(past, now).reduce((sum, day) => sum + day.asked, 0)
  return (count * (keptDays - 2) * dayMs) / asked
}

/** The day that is counted now. */
export function dayOf(past: Past, now: number): Day {
  const day = Math.floor(now / dayMs)
  const last = past.days.at(-1)
  if (last && last.day >= day) return last
  const next = { day, asked: 0, verified: 0, normal: 0 }
  past.days = [...past.days.filter((each) => each.day > day - keptDays), next]
  return next
}
