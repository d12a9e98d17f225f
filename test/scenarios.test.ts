import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { scenarios } from '../src/simulator/scenarios.ts'
import { startGateway } from './support/gateway.ts'
import { gist, verifying } from './support/verifying.ts'
import { startVonageApart } from './support/vonage-apart.ts'

const chapter = readFileSync(new URL('../docs/simulator.md', import.meta.url), 'utf8')
const rows = [...chapter.matchAll(/^\| `(\d+)` \| .* \| (.*) \| (.*) \|$/gm)].map(
  ([, number = '', vonage, gateway]) => {
    return { number, vonage, gateway }
  },
)

test('the numbers in the documentation are those of the simulator', () => {
  assert.deepEqual(
    rows.map(({ number }) => number),
    [...scenarios.keys()],
  )
})

for (const { number, vonage, gateway: expected } of rows) {
  test(`through the gateway +${number} is ${expected}`, async () => {
    await using gateway = await startGateway({ env: { TOLLGATE_UPSTREAM_TIMEOUT_MS: '1000' } })
    const { request } = verifying(gateway, number)
    const asked = request()
    // The answer that is late waits for the simulated time.
    while (gateway.calls.length === 0) await new Promise(setImmediate)
    await gateway.clock.advance(3)
    assert.equal(gist(await asked), expected)
    const [call] = gateway.calls
    const status = call?.httpStatus === 200 ? `status ${Object(call.answer).status}` : `HTTP ${call?.httpStatus}`
    assert.equal(call?.httpStatus === 0 ? 'no answer' : status, vonage)
  })
}

test('a live gateway refuses numbers that nobody has, and asks Vonage nothing', async () => {
  await using vonage = await startVonageApart()
  await using gateway = await startGateway({
    env: {
      ...vonage.env,
      VONAGE_REST_HOST: vonage.url,
      TOLLGATE_MODE: 'live',
      TOLLGATE_COUNTRIES: 'GB',
      TOLLGATE_DAILY_SENDS: '100',
    },
  })
  for (const number of scenarios.keys()) {
    assert.match(gist(await verifying(gateway, number).request()), /^(403|422) /, number)
  }
  assert.deepEqual(vonage.calls, [])
})
