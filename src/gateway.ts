import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { createDoor, type Door } from './access/door.ts'
import { createOAuth } from './access/oauth.ts'
import { type Clock, SimulatedClock, systemClock } from './clock.ts'
import { Closing } from './closing.ts'
import type { Config } from './config.ts'
import { ConfigError } from './config-error.ts'
import { readDataKeys } from './data-keys.ts'
import { Eraser } from './eraser.ts'
import { ConversionWatch } from './guard/conversion-watch.ts'
import { sendsKeptMs } from './guard/send-caps.ts'
import { openLedger } from './ledger.ts'
import { createLog, type Log } from './log.ts'
import { isLoopbackHost } from './loopback.ts'
import { newId } from './new-id.ts'
import { createOrderSweep } from './numbers/settle-orders.ts'
import type { Services } from './operation.ts'
import { operations } from './operations.ts'
import { createPaceBook } from './pace-book.ts'
import { PolicyInForce } from './policy-in-force.ts'
import type { DataKeys } from './privacy.ts'
import { createServices } from './services.ts'
import { createSimulator, type Simulator } from './simulator/simulator.ts'
import type { Store } from './store/store.ts'
import { createMcp } from './surfaces/mcp.ts'
import { OwnHosts } from './surfaces/own-hosts.ts'
import { RequestRates } from './surfaces/rate-limits.ts'
import { createRest } from './surfaces/rest.ts'
import { addSite } from './surfaces/site.ts'
import { SigningKeys } from './tokens/signing-keys.ts'
import { recover } from './verifications/recover.ts'
import { RunTurns } from './verifications/run-turns.ts'
import { Sweeper } from './verifications/sweeper.ts'
import { connect } from './vonage/connect.ts'
import type { CodeHash } from './vonage/vonage.ts'
import { startErasing } from './webhooks/erasure.ts'
import { createHook } from './webhooks/hook.ts'
import { createWebhooks, type Webhooks } from './webhooks/webhooks.ts'

/** What a test sets instead of what happens by itself. */
export interface Overrides {
  /** Shared with the simulator inside the gateway, where there is one. */
  clock?: SimulatedClock
  /** 32 hex digits. */
  newId?: () => string
  /** From 0 to 1: how repeated webhooks are spread. */
  random?: () => number
  log?: Log
  /** What the simulator's codes, ids and numbers come from. */
  simulatorSeed?: string
  onUpstreamCall?: Parameters<typeof createSimulator>[0]['onCall']
  /** How long a request may take to arrive, in milliseconds. */
  requestWithinMs?: number
  /** How many connections each port has open at once. */
  mostConnections?: number
  /** How long close() may take, in milliseconds. */
  patienceMs?: number
}

export interface Addresses {
  rest: string
  mcp: string
  /** Absent when Vonage is elsewhere. */
  simulator?: string | undefined
}

export interface Started extends Addresses {
  /** Whether callers need a key. */
  isClosed: boolean
  /** Until when no message is sent, after the ledger was restored. */
  sendsHeldUntil?: number | undefined
}

export interface Gateway extends AsyncDisposable {
  /** Opens the ledger and the ports. Throws a StoreRefusal or ConfigError that says what to do. */
  start(): Promise<Started>
  /** Stops accepting, finishes what runs (10 s at most) and closes the ledger. A second call changes nothing. */
  close(): Promise<void>
  /** Reads the policy again; a wrong one is told of in the log and changes nothing. */
  reloadPolicy(): Promise<void>
}

