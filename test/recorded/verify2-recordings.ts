import { wrongFor } from '../../src/simulator/simulator-under-test.ts'
import { type startVerify2, toPhone, toSms } from '../../src/simulator/verify2/verify2-under-test.ts'
import type { Recording } from './recording.ts'

export type Verify2 = Awaited<ReturnType<typeof startVerify2>>

/** The recorded problems begin with their type or end with it: its place tells nothing. */
const problem = { anyOrder: true }

export const verify2Recordings: Record<string, Recording<Verify2>> = {
  'verify_request.json': {
    forms: {
      check_url: /^https?:\/\/[^/]+\/v2\/verify\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\/silent-auth\/redirect$/,
    },
    replay: async (vonage) => (await vonage.create({ workflow: [toPhone, toSms] })).body,
  },
  'verify_request_error.json': {
    ...problem,
    // The document demands one.
    additions: { type: /\/verify-v2#concurrent$/ },
    async replay(vonage) {
      await vonage.start()
      return (await vonage.create()).body
    },
  },
  'check_code.json': {
    replay: async (vonage) => (await vonage.check(await vonage.start(), vonage.lastCode())).body,
  },
  'check_code_400.json': {
    replay: async (vonage) => (await vonage.check(await vonage.start(), wrongFor(vonage.lastCode()))).body,
  },
  'check_code_410.json': {
    ...problem,
    async replay(vonage) {
      const id = await vonage.start()
      const wrong = wrongFor(vonage.lastCode())
      await vonage.check(id, wrong)
      await vonage.check(id, wrong)
      return (await vonage.check(id, wrong)).body
    },
  },
  'trigger_next_workflow_error.json': {
    ...problem,
    replay: async (vonage) => (await vonage.next(await vonage.start())).body,
  },
}
