import assert from 'node:assert/strict'
import type { RecordedCall } from '../../src/simulator/simulator.ts'
import type { Departure } from './departures.ts'
import { type AnsweredCall, openDocuments } from './openapi-document.ts'

interface Calling extends AsyncDisposable {
  calls: RecordedCall[]
}

/** Every call made, each part's in a world of its own. */
export async function callsOf<Vonage extends Calling>(
  start: () => Promise<Vonage>,
  parts: ((vonage: Vonage) => Promise<unknown>)[],
): Promise<AnsweredCall[]> {
  const calls: AnsweredCall[] = []
  for (const part of parts) {
    await using vonage = await start()
    await part(vonage)
    calls.push(...vonage.calls)
  }
  return calls
}

/** All calls are answered as the documents of this prefix say, but for the departures, each of which happens. */
export function assertDocumented(calls: AnsweredCall[], prefix: string, departures: Departure[]): void {
  const documents = openDocuments(prefix)
  assert.ok(documents.length > 0, `there are documents ${prefix}*`)
  const happened = new Set<Departure>()
  for (const document of documents) {
    const held = departures.reduce(
      (left, departure) =>
        left.flatMap((call) => {
          const others = departure.documents?.test(document.name) === false ? undefined : departure.instead(call)
          if (others) happened.add(departure)
          return others ?? [call]
        }),
      calls,
    )
    assert.ok(held.length > 30, 'many answers are left to be held against the document')
    const problems = held.map((call) => ({ call, problem: document.problem(call) }))
    assert.deepEqual(
      problems.filter((found) => found.problem !== undefined),
      [],
      document.name,
    )
  }
  assert.deepEqual(
    departures.filter((departure) => !happened.has(departure)),
    [],
    'every departure happens',
  )
}
