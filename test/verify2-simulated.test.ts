import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startVerify2 } from '../src/simulator/verify2/verify2-under-test.ts'

const isFull = process.env.TOLLGATE_TEST_FULL === '1'
const number = '447700900123'

type Action = { do: 'request' | 'right' | 'wrong' | 'next' | 'cancel' } | { do: 'wait'; seconds: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('request', 'right', 'wrong', 'wrong', 'next', 'cancel') }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 100 }) }),
)

/** A verification of three messages, as its rules say: seconds since its beginning and since its newest message. */
class Expected {
  running: { step: number; age: number; stepAge: number; wrongCodes: number } | undefined
  messages = 0
  readonly #timeout: number

  constructor(timeout: number) {
    this.#timeout = timeout
  }

  statusOf(action: Action): number {
    const { running } = this
    if (action.do === 'wait') return this.#wait(action.seconds)
    if (action.do === 'request') return running ? 409 : this.#begin()
    if (!running) return 404
    switch (action.do) {
      case 'right':
        return this.#end(200)
      case 'wrong':
        running.wrongCodes += 1
        return running.wrongCodes < 3 ? 400 : this.#end(410)
      case 'next':
        return running.step === 2 ? 409 : this.#goOn(running)
      case 'cancel':
        return running.step === 0 && running.age >= 30 ? this.#end(204) : 404
    }
  }

  #begin(): number {
    this.running = { step: 0, age: 0, stepAge: 0, wrongCodes: 0 }
    this.messages += 1
    return 202
  }

  #end(status: number): number {
    this.running = undefined
    return status
  }

  #goOn(running: NonNullable<Expected['running']>): number {
    Object.assign(running, { step: running.step + 1, stepAge: 0, wrongCodes: 0 })
    this.messages += 1
    return 200
  }

  #wait(seconds: number): number {
    for (let second = 0; second < seconds && this.running; second += 1) {
      this.running.age += 1
      this.running.stepAge += 1
      if (this.running.stepAge < this.#timeout) continue
      if (this.running.step === 2) this.#end(0)
      else this.#goOn(this.running)
    }
    return 0
  }
}

test('whatever is done in whatever order, a verification by workflow keeps its rules', async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 15, max: 90 }),
    fc.array(action, { minLength: 1, maxLength: 25 }),
    async (timeout, actions) => {
      await using vonage = await startVerify2()
      const expected = new Expected(timeout)
      const workflow = ['sms', 'voice', 'sms'].map((channel) => ({ channel, to: number }))
      let id = 'none'
      const perform = async (next: Action) => {
        switch (next.do) {
          case 'wait':
            await vonage.clock.advance(next.seconds)
            return 0
          case 'request': {
            const { status, body } = await vonage.create({ workflow, channel_timeout: timeout, code_length: 10 })
            id = String(body.request_id)
            return status
          }
          case 'right':
            return (await vonage.check(id, vonage.lastCode() || 'none')).status
          case 'wrong':
            return (await vonage.check(id, 'wrong')).status
          case 'next':
            return (await vonage.next(id)).status
          case 'cancel':
            return (await vonage.cancel(id)).status
        }
      }
      for (const next of actions) {
        assert.equal(await perform(next), expected.statusOf(next), next.do)
        assert.equal(vonage.simulator.messages().length, expected.messages)
      }
    },
  )
  await fc.assert(property, { numRuns: isFull ? 2000 : 100, ...(isFull ? {} : { seed: 1 }) })
})

test('whatever a request holds, it is accepted or its parameters are refused', async () => {
  await using vonage = await startVerify2()
  const step = fc.record(
    {
      channel: fc.oneof(fc.constantFrom('sms', 'voice', 'email', 'rcs', 'whatsapp', 'silent_auth'), fc.jsonValue()),
      to: fc.oneof(fc.constantFrom(number, 'alice@example.com'), fc.jsonValue()),
      from: fc.oneof(fc.constant('Acme'), fc.jsonValue()),
      reuse_code: fc.oneof(fc.boolean(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const body = fc.record(
    {
      brand: fc.oneof(fc.constant('Acme'), fc.jsonValue()),
      workflow: fc.oneof(fc.array(step, { maxLength: 4 }), fc.jsonValue()),
      channel_timeout: fc.oneof(fc.integer({ min: 10, max: 905 }), fc.jsonValue()),
      code: fc.oneof(fc.constant('1234'), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const property = fc.asyncProperty(fc.oneof(body, fc.jsonValue()), async (sent) => {
    await vonage.tell('/simulator/reset', {})
    const { status, body: answer } = await vonage.call('POST', '/v2/verify', JSON.stringify(sent))
    assert.ok(status === 202 ? answer.request_id : status === 422 && [answer.invalid_parameters].flat().length > 0)
  })
  await fc.assert(property, { numRuns: isFull ? 5000 : 300, ...(isFull ? {} : { seed: 1 }) })
})
