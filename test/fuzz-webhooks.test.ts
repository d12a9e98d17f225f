import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { openLedgerBeside } from '../src/ledger.ts'
import { createLog } from '../src/log.ts'
import { messageOf } from '../src/webhooks/message.ts'
import { long, numRuns } from './support/fuzzing.ts'
import { startGateway, type TestGateway } from './support/gateway.ts'
import { verifying } from './support/verifying.ts'
import { deliver, someSecret } from './support/webhooks.ts'

/** Takes one request to its end, says any bytes at all, and ends the connection. */
async function startRawReceiver() {
  let reply: Buffer = Buffer.alloc(0)
  const server = createServer((socket) => {
    let heard = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      const [head = '', body] = heard.split('\r\n\r\n')
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
      if (body !== undefined && body.length >= length) socket.end(reply)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    say(bytes: Buffer) {
      reply = bytes
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

const line = fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '~'))
const header = fc.oneof(
  fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,20}$/), line).map(([name, value]) => `${name}: ${value}`),
  fc.constantFrom(
    'Content-Length: 99999999999',
    'Content-Length: -1',
    'Content-Encoding: gzip',
    'Transfer-Encoding: chunked',
    'Location: http://169.254.169.254/',
    'Connection: upgrade',
    `X-Long: ${'x'.repeat(20_000)}`,
  ),
)
const status = fc.oneof(
  fc.integer({ min: 100, max: 599 }),
  fc.constantFrom(0, 99, 101, 204, 304, 408, 410, 429, 600, 999),
)
const proper = fc
  .tuple(status, line, fc.array(header, { maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 200 }))
  .map(([code, reason, headers, body]) => [`HTTP/1.1 ${code} ${reason}`, ...headers, '', body].join('\r\n'))
/** What a receiver may answer: an answer, one that breaks off, two at once, or no HTTP at all. */
const reply = fc
  .oneof(
    { weight: 4, arbitrary: proper },
    { weight: 1, arbitrary: fc.tuple(proper, fc.nat(60)).map(([text, end]) => text.slice(0, end)) },
    { weight: 1, arbitrary: fc.tuple(proper, proper).map((two) => two.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
  )
  .map((text) => Buffer.from(text, 'latin1'))

/** Answers that are not yet the last one may come before it. */
const isSuccess = /^(HTTP\/1\.[01] 1\d\d[ \r][\s\S]*?\r\n\r\n)*HTTP\/1\.[01] 2\d\d[ \r]/

/** What the ledger says of the deliveries so far. */
async function deliveriesOf({ config }: TestGateway) {
  const { store } = await openLedgerBeside(config, createLog('silent'))
  try {
    return await store.deliveries({ state: undefined, limit: 2 * numRuns })
  } finally {
    await store.close()
  }
}

test('whatever receivers answer, each webhook is taken, waits for its next time, or is given up', long, async () => {
  await using receiver = await startRawReceiver()
  const env = {
    TOLLGATE_WEBHOOK_URLS: receiver.url,
    TOLLGATE_WEBHOOK_SECRET: someSecret,
    TOLLGATE_WEBHOOK_PRIVATE_TARGETS: 'allow',
  }
  await using gateway = await startGateway({ env, overrides: { random: () => 0.5 } })
  let number = 447700000000
  /** By what the webhook was about. */
  const said = new Map<unknown, string>()
  await fc.assert(
    fc.asyncProperty(reply, async (bytes) => {
      receiver.say(bytes)
      number += 1
      said.set(await verifying(gateway, String(number)).start(), bytes.toString('latin1'))
      await deliver(gateway.clock)
      gateway.log.length = 0
    }),
    // A case that is made smaller would be told of once more.
    { numRuns: Math.ceil(numRuns / 4), endOnFailure: true },
  )
  const deliveries = await deliveriesOf(gateway)
  assert.deepEqual(new Set(deliveries.map(({ state }) => state)), new Set(['delivered', 'pending', 'dead']))
  assert.equal(deliveries.length, said.size)
  for (const { state, attempts, lastError } of deliveries) {
    assert.equal(attempts, 1)
    assert.match(lastError ?? 'none', /^[\w ]{1,40}$/)
    assert.equal(lastError === undefined, state === 'delivered')
  }
  // An answer that breaks off may count for nothing, but nothing counts as taken that is no such answer.
  const taken = deliveries.filter(({ state }) => state === 'delivered')
  const answers = taken.map((delivery) => said.get(messageOf(delivery).data.request_id) ?? '')
  assert.deepEqual(
    answers.filter((answer) => !isSuccess.test(answer)),
    [],
  )

  receiver.say(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'))
  await verifying(gateway, String(number + 1)).start()
  await deliver(gateway.clock)
  const after = await deliveriesOf(gateway)
  assert.equal(after.filter(({ state }) => state === 'delivered').length, taken.length + 1)
})
