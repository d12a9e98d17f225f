import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { Breaker } from './breaker.ts'
import { Outage, type UpstreamFailure } from './errors.ts'
import { tooBusy } from './pace.ts'

const failing = (error: UpstreamFailure) => async () => {
  throw error
}
const fault = failing(new Outage('upstream_error', 'Vonage failed.', 'unknown'))

test('a try that does not get its turn tells nothing of Vonage: the next one tries', async () => {
  const clock = new SimulatedClock({ standsAt: 0 })
  const breaker = new Breaker(clock, createLog('silent'))
  for (let send = 0; send < 10; send += 1) await assert.rejects(breaker.send(fault), { code: 'upstream_error' })
  await clock.advance(15)
  await assert.rejects(breaker.send(failing(tooBusy())), { code: 'upstream_throttled' })
  await assert.rejects(breaker.send(fault), { code: 'upstream_error' })
  await assert.rejects(
    breaker.send(async () => 'sent'),
    { code: 'upstream_unavailable' },
  )
})
