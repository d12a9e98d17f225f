import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator } from '../../src/simulator/simulator-under-test.ts'
import { startVerify2 } from '../../src/simulator/verify2/verify2-under-test.ts'
import { assertAlike } from './alike.ts'
import { bodiesOf } from './folder.ts'
import { numbersRecordings } from './numbers-recordings.ts'
import type { Recording } from './recording.ts'
import { notSimulated, verifyRecordings } from './verify-recordings.ts'
import { verify2Recordings } from './verify2-recordings.ts'

holdAgainst('verify', startSimulator, verifyRecordings)
holdAgainst('numbers', startSimulator, numbersRecordings)
holdAgainst('verify-v2', startVerify2, verify2Recordings)

function holdAgainst<Vonage extends AsyncDisposable>(
  api: string,
  start: () => Promise<Vonage>,
  recordings: Record<string, Recording<Vonage>>,
): void {
  const bodies = bodiesOf(api)

  for (const [name, recording] of Object.entries(recordings)) {
    test(`the simulator answers ${api}/${name}, member for member`, async () => {
      await using vonage = await start()
      assertAlike(await recording.replay(vonage), bodies.get(name), recording)
    })
  }

  test(`every recorded body of ${api} is answered, or belongs to a call that is not simulated`, () => {
    const left = [...bodies.keys()].filter((name) => !(name in recordings) && !(name in notSimulated))
    assert.deepEqual(left, [])
  })
}

for (const [name, path] of Object.entries(notSimulated)) {
  test(`the simulator says that it does not have the call of ${name}`, async () => {
    await using vonage = await startSimulator()
    const { status, body } = await vonage.post(path, {})
    assert.deepEqual([status, body], [501, { error: `${path} is not simulated` }])
  })
}
