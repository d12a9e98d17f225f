import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ProblemCode } from '../../src/problems.ts'
import { type Answer, startGateway, type TestGateway } from './gateway.ts'
import { verifying } from './verifying.ts'

/** A gateway and what it takes to bring about a problem there. */
export type Stage = ReturnType<typeof verifying> & {
  gateway: TestGateway
  /** The next calls of one of Vonage's paths get this answer, after doing their work if `takes_effect`. */
  fault(path: string, answer: Record<string, unknown>, more?: { takes_effect?: boolean; times?: number }): Promise<void>
  /** Changes the ledger behind the gateway's back, as another node would. */
  sql(statement: string): void
  /** Rows of the ledger. */
  read(query: string): Record<string, unknown>[]
}

type Provoke = (stage: Stage) => Promise<Answer>

/** One way to a problem. */
export interface Provocation {
  /** Completes "when …". */
  when: string
  answers: `${number} ${ProblemCode}`
  /** Absent where no operation answers. */
  operation?: string
  /** Vonage's status in the answer. */
  upstream?: string
  retryAfterSeconds?: number
  attemptsLeft?: number
  env?: Record<string, string>
  provoke: Provoke
}

export const paths = {
  request: '/verify/json',
  check: '/verify/check/json',
  search: '/verify/search/json',
  control: '/verify/control/json',
  owned: '/account/numbers',
  available: '/number/search',
  buy: '/number/buy',
  cancel: '/number/cancel',
  update: '/number/update',
} as const

export async function stage(env: Record<string, string> = {}): Promise<Stage & AsyncDisposable> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  const gateway = await startGateway({ env, dataDir })
  return {
    ...verifying(gateway),
    gateway,
    fault: gateway.fault,
    sql(statement) {
      using ledger = new DatabaseSync(join(dataDir, 'ledger.db'))
      ledger.exec(statement)
    },
    read(query) {
      using ledger = new DatabaseSync(join(dataDir, 'ledger.db'), { readOnly: true })
      return ledger.prepare(query).all()
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
