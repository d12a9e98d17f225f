import type { Block, Level, Slot } from './level.ts'
import type { Day } from './past.ts'

// A level is read and written with each message: whole numbers in a row are the shortest text of it.

const form = 2

export function textOf(level: Level): string {
  const { excess, foldedAt, late, block, young, days, delays } = level
  const slots = young.map(({ at, asked, verified, returned, done }) => whole(at, asked, verified, returned, done))
  const kept = days.map(({ day, asked, verified, normal }) => whole(day, asked, verified, normal))
  const blocked = block ? [block.at, block.until, block.times] : []
  return JSON.stringify([form, whole(excess, foldedAt, late), blocked, slots, kept, delays.map(hundredths)])
}

/** Throws where a later version has written what this one does not know. */
export function levelFrom(text: string): Level {
  const written = JSON.parse(text) as Written
  // Form 1 had counts of challenges and times of them in between.
  if (written[0] === 1) written.splice(2, 2, [])
  const [version, [excess, foldedAt, late], block, slots, days, delays] = written
  if (version !== form && version !== 1)
    throw new Error(`a level was written in form ${version}; this version knows form ${form}`)
  return {
    excess,
    foldedAt,
    late,
    block: block.length === 0 ? undefined : blockFrom(block),
    young: slots.map(slotFrom),
    days: days.map(dayFrom),
    delays,
  }
}

type Three = [number, number, number]
type Written = [number, Three, Three | [], Row[], Row[], number[]]
type Row = [number, number, number, number, number]

const blockFrom = ([at, until, times]: Three): Block => ({ at, until, times })
const slotFrom = ([at, asked, verified, returned, done]: Row): Slot => ({ at, asked, verified, returned, done })
const dayFrom = ([day, asked, verified, normal]: Row): Day => ({ day, asked, verified, normal })

function whole(...figures: number[]): number[] {
  return figures.map(Math.round)
}

function hundredths(figure: number): number {
  return Math.round(figure * 100) / 100
}
