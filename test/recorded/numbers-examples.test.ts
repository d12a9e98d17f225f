import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator } from '../../src/simulator/simulator-under-test.ts'
import { openDocuments } from './openapi-document.ts'
import { offered, type Vonage } from './recording.ts'

const changes = ['/number/buy', '/number/cancel', '/number/update']

/** Calls whose answers have but one form. */
const calls: Record<string, (vonage: Vonage) => Promise<unknown>> = {
  ...Object.fromEntries(
    ['/account/numbers', '/number/search'].map((path) => [`${path} by a stranger`, (vonage) => vonage.send(path)]),
  ),
  ...Object.fromEntries(
    changes.map((path) => [`${path} by a stranger`, (vonage) => vonage.send(path, { method: 'POST' })]),
  ),
  ...Object.fromEntries(
    changes.map((path) => [
      `${path} of a number that can be had`,
      async (vonage) => {
        const name = await offered(vonage, 'GB')
        if (path !== '/number/buy') await vonage.post('/number/buy', name)
        await vonage.post(path, name)
      },
    ]),
  ),
  '/number/buy of a number that needs an address': async (vonage) =>
    vonage.post('/number/buy', await offered(vonage, 'DE')),
}

for (const document of openDocuments('numbers-')) {
  for (const [name, perform] of Object.entries(calls)) {
    test(`${name} is answered with the example of ${document.name}`, async () => {
      await using vonage = await startSimulator()
      await perform(vonage)
      const call = vonage.calls.at(-1)
      assert.ok(call)
      assert.deepEqual([call.answer], document.samples(call))
    })
  }
}
