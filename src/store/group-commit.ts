import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { DiskLog } from './disk-log.ts'
import type { Shared } from './group-levels.ts'
import { rollBack } from './sqlite-setup.ts'
import type { Transaction } from './store.ts'

interface Waiting {
  /** Does its part inside a savepoint of its own; returns how to answer once all of it is on disk. */
  run: () => Promise<Answer>
  fail: (error: unknown) => void
}

type Answer = () => void

/** A commit waits for the disk; more than these would wait too long for one another. */
const mostTogether = 200

/**
 * Transactions that wait at the same time share one commit, and with it one wait for the disk. Each is undone alone when
 * it fails, and each is answered only when all of them are on disk.
 */
export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #log: DiskLog
  readonly #tx: Transaction
  readonly #shared: Shared
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #savepoint: StatementSync
  readonly #undo: StatementSync
  readonly #release: StatementSync
  #waiting: Waiting[] = []
  #working: Promise<void> | undefined

  constructor(database: DatabaseSync, log: DiskLog, { tx, shared }: { tx: Transaction; shared: Shared }) {
    this.#database = database
    this.#log = log
    this.#tx = tx
    this.#shared = shared
    this.#begin = database.prepare('begin immediate')
    this.#commit = database.prepare('commit')
    this.#savepoint = database.prepare('savepoint one')
    this.#undo = database.prepare('rollback to one')
    this.#release = database.prepare('release one')
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({ run: () => this.#inSavepoint(work, resolve, reject), fail: reject })
    this.#working ??= this.#workOff()
    return promise
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working
  }

  async #workOff(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What arrived with the same reading of the sockets comes along.
      await new Promise(setImmediate)
      await this.#commitTogether(this.#waiting.splice(0, mostTogether))
    }
    this.#working = undefined
  }

  async #commitTogether(group: Waiting[]): Promise<void> {
    try {
      this.#begin.run()
      const answers: Answer[] = []
      for (const { run } of group) answers.push(await run())
      await this.#shared.write()
      this.#commit.run()
      await this.#log.synced()
      for (const answer of answers) answer()
    } catch (error) {
      rollBack(this.#database)
      for (const { fail } of group) fail(error)
    } finally {
      this.#shared.forget()
    }
  }

  async #inSavepoint<T>(
    work: (tx: Transaction) => Promise<T>,
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
  ): Promise<Answer> {
    this.#savepoint.run()
    this.#shared.begin()
    try {
      const result = await work(this.#tx)
      this.#release.run()
      return () => resolve(result)
    } catch (error) {
      // A write that fails badly, on a full disk for one, has ended the whole transaction.
      if (!this.#database.isTransaction) throw error
      this.#undo.run()
      this.#release.run()
      this.#shared.undo()
      return () => reject(error)
    }
  }
}
