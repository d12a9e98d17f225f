import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SimulatedClock } from '../../src/clock.ts'
import { startGateway } from './gateway.ts'
import { newSharedLedger } from './nodes.ts'
import type { PostgresServer } from './postgres-server.ts'
import { untilNone } from './until.ts'
import { startVonageApart } from './vonage-apart.ts'

export type Engine = 'SQLite' | 'PostgreSQL'

/** A Vonage and a ledger that outlive gateways, with the time of both. */
export interface Ground extends AsyncDisposable {
  vonage: Awaited<ReturnType<typeof startVonageApart>>
  /** What makes a gateway use them, in a hurry. Codes live longer than the keys of a gateway that has died. */
  env: Record<string, string>
  /** Reads the ledger. */
  read(sql: string): Promise<Record<string, unknown>[]>
  /** Lets time pass at Vonage and for the gateways: on SQLite for one that has the `clock`. */
  pass(seconds: number): Promise<void>
  clock: SimulatedClock
}

const hurried = {
  TOLLGATE_LOG_LEVEL: 'silent',
  TOLLGATE_UPSTREAM_RPS: '100000',
  TOLLGATE_NUMBERS_RPS: '100000',
  TOLLGATE_PIN_EXPIRY: '600',
}

/** On a ledger in a file, which one gateway serves. */
export async function startGround(clock = new SimulatedClock()): Promise<Ground> {
  const vonage = await startVonageApart(clock)
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
  return {
    vonage,
    env: { ...vonage.env, ...hurried, TOLLGATE_DATA_DIR: folder },
    async read(sql) {
      using ledger = new DatabaseSync(join(folder, 'ledger.db'), { readOnly: true })
      return ledger.prepare(sql).all()
    },
    pass: vonage.pass,
    clock,
    async [Symbol.asyncDispose]() {
      await vonage[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const overdue = 'select count(*) as orders from number_orders where look_at <= tollgate_now()'

/** On a PostgreSQL that nodes share. */
export async function startSharedGround(on?: PostgresServer): Promise<Ground & { databaseUrl: string }> {
  const clock = new SimulatedClock()
  const vonage = await startVonageApart(clock)
  const ledger = await newSharedLedger(on)
  const env = { ...vonage.env, ...hurried, ...ledger.env }
  return {
    vonage,
    env,
    databaseUrl: ledger.databaseUrl,
    read: ledger.query,
    async pass(seconds) {
      await vonage.pass(seconds)
      await ledger.pass(seconds * 1000)
      // Nodes look once a minute for the orders that others have left, and one that starts does so at once.
      await using _node = await startGateway({ env })
      await untilNone(async () => (await ledger.query(overdue))[0] ?? {})
    },
    clock,
    [Symbol.asyncDispose]: vonage[Symbol.asyncDispose],
  }
}
