import type { LevelWrites } from './levels.ts'

/** What transactions have in memory until they are committed together. */
export interface Shared {
  /** One of them begins. */
  begin(): void
  /** What has been changed since the last began is undone. */
  undo(): void
  /** Writes all that was changed; the last thing before the commit. */
  write(): Promise<void>
  /** The commit is over: what comes next reads anew. */
  forget(): void
}

/** As it is in memory: its text, empty where there is none, and when it was touched, where it is to be written. */
interface Known {
  state: string
  touchedAt?: number | undefined
}

/** The levels of transactions that share a commit: each is read once and written once, however many of them count in it. */
export function groupLevels(ledger: LevelWrites): { writes: LevelWrites; shared: Shared } {
  const known = new Map<string, Known>()
  const before = new Map<string, Known | undefined>()
  const writes: LevelWrites = {
    async takeLevels(scopes) {
      const unknown = scopes.filter((scope) => !known.has(scope))
      const read = unknown.length > 0 ? await ledger.takeLevels(unknown) : new Map<string, string>()
      for (const scope of unknown) known.set(scope, { state: read.get(scope) ?? '' })
      const taken = new Map<string, string>()
      for (const scope of scopes) {
        const state = known.get(scope)?.state
        if (state) taken.set(scope, state)
      }
      return taken
    },
    async keepLevels(levels, now) {
      for (const [scope, state] of levels) {
        if (!before.has(scope)) before.set(scope, known.get(scope))
        known.set(scope, { state, touchedAt: now })
      }
    },
    async eraseLevels(kind, until, limit) {
      // What is to be written comes back whole; the rest has to be read again.
      for (const [scope, { touchedAt }] of known) if (touchedAt === undefined) known.delete(scope)
      return ledger.eraseLevels(kind, until, limit)
    },
  }
  const shared: Shared = {
    begin: () => before.clear(),
    undo() {
      for (const [scope, earlier] of before) known.set(scope, earlier ?? { state: '' })
      // What is not to be written is read again: it may have been read where something was erased.
      for (const [scope, { touchedAt }] of known) if (touchedAt === undefined) known.delete(scope)
    },
    async write() {
      for (const [scope, { state, touchedAt }] of known) {
        if (touchedAt !== undefined) await ledger.keepLevels(new Map([[scope, state]]), touchedAt)
      }
    },
    forget: () => known.clear(),
  }
  return { writes, shared }
}
