import type { SentDecision, Transaction } from '../store/store.ts'
import { type Levels, levelsOf, note, type Overspent, scopesOf, type Way, weighAll } from './budgets.ts'
import { emptyLevel } from './level.ts'
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
  /** What those would have cost that are not sent any more, now that the code is right. */
  unsent: number
  now: number
  isNormal: boolean
}

/** The messages have led to a right code. */
export async function noteSuccess(tx: Transaction, { decisions, unsent, now, isNormal }: Led): Promise<void> {
  const weighed = decisions.filter(({ isCounted, would, rule }) => isCounted || (would && rule?.startsWith('budgets.')))
  if (weighed.length === 0) return
  const last = lastCounted(decisions)
  const levels = await take(tx, weighed, now)
  for (const decision of weighed) {
    const ofWay = levelsOf(decision, levels, now)
    const back = decision === last ? unsent : 0
    if (back > 0) note.withdrawn(ofWay, decision, back)
    note.success(ofWay, { ...decision, micros: decision.micros - back, sentAt: decision.at, now, isNormal })
  }
  await keep(tx, levels, now)
}

/** So much of what a run has reserved will not be sent. */
export async function noteUnsent(tx: Transaction, { decisions, unsent, now }: Omit<Led, 'isNormal'>): Promise<void> {
  const last = lastCounted(decisions)
  if (last && unsent > 0) await withdrawIn(tx, last, unsent, now)
}

/** What a decision has let through was not sent at all. */
export async function takeBack(tx: Transaction, decision: SentDecision, now: number): Promise<void> {
  if (decision.inLane) await tx.returnLane(decision.verificationId)
  if (decision.isCounted) await withdrawIn(tx, decision, decision.micros, now)
  await tx.withdrawDecision(decision.id)
}

/** The one that has the messages of the run as it is now. */
function lastCounted(decisions: SentDecision[]): SentDecision | undefined {
  return decisions.findLast(({ isCounted }) => isCounted)
}

async function withdrawIn(tx: Transaction, decision: SentDecision, micros: number, now: number): Promise<void> {
  const levels = await take(tx, [decision], now)
  note.withdrawn(levels, decision, micros)
  await keep(tx, levels, now)
}

/** All at once, so that no two transactions wait for each other. */
async function take(tx: Transaction, ways: Way[], now: number): Promise<Levels> {
  const scopes = new Set(ways.flatMap(scopesOf))
  const found = await tx.takeLevels([...scopes])
  const levels: Levels = new Map()
  for (const scope of scopes) {
    const state = found.get(scope)
    levels.set(scope, state === undefined ? emptyLevel(now) : levelFrom(state))
  }
  return levels
}

async function keep(tx: Transaction, levels: Levels, now: number): Promise<void> {
  const states = new Map<string, string>()
  for (const [scope, level] of levels) states.set(scope, textOf(level))
  await tx.keepLevels(states, now)
}
