import { createKey, type WantedKey } from '../../src/access/keys.ts'
import { openLedgerBeside } from '../../src/ledger.ts'
import { createLog } from '../../src/log.ts'
import type { TestGateway } from './gateway.ts'

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

const nothing = `/v1/verifications/${'0'.repeat(32)}`

/** Makes a key beside a gateway, and comes back when the gateway knows of it. */
export async function makeKey(
  gateway: TestGateway,
  { name = 'checkout', scopes = ['verify'], bounds = {}, livesMs }: Partial<WantedKey> = {},
): Promise<string> {
  const { config, clock } = gateway
  const { store } = await openLedgerBeside(config, createLog('silent'))
  const secret = await createKey({ store, clock, mode: config.mode, actor: 'test' }, { name, scopes, bounds, livesMs })
  await store.close()
  const key = secret.reveal()
  await untilAnswered(gateway, key, (status) => status !== 401)
  await untilAnswered(gateway, undefined, (status) => status === 401)
  return key
}

/** A gateway notices what becomes of keys beside it in a moment; waits for that, for half a minute at most. */
export async function untilAnswered(
  gateway: TestGateway,
  key: string | undefined,
  isExpected: (status: number) => boolean,
): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  for (;;) {
    const { status } = await gateway.rest('GET', nothing, undefined, key === undefined ? {} : bearer(key))
    if (isExpected(status)) return
    if (performance.now() > giveUpAt) throw new Error(`the gateway goes on answering ${status}`)
  }
}
