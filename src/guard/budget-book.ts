import type { SentDecision, Transaction } from '../store/store.ts'
import { type Levels, levelsOf, note, type Overspent, scopesOf, type Way, weighAll } from './budgets.ts'
import { emptyLevel, withdrawn } from './level.ts'
import { levelFrom, textOf } from './level-text.ts'
import type { Policy } from './policy-schema.ts'

interface Reservation {
  way: Way
  budgets: Policy['budgets']
  micros: number
  now: number
}

/** The levels that a message counts in, held until the transaction ends. */
export interface Book {
  over: Overspent | undefined
  /** Writes down that it is sent; `proven`: somebody has brought a proof against what is over. */
  ask(how: { proven: boolean }): Promise<void>
  /** Writes down that it is not sent without a proof, or would not be. */
  refuse(): Promise<void>
}

export async function openBook(tx: Transaction, { way, budgets, micros, now }: Reservation): Promise<Book> {
  const levels = await take(tx, [way], now)
  const over = weighAll(levels, budgets, micros, now)
  const scopes = over?.scopes ?? []
  return {
    over,
    async ask({ proven }) {
      note.asked(levels, micros, now)
      if (proven) for (const scope of scopes) note.passed(levels, scope)
      await keep(tx, levels, now)
    },
    async refuse() {
      for (const scope of scopes) note.challenged(levels, scope)
      await keep(tx, levels, now)
    },
  }
}

interface Led {
  /** Had the messages of one run sent. */
  decisions: SentDecision[]
  now: number
  isNormal: boolean
}

/** The messages have led to a right code. */
export async function noteSuccess(tx: Transaction, { decisions, now, isNormal }: Led): Promise<void> {
  const weighed = decisions.filter(({ isCounted, would }) => isCounted || would)
  if (weighed.length === 0) return
  const levels = await take(tx, weighed, now)
  for (const { at: sentAt, micros, isCounted, ...way } of weighed) {
    note.success(levelsOf(way, levels, now), { micros, sentAt, now, isNormal, isCounted })
  }
  await keep(tx, levels, now)
}

/** So much of what was asked for will not be sent. */
export async function noteWithdrawn(
  tx: Transaction,
  decision: SentDecision,
  micros: number,
  now: number,
): Promise<void> {
  if (!decision.isCounted || micros === 0) return
  const levels = await take(tx, [decision], now)
  for (const level of levels.values()) withdrawn(level, { micros, isAll: micros === decision.micros }, decision.at)
  await keep(tx, levels, now)
}

/** All at once, so that no two transactions wait for each other. */
async function take(tx: Transaction, ways: Way[], now: number): Promise<Levels> {
  const scopes = [...new Set(ways.flatMap(scopesOf))]
  const found = await tx.takeLevels(scopes)
  const levelOf = (scope: string) => {
    const state = found.get(scope)
    return state === undefined ? emptyLevel(now) : levelFrom(state)
  }
  return new Map(scopes.map((scope) => [scope, levelOf(scope)]))
}

async function keep(tx: Transaction, levels: Levels, now: number): Promise<void> {
  await tx.keepLevels(new Map([...levels].map(([scope, level]) => [scope, textOf(level)])), now)
}
