import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as z from 'zod'
import { account, startSimulator } from '../src/simulator/simulator-under-test.ts'
import { member } from './support/vonage-model/answer.ts'
import { openLine } from './support/vonage-model/line.ts'
import { knownCountries, lastListing, numbersSteps } from './support/vonage-model/numbers-commands.ts'
import { NumbersModel, type Offer } from './support/vonage-model/numbers-model.ts'
import type { Model, Real, Tally } from './support/vonage-model/step.ts'
import { lastLook, verifySteps } from './support/vonage-model/verify-commands.ts'
import { VerifyModel } from './support/vonage-model/verify-model.ts'

/** The large count tries other sequences each time. */
const runs = process.env.TOLLGATE_TEST_FULL === '1' ? { numRuns: 20_000 } : { numRuns: 2000, seed: 1 }

/** What the model knows and the commands have to meet, lest they quietly lose one. */
const outcomes = [
  ...['request 0', 'request 10', 'request 20', 'request 2 number', 'request 2 brand', 'request 3 number'],
  ...['request 3 brand', 'request 3 sender_id', 'request 3 country', 'request 3 code_length', 'request 3 lg'],
  ...['request 3 pin_expiry', 'request 3 next_event_wait', 'request 3 workflow_id'],
  ...['check 0', 'check 6', 'check 16', 'check 16 expired', 'check 17'],
  ...['check 2 request_id', 'check 2 code', 'check 3 request_id', 'check 3 code'],
  ...['cancel 0', 'cancel 6', 'cancel 19 early', 'cancel 19 late'],
  ...['trigger_next_event 0', 'trigger_next_event 6', 'trigger_next_event 19'],
  ...['control 2 request_id', 'control 2 cmd', 'control 3', 'control 3 request_id'],
  ...['search IN PROGRESS', 'search SUCCESS', 'search FAILED', 'search EXPIRED', 'search CANCELLED'],
  ...['search several', 'search 3', 'search 6', 'search 18', 'search 101'],
  ...['stranger 2 key', 'stranger 2 secret', 'stranger 4'],
  ...['available', 'available nothing', 'available past the end', 'available 400'],
  ...['owned', 'owned nothing', 'owned past the end'],
  ...['number/buy 200', 'number/buy 400', 'number/buy 420', 'number/buy 420 address', 'number/buy 420 query'],
  ...['number/cancel 200', 'number/cancel 400', 'number/cancel 420', 'number/cancel 420 query'],
  ...['number/update 200', 'number/update 400', 'number/update 420', 'number/update 420 query'],
  ...['number/update 420 voice', 'number/update 420 application'],
]

const offers = z.array(
  z.looseObject({ country: z.string(), msisdn: z.string(), type: z.string(), features: z.array(z.string()) }),
)

test('whatever is asked in whatever order, the simulated Vonage answers as the contract says', async () => {
  await using vonage = await startSimulator()
  using line = openLine(vonage.base)
  const tally: Tally = { outcomes: new Set(), renewedPins: 0, unchangedPins: 0 }
  const real: Real = {
    call: line.call,
    moveTo: (atMs) => vonage.clock.moveTo(atMs),
    messages: () => vonage.simulator.messages(),
    tally,
  }
  const stock = await readStock(real)
  const begin = (): Model => {
    vonage.simulator.reset()
    const verify = new VerifyModel(account.apiKey, vonage.clock.now())
    return { verify, numbers: new NumbersModel(account.apiKey, stock) }
  }
  await fc.assert(
    fc.asyncProperty(
      fc.commands([...verifySteps, ...numbersSteps], { maxCommands: 50, size: 'max' }),
      async (steps) => {
        const model = begin()
        await fc.asyncModelRun(() => ({ model, real }), steps)
        await lastLook.run(model, real)
        await lastListing.run(model, real)
      },
    ),
    runs,
  )
  assert.deepEqual([...tally.outcomes].sort(), outcomes.toSorted(), 'every outcome was met')
  assert.ok(tally.renewedPins > 500 && tally.unchangedPins * 100 < tally.renewedPins, 'a new PIN is another PIN')
})

/** What there is to let in the countries that the model knows, page by page. */
async function readStock({ call }: Real): Promise<Offer[]> {
  const stock: Offer[] = []
  for (const country of knownCountries) {
    for (const index of ['1', '2']) {
      const { body } = await call({
        path: '/number/search',
        parameters: { country, size: '100', index },
        sending: 'query',
      })
      const numbers = member(body, 'numbers') ?? []
      stock.push(...offers.parse(numbers))
    }
  }
  return stock
}
