import assert from 'node:assert/strict'
import type fc from 'fast-check'
import { type Answer, assertAnswer, type Expected } from './answer.ts'
import type { Call } from './line.ts'
import type { NumbersModel } from './numbers-model.ts'
import type { VerifyModel } from './verify-model.ts'
import { modelNumber } from './verify-record.ts'

/** What the simulator should be like. */
export interface Model {
  verify: VerifyModel
  numbers: NumbersModel
}

interface Message {
  id: number
  to: string
  from: string
  channel: string
  text: string
  code: string
  request_id: string
  sent_at: string
  expires_at: string
  ended?: string
}

const endings = { SUCCESS: 'verified', FAILED: 'failed', EXPIRED: 'expired', CANCELLED: 'cancelled' }

/** What is known of the simulator itself. */
export interface Real {
  call(call: Call): Promise<Answer>
  moveTo(atMs: number): Promise<void>
  /** Oldest first. */
  messages(): Message[]
  tally: Tally
}

/** What all runs together have met. */
export interface Tally {
  outcomes: Set<string>
  renewedPins: number
  /** PINs that were renewed and stayed the same, which chance allows seldom. */
  unchangedPins: number
}

export type Step = fc.AsyncCommand<Model, Real>

/** A command, left out where it has no sense; `name` is how a counterexample shows it. */
export function step(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  hasSense: (model: Readonly<Model>) => boolean = () => true,
): Step {
  return {
    check: hasSense,
    run: async (model, real) => {
      await run(model, real)
      compareMessages(model.verify, real)
    },
    toString: () => name,
  }
}

/** Puts a call to the simulator and compares its answer. */
export async function ask(real: Real, call: Call, expected: Expected): Promise<unknown> {
  const answer = await real.call(call)
  assertAnswer(answer, expected)
  real.tally.outcomes.add(expected.outcome)
  return answer.body
}

/** Every event has sent one message, with the PIN that it should carry; the codes are learned from them. */
function compareMessages({ requests }: VerifyModel, { messages, tally }: Real): void {
  const events = requests.flatMap((request) => request.events.map((event) => ({ request, event })))
  const received = messages()
  assert.equal(received.length, events.length, 'messages')
  for (const [index, { request, event }] of events.entries()) {
    const message = received[index]
    assert.ok(message)
    const { text, code, ...envelope } = message
    const pin = request.pins[event.pin]
    assert.ok(pin)
    assert.deepEqual(envelope, {
      id: index + 1,
      to: modelNumber,
      from: request.wish.sender_id ?? 'VERIFY',
      channel: event.channel,
      request_id: request.id,
      sent_at: new Date(event.atMs).toISOString(),
      expires_at: new Date(pin.madeAtMs + request.pinLifeMs).toISOString(),
      ...(request.ended && { ended: endings[request.ended.as] }),
    })
    assert.ok(text.includes(code) && text.includes(request.wish.brand), text)
    if (pin.code !== undefined) {
      assert.equal(code, pin.code, 'the PIN is repeated')
      continue
    }
    assert.match(code, Number(request.wish.code_length ?? 4) === 6 ? /^\d{6}$/ : /^\d{4}$/)
    pin.code = code
    if (event.pin === 0) continue
    tally.renewedPins += 1
    if (code === request.pins[event.pin - 1]?.code) tally.unchangedPins += 1
  }
}
