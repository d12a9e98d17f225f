import type { Level } from './level.ts'

// A level is read and written with each message: numbers in one row are the quickest text of it. Nodes are updated one
// after the other: from the first release on, a version has to know a new form before another writes it.

const form = 3

export function textOf({ excess, foldedAt, late, price, trip, young, days, delays }: Level): string {
  const counts = [trip ? 1 : 0, young.length, days.length]
  const row = [form, Math.round(excess), foldedAt, Math.round(late), Math.round(price), ...counts]
  if (trip) {
    const { until, at, times, challenged, passed, isBlock } = trip
    row.push(until, at, times, hundredths(challenged), hundredths(passed), isBlock ? 1 : 0)
  }
  for (const { at, asked, verified, returned, done } of young) {
    row.push(at, Math.round(asked), Math.round(verified), Math.round(returned), Math.round(done))
  }
  for (const { day, asked, verified, normal } of days) row.push(day, asked, verified, Math.round(normal))
  for (const count of delays) row.push(hundredths(count))
  return JSON.stringify(row)
}

function hundredths(figure: number): number {
  return Math.round(figure * 100) / 100
}

/** Throws where a later version has written what this one does not know. */
export function levelFrom(text: string): Level {
  const row = rowOf(JSON.parse(text))
  let place = 1
  const next = () => {
    const figure = row[place++]
    if (figure === undefined) throw new Error('a level was written in part only')
    return figure
  }
  const sums = { excess: next(), foldedAt: next(), late: next(), price: next() }
  const level: Level = { ...sums, young: [], days: [], delays: [] }
  const [trips, slots, days] = [next(), next(), next()]
  if (trips) {
    level.trip = { until: next(), at: next(), times: next(), challenged: next(), passed: next(), isBlock: next() === 1 }
  }
  for (let slot = 0; slot < slots; slot++) {
    level.young.push({ at: next(), asked: next(), verified: next(), returned: next(), done: next() })
  }
  for (let day = 0; day < days; day++) {
    level.days.push({ day: next(), asked: next(), verified: next(), normal: next() })
  }
  level.delays = row.slice(place)
  return level
}

/** Before form 3 the parts were rows of their own, with no price and no blocks; form 1 had counts of challenges after the first. */
type Nested = [1 | 2, sums: number[], ...parts: Part[]]
type Part = (number | number[])[]

function rowOf(written: number[] | Nested): number[] {
  if (isFlat(written)) return written
  const [version, sums, ...parts] = written
  const [trip = [], slots = [], days = [], delays = []] = version === 1 ? parts.slice(1) : parts
  const isTripped = trip.length > 0
  const counts = [isTripped ? 1 : 0, slots.length, days.length]
  return [form, ...sums, 0, ...counts, ...[trip, isTripped ? [0] : [], slots, days, delays].flat(2)]
}

function isFlat(written: number[] | Nested): written is number[] {
  const [version] = written
  if (version === form) return true
  if (version === 1 || version === 2) return false
  throw new Error(`a level was written in form ${version}; this version knows form ${form}`)
}
