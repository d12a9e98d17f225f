import type { InboxMessage, RecordedCall } from '../../src/simulator/simulator.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { startNodes } from './nodes.ts'
import { startVonageApart } from './vonage-apart.ts'

/** Gateways that serve one ledger, with the Vonage that they use and one time for all of them. */
export interface World extends AsyncDisposable {
  nodes: readonly [TestGateway, ...TestGateway[]]
  vonage: { url: string; calls: readonly RecordedCall[] }
  /** What arrived at a number, oldest first. */
  messages(number: string): Promise<InboxMessage[]>
  /** Moves the time of everybody ahead. */
  pass(seconds: number): Promise<void>
}

const unpaced = { TOLLGATE_UPSTREAM_RPS: '100000', TOLLGATE_NUMBERS_RPS: '100000' }

type Env = Record<string, string>

/** Two gateways on PostgreSQL. Their time is the database's, and runs. */
export async function startTwoNodes(env: Env = {}): Promise<World> {
  const vonage = await startVonageApart()
  const cluster = await startNodes(vonage, { env: { ...unpaced, ...env } })
  const nodes = [cluster.one, cluster.other] as const
  return {
    nodes,
    vonage,
    messages: nodes[0].messages,
    async pass(seconds) {
      await Promise.all([vonage.pass(seconds), cluster.ledger.pass(seconds * 1000)])
      await Promise.all(nodes.map(hearTime))
    },
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]()
      await vonage[Symbol.asyncDispose]()
    },
  }
}

/** A node reads the database's time with each transaction, and a call with a key has one whatever comes of it. */
function hearTime(node: TestGateway): Promise<unknown> {
  const nobody = '0'.repeat(32)
  return node.rest('POST', `/v1/verifications/${nobody}/cancel`, undefined, { 'idempotency-key': 'time' })
}

/** One gateway on SQLite with its Vonage inside. Their time stands. */
export async function startOneNode(env: Env = {}): Promise<World> {
  const gateway = await startGateway({ env: { ...unpaced, ...env } })
  return {
    nodes: [gateway],
    vonage: { url: gateway.addresses.simulator, calls: gateway.calls },
    messages: gateway.messages,
    pass: (seconds) => gateway.clock.advance(seconds),
    [Symbol.asyncDispose]: gateway[Symbol.asyncDispose],
  }
}
