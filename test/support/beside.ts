import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SimulatedClock } from '../../src/clock.ts'
import { DataKeys } from '../../src/privacy.ts'
import { someFolder } from './folder.ts'
import { startGateway } from './gateway.ts'
import { startHoldingProxy } from './holding-proxy.ts'
import { ledgerText } from './ledger-text.ts'
import { newDatabase, query } from './postgres.ts'
import { tollgate } from './serving.ts'
import { startVonageApart } from './vonage-apart.ts'

export const engines = ['SQLite', 'PostgreSQL'] as const

/** What makes a gateway use an engine. */
const settingsOf: Record<(typeof engines)[number], () => Promise<Record<string, string>>> = {
  SQLite: async () => ({}),
  PostgreSQL: async () => ({
    DATABASE_URL: await newDatabase(),
    TOLLGATE_DATA_KEYS: DataKeys.generate().reveal(),
  }),
}

/** A gateway, a Vonage apart with its time, and commands beside it. */
export async function startBeside(
  engine: (typeof engines)[number],
  { env = {}, clock = new SimulatedClock() }: { env?: Record<string, string>; clock?: SimulatedClock } = {},
) {
  const folder = someFolder()
  const vonage = await startVonageApart(clock)
  const proxy = await startHoldingProxy(vonage.url)
  const own: Record<string, string> = { TOLLGATE_DATA_DIR: folder.path, ...(await settingsOf[engine]()), ...env }
  const start = (more: Record<string, string> = {}) =>
    startGateway({
      env: { ...vonage.env, VONAGE_API_HOST: proxy.url, ...own, ...more },
      dataDir: folder.path,
      overrides: { clock, newId: () => randomBytes(16).toString('hex') },
    })
  let gateway = await start()
  return {
    folder: folder.path,
    env: own,
    vonage,
    clock,
    hold: proxy.hold,
    gateway: () => gateway,
    stop: () => gateway[Symbol.asyncDispose](),
    async restart(more: Record<string, string> = {}) {
      await gateway[Symbol.asyncDispose]()
      gateway = await start(more)
    },
    /** Runs a command on the ledger. */
    command: (words: string[], more: Record<string, string> = {}) => tollgate(words, { ...own, ...more }),
    text: () => ledgerText(own),
    /** Changes the ledger behind everybody's back. */
    async sql(statement: string) {
      if (own.DATABASE_URL !== undefined) return void (await query(own.DATABASE_URL, statement))
      using database = new DatabaseSync(join(folder.path, 'ledger.db'))
      database.exec(statement)
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await vonage[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}
