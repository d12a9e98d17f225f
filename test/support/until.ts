import assert from 'node:assert/strict'

/** Waits for what happens beside the calls until nothing is missing any more, for half a minute at most. */
export async function untilNone(missing: () => Promise<Record<string, unknown>>): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  for (;;) {
    const counts = await missing()
    if (Object.values(counts).every((count) => Number(count) === 0)) return
    assert.ok(performance.now() < giveUpAt, `still missing: ${JSON.stringify(counts)}`)
    await new Promise(setImmediate)
  }
}
