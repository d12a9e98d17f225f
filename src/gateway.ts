import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type Clock, SimulatedClock, systemClock } from './clock.ts'
import { Closing } from './closing.ts'
import type { Config } from './config.ts'
import { readDataKeys } from './data-keys.ts'
import { createIdempotency } from './idempotency.ts'
import { createLog, type Log } from './log.ts'
import { createNumbers } from './numbers/numbers.ts'
import { createOrderSweep } from './numbers/settle-orders.ts'
import type { Services } from './operation.ts'
import { operations } from './operations.ts'
import type { DataKeys } from './privacy.ts'
import { createSimulator, type Simulator } from './simulator/simulator.ts'
import { openSqlite } from './store/sqlite.ts'
import type { Store } from './store/store.ts'
import { createMcp } from './surfaces/mcp.ts'
import { OwnHosts } from './surfaces/own-hosts.ts'
import { createRest } from './surfaces/rest.ts'
import { addSite } from './surfaces/site.ts'
import type { Sweep } from './sweep.ts'
import { recover } from './verifications/recover.ts'
import { RunTurns } from './verifications/run-turns.ts'
import { Sweeper } from './verifications/sweeper.ts'
import { createVerifications } from './verifications/verifications.ts'
import { connect, type Vonage } from './vonage/connect.ts'
import type { CodeHash } from './vonage/vonage.ts'

/** What a test sets instead of what happens by itself. */
export interface Overrides {
  /** Shared with the simulator inside the gateway, where there is one. */
  clock?: SimulatedClock
  /** 32 hex digits. */
  newId?: () => string
  log?: Log
  /** What the simulator's codes, ids and numbers come from. */
  simulatorSeed?: string
  onUpstreamCall?: Parameters<typeof createSimulator>[0]['onCall']
  /** How long close() may take, in milliseconds. */
  patienceMs?: number
}

export interface Addresses {
  rest: string
  mcp: string
  /** Absent when Vonage is elsewhere. */
  simulator?: string | undefined
}

export interface Gateway extends AsyncDisposable {
  /** Opens the ledger and the ports. Throws a StoreRefusal or ConfigError that says what to do. */
  start(): Promise<Addresses>
  /** Stops accepting, finishes what runs (10 s at most) and closes the ledger. A second call changes nothing. */
  close(): Promise<void>
}