export function createGateway(config: Config, overrides: Overrides = {}): Gateway {
  const log = overrides.log ?? createLog(config.logLevel)
  const patienceMs = overrides.patienceMs ?? 10_000
  const closing = new Closing()
  let breakOff: () => unknown = () => {}
  let reloadPolicy = async () => {}
  let rest = ''
  const baseUrl = () => config.publicUrl?.href.replace(/\/$/, '') ?? rest

  async function start(): Promise<Started> {
    const keys = readDataKeys(config)
    const { store: ledger, clock: databaseClock } = await openLedger(config, keys, log)
    closing.add(() => ledger.close())
    const simulated = overrides.clock ?? (config.simulator && ownClock())
    const clock = simulated ?? databaseClock ?? systemClock
    const webhooks = startWebhooks(ledger, { clock, keys })
    const store = webhooks?.store ?? ledger
    const signingKeys = new SigningKeys({ store, keys, clock, periodMs: config.tokens.keyPeriodMs })
    // Now, and not when the first right code is given: the data keys may open none that is in the ledger.
    await signingKeys.signer()
    const oauth = config.oauth && createOAuth(config.oauth, databaseClock ?? systemClock)
    const door = createDoor({ store, clock, mode: config.mode, log, oauth })
    await demandClosed(door, config.host)
    const simulator = simulated && startSimulator(config, simulated, overrides)
    const simulatorUrl = await simulator?.listen({ host: simulatorHost(config), port: config.simulator?.port ?? 0 })
    if (simulator) closing.add(() => simulator.close())
    const apis = connect({
      ...config.vonage,
      ...(simulatorUrl && { apiHost: simulatorUrl, restHost: simulatorUrl }),
      paceBook: databaseClock && createPaceBook(store, databaseClock),
      clock,
      log,
    })
    closing.add(apis.close)
    breakOff = () => Promise.all([apis.close(), webhooks?.breakOff()])
    const turns = new RunTurns()
    const codeHash: CodeHash = (runId, code) => keys.hash(`code ${runId} ${code}`)
    const eraser = new Eraser({ store, clock, log, ...keptMs(config) })
    closing.add(() => eraser.stop())
    const makeId = overrides.newId ?? (() => newId(clock.now()))
    const sweeper = new Sweeper({ store, verify: apis.verify, clock, codeHash, newId: makeId, log })
    closing.add(() => sweeper.stop())
    const watch = new ConversionWatch({ store, clock, log, newId: makeId })
    closing.add(() => watch.stop())
    const orderSweep = createOrderSweep({ api: apis.numbers, store, keys, clock, log })
    closing.add(() => orderSweep.stop())
    const policy = await PolicyInForce.open({ path: config.policyFile, store, clock, log })
    reloadPolicy = () => policy.reload()
    const hook = config.hook && createHook({ ...config.hook, newId: makeId, log })
    if (hook) closing.add(hook.close)
    const parts = {
      config,
      policy,
      hook: hook?.ask,
      watch,
      store,
      clock,
      turns,
      sweeper,
      orderSweep,
      keys,
      codeHash,
      signingKeys,
      newId: makeId,
      log,
    }
    const services = createServices({ ...parts, ...apis, address: baseUrl })
    if (!store.isShared) await recover(store, { now: clock.now(), simulatorIsNew: simulator !== undefined })
    const addresses = await listen(services, { store, clock, door, signingKeys, simulatorUrl })
    await Promise.all([sweeper.rearm(), orderSweep.rearm()])
    webhooks?.start()
    eraser.start()
    watch.wake()
    return { ...addresses, isClosed: await door.isClosed(), sendsHeldUntil: await heldUntil(store, clock) }
  }

  async function heldUntil(store: Store, clock: Clock): Promise<number | undefined> {
    const until = await store.sendsHeldUntil()
    if (until === undefined || until <= clock.now()) return undefined
    log.warn({ until: new Date(until).toISOString() }, 'the ledger was restored: no message is sent until then')
    return until
  }

  /** Old webhooks are erased also where nobody is told any more. */
  function startWebhooks(store: Store, { clock, keys }: { clock: Clock; keys: DataKeys }): Webhooks | undefined {
    closing.add(startErasing({ store, clock, log }))
    if (!config.webhooks) return undefined
    const random = overrides.random ?? (() => randomInt(2 ** 32) / 2 ** 32)
    const webhooks = createWebhooks({ ...config.webhooks, store, keys, clock, random, log })
    closing.add(() => webhooks.stop())
    return webhooks
  }

  async function listen(
    services: Services,
    { store, clock, door, signingKeys, simulatorUrl }: Served,
  ): Promise<Addresses> {
    const hosts = new OwnHosts(config)
    const tools = operations.filter(({ name }) => config.mcpTools.includes(name))
    const inboxUrl = simulatorUrl && `${simulatorUrl}/inbox`
    const site = {
      operations,
      baseUrl,
      sandbox: config.mode === 'sandbox',
      isReady: () => store.isReady(),
      signingKeys: () => signingKeys.published(),
      approvals: services.approvals,
      codes: { look: services.verifications.atLink, give: services.verifications.checkAtLink },
      door,
      log,
    }
    const rates = new RequestRates(clock, config.rates)
    const { trustedProxies } = config
    const { requestWithinMs, mostConnections } = overrides
    const served = { services, door, log, hosts, rates, trustedProxies, requestWithinMs, mostConnections }
    const restApp = createRest({ ...served, operations, addSite: (app) => addSite(app, site) })
    const mcpApp = createMcp({ ...served, operations: tools, inboxUrl })
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

  return { start, close, reloadPolicy: () => reloadPolicy(), [Symbol.asyncDispose]: close }
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

function keptMs({ eraseAfterDays, sendsPerNumber }: Config) {
  return { numbersKeptMs: eraseAfterDays * 86_400_000, sendsKeptMs: sendsKeptMs(sendsPerNumber) }
}

/** Whoever reaches a port may use it as long as there is no key. Throws a ConfigError that says what to do. */
async function demandClosed(door: Door, host: string): Promise<void> {
  if (isLoopbackHost(host) || (await door.isClosed())) return
  throw new ConfigError(
    `TOLLGATE_HOST is ${host}, which others may reach, and there is no key yet: create one first with tollgate keys create, or listen on 127.0.0.1`,
  )
}

/** Its inbox shows codes to anybody who asks, so it never leaves the machine. */
function simulatorHost({ host }: Config): string {
  return isLoopbackHost(host) ? host : '127.0.0.1'
}

interface Served {
  store: Store
  clock: Clock
  door: Door
  signingKeys: SigningKeys
  simulatorUrl: string | undefined
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
