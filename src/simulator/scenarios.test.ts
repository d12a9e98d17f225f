import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarios } from './scenarios.ts'
import { startSimulator } from './simulator-under-test.ts'

type Vonage = Awaited<ReturnType<typeof startSimulator>>

const arrived = ({ simulator }: Vonage, number: string) => simulator.messages(number).length

async function settled(vonage: Vonage, calls: number): Promise<void> {
  while (vonage.calls.length < calls) await new Promise(setImmediate)
}

const refusals: Record<string, string> = {
  '447700900903': '7',
  '447700900904': '15',
  '447700900905': '9',
  '447700900906': '1',
  '447700900911': '6',
  '447700900912': '29',
}

for (const [number, status] of Object.entries(refusals)) {
  test(`+${number} is refused with status ${status}, and nothing is sent`, async () => {
    await using vonage = await startSimulator()
    const answer = await vonage.verify({ number: `+${number}` })
    assert.deepEqual([answer.status, typeof answer.error_text], [status, 'string'])
    assert.equal((await vonage.verify({ number })).status, status, 'every time')
    assert.equal(arrived(vonage, number), 0)
  })
}

test('+447700900900 is a number like any other', async () => {
  await using vonage = await startSimulator()
  assert.equal((await vonage.verify({ number: '447700900900' })).status, '0')
  assert.equal(arrived(vonage, '447700900900'), 1)
})

test('+447700900901 gets its messages 45 seconds late, and their codes are good', async () => {
  await using vonage = await startSimulator()
  const number = '447700900901'
  const id = await vonage.start({ number })
  await vonage.clock.advance(44)
  assert.equal(arrived(vonage, number), 0)
  await vonage.clock.advance(1)
  assert.equal(arrived(vonage, number), 1)
  assert.equal((await vonage.check(id, vonage.lastCode(number))).status, '0')
})

test('+447700900902 gets nothing, although Vonage says that it was sent', async () => {
  await using vonage = await startSimulator()
  const id = await vonage.start({ number: '447700900902' })
  await vonage.clock.advance(605)
  assert.equal((await vonage.search(id)).status, 'EXPIRED')
  assert.equal(arrived(vonage, '447700900902'), 0)
})

test('+447700900907 gets its message at once, and the answer comes three seconds later', async () => {
  await using vonage = await startSimulator()
  let isAnswered = false
  const asked = vonage.verify({ number: '447700900907' }).finally(() => {
    isAnswered = true
  })
  await settled(vonage, 1)
  assert.equal(arrived(vonage, '447700900907'), 1)
  await vonage.clock.advance(2.9)
  await vonage.get('/account/numbers')
  assert.ok(!isAnswered)
  await vonage.clock.advance(0.1)
  assert.equal((await asked).status, '0')
})

test('+447700900908 gets its message, and the answer never comes', async () => {
  await using vonage = await startSimulator()
  const asked = vonage.verify({ number: '447700900908' }).catch(() => 'no answer')
  await settled(vonage, 1)
  assert.equal(arrived(vonage, '447700900908'), 1)
  await vonage.simulator.close()
  assert.equal(await asked, 'no answer')
})

test('+447700900909 fails with HTTP 500, and +447700900910 with a cut connection; nothing is sent', async () => {
  await using vonage = await startSimulator()
  assert.equal((await vonage.post('/verify/json', { number: '447700900909', brand: 'Acme' })).status, 500)
  await assert.rejects(vonage.verify({ number: '447700900910' }), TypeError)
  assert.deepEqual(vonage.simulator.messages(), [])
})

test('what is planned comes before what a number does', async () => {
  await using vonage = await startSimulator()
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '5' } })
  assert.equal((await vonage.verify({ number: '447700900903' })).status, '5')
})

test('the numbers can be listed', async () => {
  await using vonage = await startSimulator()
  const { body } = await vonage.send('/simulator/scenarios')
  assert.deepEqual(body, { scenarios: Object.fromEntries(scenarios) })
  assert.equal(scenarios.size, 13)
})
