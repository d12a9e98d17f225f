import { randomBytes } from 'node:crypto'
import { SimulatedClock } from '../../src/clock.ts'
import { Addresses } from './addresses.ts'
import { noon, startGateway, type TestGateway } from './gateway.ts'
import { type Engine, type Ground, startGround, startSharedGround } from './ground.ts'
import type { PostgresServer } from './postgres-server.ts'
import { spawnGateway } from './spawned-gateway.ts'

/** Where callers find gateways: one on SQLite, two on PostgreSQL. */
export interface Arena extends Pick<Ground, 'vonage' | 'read' | 'pass'> {
  /** The gateways that serve. */
  addresses: Addresses
  /** What is in progress until time has passed: a gateway that was killed leaves also requests so, and keys. */
  inProgress: readonly string[]
}

const gatewaysOn: Record<Engine, number> = { SQLite: 1, PostgreSQL: 2 }

/** Gateways in processes of their own, which can be killed. */
export async function startKillable(engine: Engine, on?: PostgresServer) {
  const ground = engine === 'SQLite' ? await startGround() : await startSharedGround(on)
  const { vonage, env, read, pass, clock } = ground
  const addresses = new Addresses()
  const alive: Awaited<ReturnType<typeof spawnGateway>>[] = []
  let last: TestGateway | undefined

  async function start(): Promise<void> {
    const gateway = await spawnGateway(env)
    alive.push(gateway)
    addresses.add(gateway.rest)
  }

  async function kill(place: number): Promise<void> {
    for (const gateway of alive.splice(place, 1)) {
      addresses.remove(gateway.rest)
      await gateway.kill()
    }
  }

  await Promise.all(Array.from({ length: gatewaysOn[engine] }, start))
  return {
    vonage,
    addresses,
    inProgress: ['check_in_progress', 'request_in_progress'],
    alive,
    kill,
    start,
    read,
    pass,
    /** From now on nobody dies, and time can pass: on SQLite that takes a gateway whose clock can be moved. */
    async calmDown() {
      if (engine === 'PostgreSQL') return
      await kill(0)
      last = await startGateway({ env, dataDir: env.TOLLGATE_DATA_DIR, overrides: { clock } })
      addresses.add(last.addresses.rest)
    },
    async [Symbol.asyncDispose]() {
      addresses[Symbol.dispose]()
      while (alive.length > 0) await kill(0)
      await last?.[Symbol.asyncDispose]()
      await ground[Symbol.asyncDispose]()
    },
  }
}

/** Gateways in this process. */
export async function startInProcess(engine: Engine, more: Record<string, string> = {}) {
  const ground =
    engine === 'SQLite' ? await startGround(new SimulatedClock({ standsAt: noon })) : await startSharedGround()
  const { vonage, read, pass, clock } = ground
  const env = { ...ground.env, ...more }
  const newId = () => randomBytes(16).toString('hex')
  const overrides = engine === 'SQLite' ? { clock, newId } : { newId }
  const addresses = new Addresses()
  const gateways: TestGateway[] = []
  for (let count = gatewaysOn[engine]; count > 0; count -= 1) {
    const gateway = await startGateway({ env, overrides, dataDir: env.TOLLGATE_DATA_DIR })
    gateways.push(gateway)
    addresses.add(gateway.addresses.rest)
  }
  return {
    vonage,
    addresses,
    inProgress: ['check_in_progress'],
    read,
    pass,
    async [Symbol.asyncDispose]() {
      addresses[Symbol.dispose]()
      await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()))
      await ground[Symbol.asyncDispose]()
    },
  }
}