export function createGateway(config: Config, overrides: Overrides = {}): Gateway {
  const log = overrides.log ?? createLog(config.logLevel)
  const patienceMs = overrides.patienceMs ?? 10_000
  const closing = new Closing()
  let breakOff: () => void = () => {}

  async function start(): Promise<Addresses> {
    const keys = readDataKeys(config)
    const store = openSqlite({ path: config.ledgerPath, mode: config.mode, keyCheck: keys.hash('tollgate') })
    closing.add(() => store.close())
    const simulated = overrides.clock ?? (config.simulator && ownClock())
    const clock = simulated ?? systemClock
    const simulator = simulated && startSimulator(config, simulated, overrides)
    const simulatorUrl = await simulator?.listen({ host: config.host, port: config.simulator?.port ?? 0 })
    if (simulator) closing.add(() => simulator.close())
    const apis = connect({ ...config.vonage, ...(simulatorUrl && { apiHost: simulatorUrl, restHost: simulatorUrl }) })
    closing.add(apis.close)
    breakOff = apis.close
    const turns = new RunTurns()
    const codeHash: CodeHash = (runId, code) => keys.hash(`code ${runId} ${code}`)
    const newId = overrides.newId ?? (() => randomBytes(16).toString('hex'))
    const sweeper = new Sweeper({ store, verify: apis.verify, clock, turns, codeHash, newId, log })
    closing.add(() => sweeper.stop())
    const orderSweep = createOrderSweep({ api: apis.numbers, store, clock, log })
    closing.add(() => orderSweep.stop())
    const own = { config, store, clock, turns, sweeper, orderSweep, keys, codeHash, newId, log }
    const services = createServices({ ...own, ...apis })
    await recover(store, { now: clock.now(), simulatorIsNew: simulator !== undefined })
    const addresses = await listen(services, store, simulatorUrl)
    await Promise.all([sweeper.rearm(), orderSweep.rearm()])
    return addresses
  }

  async function listen(services: Services, store: Store, simulatorUrl: string | undefined): Promise<Addresses> {
    const hosts = new OwnHosts(config)
    const tools = operations.filter(({ name }) => config.mcpTools.includes(name))
    const inboxUrl = simulatorUrl && `${simulatorUrl}/inbox`
    let rest = ''
    const site = {
      operations,
      baseUrl: () => config.publicUrl?.href.replace(/\/$/, '') ?? rest,
      sandbox: config.mode === 'sandbox',
      isReady: () => store.isReady(),
    }
    const restApp = createRest({ operations, services, log, hosts, addSite: (app) => addSite(app, site) })
    const mcpApp = createMcp({ operations: tools, services, log, hosts, inboxUrl })
    closing.add(() => Promise.all([restApp, mcpApp].map((app) => stopServing(app, patienceMs))))
    rest = await restApp.listen({ host: config.host, port: config.restPort })
    const mcp = await mcpApp.listen({ host: config.host, port: config.mcpPort })
    return { rest, mcp: `${mcp}/mcp`, simulator: simulatorUrl }
  }

  /** A clock that is the gateway's own stops with it. */
  function ownClock(): SimulatedClock {
    const clock = new SimulatedClock({ onTaskError: (err) => log.error({ err }, 'timer') })
    closing.add(() => clock.stop())
    return clock
  }

  async function close(): Promise<void> {
    // Who still waits for Vonage gets an answer in what is left of the time.
    const timer = setTimeout(breakOff, patienceMs * 0.9)
    await closing.close(patienceMs).finally(() => clearTimeout(timer))
  }

  return { start, close, [Symbol.asyncDispose]: close }
}

function startSimulator(
  { vonage, simulator }: Config,
  clock: SimulatedClock,
  { simulatorSeed, onUpstreamCall }: Overrides,
): Simulator | undefined {
  if (!simulator) return undefined
  const { port: _, ...world } = simulator
  return createSimulator({
    clock,
    apiKey: vonage.apiKey,
    apiSecret: vonage.apiSecret.reveal(),
    ...world,
    ...(simulatorSeed !== undefined && { seed: simulatorSeed }),
    ...(onUpstreamCall && { onCall: onUpstreamCall }),
  })
}

interface Wiring extends Omit<Vonage, 'close'> {
  config: Config
  store: Store
  clock: Clock
  turns: RunTurns
  sweeper: Sweeper
  orderSweep: Sweep
  keys: DataKeys
  codeHash: CodeHash
  newId: () => string
  log: Log
}

function createServices({
  config,
  store,
  clock,
  turns,
  sweeper,
  orderSweep,
  keys,
  codeHash,
  newId,
  log,
  verify,
  numbers,
}: Wiring): Services {
  const isSandbox = config.mode === 'sandbox'
  return {
    verifications: createVerifications({
      store,
      verify,
      clock,
      turns,
      sweeper,
      keys,
      codeHash,
      policy: { countries: config.countries, maxPinExpirySeconds: config.maxPinExpirySeconds },
      caps: { perNumber: config.sendsPerNumber, perDay: config.dailySends },
      defaults: config.defaults,
      fictionalNumbers: isSandbox,
      newId,
      log,
    }),
    numbers: createNumbers({
      api: numbers,
      store,
      clock,
      sweep: orderSweep,
      newId,
      log,
      ordersAllowed: isSandbox,
    }),
    idempotency: createIdempotency({ store, keys, clock, newId }),
  }
}

/** Lets running requests end, but not for ever. */
async function stopServing(app: FastifyInstance, patienceMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), patienceMs)
  // A connection that is busy now is kept alive by its client after its answer, and close() would wait for it.
  const idle = setInterval(() => app.server.closeIdleConnections(), 50)
  await app.close()
  clearInterval(idle)
  clearTimeout(timer)
}
