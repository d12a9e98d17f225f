import type { Level, Slot, Trip } from './level.ts'
import type { Day } from './past.ts'

// A level is read and written with each message: whole numbers in a row are the shortest text of it.

const form = 2

export function textOf(level: Level): string {
  const { excess, foldedAt, late, trip, young, days, delays } = level
  const slots = young.map(({ at, asked, verified, returned, done }) => whole(at, asked, verified, returned, done))
  const kept = days.map(({ day, asked, verified, normal }) => whole(day, asked, verified, normal))
  const tripped = trip ? [trip.until, trip.at, trip.times, hundredths(trip.challenged), hundredths(trip.passed)] : []
  return JSON.stringify([form, whole(excess, foldedAt, late), tripped, slots, kept, delays.map(hundredths)])
}

/** Throws where a later version has written what this one does not know. */
export function levelFrom(text: string): Level {
  const written = JSON.parse(text) as Written
  // Form 1 had counts of challenges in between.
  if (written[0] === 1) written.splice(2, 1)
  const [version, [excess, foldedAt, late], trip, slots, days, delays] = written
  if (version !== form && version !== 1)
    throw new Error(`a level was written in form ${version}; this version knows form ${form}`)
  return {
    excess,
    foldedAt,
    late,
    trip: trip.length === 0 ? undefined : tripFrom(trip),
    young: slots.map(slotFrom),
    days: days.map(dayFrom),
    delays,
  }
}

type Three = [number, number, number]
type Written = [number, Three, Row | [], Row[], Row[], number[]]
type Row = [number, number, number, number, number]

const tripFrom = ([until, at, times, challenged, passed]: Row): Trip => ({ until, at, times, challenged, passed })
const slotFrom = ([at, asked, verified, returned, done]: Row): Slot => ({ at, asked, verified, returned, done })
const dayFrom = ([day, asked, verified, normal]: Row): Day => ({ day, asked, verified, normal })

function whole(...figures: number[]): number[] {
  return figures.map(Math.round)
}

function hundredths(figure: number): number {
  return Math.round(figure * 100) / 100
}
