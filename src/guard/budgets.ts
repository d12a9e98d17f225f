import {
  asked,
  type Bounds,
  challenged,
  emptyLevel,
  type Level,
  type Over,
  passed,
  usualTripMs,
  verified,
  weigh,
  withdrawn,
} from './level.ts'
import { conversionOf, delayed, hasPast, matureMs, normalOf, usualTimeOf } from './past.ts'
import type { Policy } from './policy-schema.ts'

/** Where a message goes, and who asks for it; addresses as keyed hashes. */
export interface Way {
  ipHash?: string | undefined
  /** A number less its last four digits. */
  prefix: string
  country?: string | undefined
  /** The caller's id. */
  caller: string
}

/** Whether any holds. */
export function isAny(budgets: Policy['budgets']): boolean {
  return kinds.some((kind) => budgets[kind] !== 'off')
}

/** The levels of one way, by their scopes. */
export type Levels = Map<string, Level>

/** What stands against a message, and in which scopes. */
export interface Overspent extends Over {
  rule: string
  scopes: string[]
}

const kinds = ['address', 'prefix', 'country', 'key', 'total'] as const
type Kind = (typeof kinds)[number]

export function scopesOf({ ipHash, prefix, country = '', caller }: Way): string[] {
  const scopes = [`prefix:${prefix}`, `country:${country}`, `key:${caller}`, 'total:']
  return ipHash === undefined ? scopes : [`address:${ipHash}`, ...scopes]
}

/** Those that were not touched before are empty. */
export function levelsOf(way: Way, found: ReadonlyMap<string, Level>, now: number): Levels {
  return new Map(scopesOf(way).map((scope) => [scope, found.get(scope) ?? emptyLevel(now)]))
}

function countryLevel(levels: Levels): Level {
  for (const [scope, level] of levels) if (scope.startsWith('country:')) return level
  throw new Error('every message goes to a country, or to none, which is one too')
}

/** What the budgets have against a message that would cost so much; what is nearest to the person is told first. */
export function weighAll(
  levels: Levels,
  budgets: Policy['budgets'],
  micros: number,
  now: number,
): Overspent | undefined {
  const country = countryLevel(levels)
  const usual = { conversion: conversionOf(country, now), matureMs: matureMs(country) }
  let found: Overspent | undefined
  const scopes: string[] = []
  for (const [scope, level] of levels) {
    const kind = scope.slice(0, scope.indexOf(':')) as Kind
    const bounds = boundsOf(budgets[kind], { level, usual, micros, now })
    const over = weigh(level, micros, bounds, now)
    const isElsewhere = kind === 'total' || (kind === 'key' && isMost(levels, level, now))
    if (!over || (isElsewhere && goesOnAsUsual(budgets, { level: country, usual, micros, now }))) continue
    scopes.push(scope)
    if (!found || (over.answer === 'block' && found.answer !== 'block'))
      found = { ...over, rule: `budgets.${kind}`, scopes }
  }
  return found
}

/** A key by which most of all is asked for says no more than all do. */
function isMost(levels: Levels, key: Level, now: number): boolean {
  const total = levels.get('total:')
  return total !== undefined && 2 * normalOf(key, now) >= normalOf(total, now)
}

/** What goes on elsewhere is nothing against a country with a past, in which all is as it was. */
function goesOnAsUsual({ country: budget }: Policy['budgets'], matter: Matter): boolean {
  const { limit } = boundsOf(budget, matter)
  return budget !== 'off' && hasPast(matter.level, matter.now) && matter.level.excess < 0.75 * limit
}

/** How seldom chance alone may reach a limit, a part of the time: more seldom where that is in the way of many. */
const falseAlarms = { floor: 0.005, share: 0.001 }

/** Challenges last no shorter, wherever it is. */
const shortestTripMs = 300_000

interface Matter {
  level: Level
  /** How the messages of the country usually go. */
  usual: { conversion: number; matureMs: number }
  micros: number
  now: number
}

function boundsOf(budget: Policy['budgets'][Kind], { level, usual, micros, now }: Matter): Bounds {
  const { conversion, matureMs } = usual
  if (budget === 'off' || micros === 0) {
    const unbounded = Number.POSITIVE_INFINITY
    return { limit: unbounded, margin: 0, young: unbounded, matureMs, tripMs: usualTripMs }
  }
  const cost = Math.max(micros, level.price)
  const floor = Math.min(budget.messages * cost, budget.euros)
  const limit = Math.max(floor, Math.min(budget.share * normalOf(level, now), budget.most))
  // A walk that drifts down by this passes the limit so seldom.
  const variance = (1 - conversion) / conversion
  const seldom = limit > floor ? falseAlarms.share : falseAlarms.floor
  const margin = (Math.log(1 / seldom) * variance * cost) / (2 * limit)
  // Where much is asked for, each minute is in the way of many, and it is soon seen who passes.
  const tripMs = Math.min(usualTripMs, Math.max(shortestTripMs, usualTimeOf(level, 20, now)))
  return { limit, margin, young: 0.6 * floor, matureMs, tripMs }
}

interface Success {
  micros: number
  sentAt: number
  now: number
  isNormal: boolean
  /** Whether its cost was counted; else it would have been challenged, and was sent all the same. */
  isCounted: boolean
}

/** What happens to the levels of a way. */
export const note = {
  asked(levels: Levels, micros: number, now: number): void {
    for (const level of levels.values()) asked(level, micros, now)
  },
  /** So much of what a message was to cost is not spent. */
  withdrawn(levels: Levels, { at, micros: all }: { at: number; micros: number }, micros: number): void {
    for (const level of levels.values()) withdrawn(level, { micros, isAll: micros === all }, at)
  },
  challenged: (levels: Levels, scope: string) => challenged(levelAt(levels, scope)),
  passed: (levels: Levels, scope: string) => passed(levelAt(levels, scope)),
  success(levels: Levels, { isCounted, ...success }: Success): void {
    const { sentAt, now } = success
    const country = countryLevel(levels)
    const conversion = conversionOf(country, now)
    for (const level of levels.values()) {
      if (isCounted) verified(level, { ...success, conversion })
      // A person, who would have passed.
      else passed(level, 1 / conversion)
    }
    if (isCounted) delayed(country, now - sentAt)
  },
}

function levelAt(levels: Levels, scope: string): Level {
  const level = levels.get(scope)
  if (!level) throw new Error(`${scope} is no scope of this message`)
  return level
}
