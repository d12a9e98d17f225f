import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someNumber, startSimulator } from './simulator-under-test.ts'

const statusesByPath = {
  '/verify/json': ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '15', '20', '29'],
  '/verify/check/json': ['1', '2', '3', '4', '5', '6', '16', '17'],
  '/verify/search/json': ['1', '2', '3', '4', '5', '6', '18', '101'],
  '/verify/control/json': ['1', '2', '3', '4', '5', '6', '8', '9', '19'],
}

const parameters = { number: '447700900123', brand: 'Acme', request_id: 'some-id', code: '1234', cmd: 'cancel' }

for (const [path, statuses] of Object.entries(statusesByPath)) {
  test(`each failing status of ${path} can be planned, once and without an effect`, async () => {
    await using vonage = await startSimulator()
    for (const status of statuses) {
      assert.equal((await vonage.tell('/simulator/faults', { path, answer: { status } })).status, 200)
      const { body } = await vonage.post(path, parameters)
      assert.equal(body.status, status)
      assert.equal(typeof body.error_text, 'string')
    }
    assert.deepEqual(vonage.simulator.messages(), [])
    const { body } = await vonage.post(path, parameters)
    assert.ok(path !== '/verify/json' || body.status === '0')
  })
}

test('a blocked network is named, and a concurrent request of somebody else has an id and a network', async () => {
  await using vonage = await startSimulator()
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '7' } })
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '10' } })
  assert.deepEqual(await vonage.verify(), {
    status: '7',
    error_text: 'The number you are trying to verify is blacklisted for verification',
    network: '23410',
  })
  const { request_id, ...concurrent } = await vonage.verify()
  assert.match(String(request_id), /^[\da-f]{32}$/)
  assert.deepEqual(concurrent, {
    status: '10',
    error_text: 'Concurrent verifications to the same number are not allowed',
    network: '23410',
  })
})

test('a fault meets as many calls as it says, and only those that were worth judging', async () => {
  await using vonage = await startSimulator()
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '9' }, times: 2 })
  const statuses = [
    await vonage.verify(),
    await vonage.verify({ number: 'x' }),
    await vonage.verify(),
    await vonage.verify(),
  ]
  assert.deepEqual(
    statuses.map(({ status }) => status),
    ['9', '3', '9', '0'],
  )
})

test('an HTTP status can be planned on every path', async () => {
  await using vonage = await startSimulator()
  const plan = (path: string, http: number) => vonage.tell('/simulator/faults', { path, answer: { http } })
  await plan('/verify/json', 503)
  const { instance, ...problem } = await vonage.verify()
  assert.equal(typeof instance, 'string')
  assert.deepEqual(problem, {
    type: 'https://developer.vonage.com/api-errors',
    title: 'Service Unavailable',
    detail: 'Service Unavailable',
  })
  for (const http of [401, 420, 429, 500]) {
    await plan('/account/numbers', http)
    assert.equal((await vonage.get('/account/numbers')).status, http)
  }
  assert.equal((await vonage.get('/account/numbers')).status, 200)
})

test('a connection can be cut before or after the effect', async () => {
  await using vonage = await startSimulator()
  const cut = { path: '/verify/json', answer: { connection: 'cut' } }
  await vonage.tell('/simulator/faults', cut)
  await assert.rejects(vonage.verify())
  assert.equal(vonage.simulator.messages().length, 0)
  await vonage.tell('/simulator/faults', { ...cut, takes_effect: true })
  await assert.rejects(vonage.verify())
  assert.equal(vonage.simulator.messages().length, 1)
  assert.deepEqual(
    vonage.calls.map(({ answer, httpStatus }) => ({ answer, httpStatus })),
    [
      { answer: undefined, httpStatus: 0 },
      { answer: undefined, httpStatus: 0 },
    ],
  )
  assert.equal((await vonage.verify()).status, '10')
})

test('an answer can be lost: the effect happens and nothing comes until the simulator closes', async () => {
  await using vonage = await startSimulator()
  const [offer] = [(await vonage.get('/number/search?country=US&size=1')).body.numbers].flat()
  const fault = { path: '/number/buy', answer: { connection: 'stall' }, takes_effect: true }
  await vonage.tell('/simulator/faults', fault)
  const buying = vonage.post('/number/buy', { country: 'US', msisdn: Object(offer).msisdn }).catch(() => 'no answer')
  while (vonage.calls.length < 2) await new Promise(setImmediate)
  assert.equal((await vonage.get('/account/numbers')).body.count, 1)
  await vonage.simulator.close()
  assert.equal(await buying, 'no answer')
})

/** Which of many calls a fault met, as 1 and 0. */
async function met(vonage: Awaited<ReturnType<typeof startSimulator>>, calls: number): Promise<string> {
  let found = ''
  for (let index = 0; index < calls; index += 1) found += (await vonage.check('some-id', '1234')).status === '6' ? 0 : 1
  return found
}

const fifth = { path: '/verify/check/json', answer: { status: '5' }, rate: 0.2, seed: 'one' }

test('a rate meets that share of the calls, the same ones for the same seed', async () => {
  await using vonage = await startSimulator()
  await vonage.tell('/simulator/faults', fifth)
  const first = await met(vonage, 500)
  const share = first.replaceAll('0', '').length / 500
  assert.ok(share > 0.15 && share < 0.25, String(share))
  await vonage.tell('/simulator/reset', {})
  await vonage.tell('/simulator/faults', fifth)
  assert.equal(await met(vonage, 100), first.slice(0, 100))
  await vonage.tell('/simulator/reset', {})
  await vonage.tell('/simulator/faults', { ...fifth, seed: 'another' })
  assert.notEqual(await met(vonage, 100), first.slice(0, 100))
})

test('rates of one path stand side by side, what is planned comes first, and all of it can be taken back', async () => {
  await using vonage = await startSimulator()
  const rate = (status: string, rate: number) =>
    vonage.tell('/simulator/faults', { path: '/verify/check/json', answer: { status }, rate })
  assert.equal((await rate('5', 0.5)).status, 200)
  assert.equal((await rate('1', 0.5)).status, 200)
  assert.match(String((await rate('4', 0.01)).body.error), /would be more than 1 in all/)
  await vonage.tell('/simulator/faults', { path: '/verify/check/json', answer: { status: '2' } })
  const statuses: unknown[] = []
  for (let index = 0; index < 40; index += 1) statuses.push((await vonage.check('some-id', '1234')).status)
  assert.equal(statuses.shift(), '2')
  assert.deepEqual([...new Set(statuses)].sort(), ['1', '5'])
  assert.equal((await vonage.send('/simulator/faults', { method: 'DELETE' })).status, 204)
  assert.equal(await met(vonage, 20), '0'.repeat(20))
})

test('who stalls has done the work first, unless it is said otherwise', async () => {
  await using vonage = await startSimulator()
  const stall = { path: '/verify/json', answer: { connection: 'stall' } }
  const numbers = ['447700900124', '447700900125'] as const
  await vonage.tell('/simulator/faults', stall)
  await vonage.tell('/simulator/faults', { ...stall, takes_effect: false })
  const stalled = numbers.map((number) => vonage.verify({ number }).catch(() => 'no answer'))
  while (vonage.calls.length < 2) await new Promise(setImmediate)
  assert.equal(vonage.simulator.messages().length, 1)
  await vonage.simulator.close()
  assert.deepEqual(await Promise.all(stalled), ['no answer', 'no answer'])
})

test('an answer can come late, and its effect at once', async () => {
  await using vonage = await startSimulator()
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { after_seconds: 30 } })
  const asked = vonage.verify()
  while (vonage.calls.length < 1) await new Promise(setImmediate)
  assert.equal(vonage.simulator.messages().length, 1)
  await vonage.clock.advance(30)
  assert.equal((await asked).status, '0')
})

test('an effect can come late, after a failing answer', async () => {
  await using vonage = await startSimulator()
  const late = { path: '/verify/json', answer: { http: 503 }, effect_after_seconds: 20 }
  await vonage.tell('/simulator/faults', late)
  assert.equal((await vonage.post('/verify/json', { number: someNumber, brand: 'Acme' })).status, 503)
  await vonage.clock.advance(19)
  assert.equal(vonage.simulator.messages().length, 0)
  await vonage.clock.advance(1)
  assert.equal(vonage.simulator.messages().length, 1)
})

test('a search can miss what has just ended', async () => {
  await using vonage = await startSimulator()
  const lag = { path: '/verify/search/json', answer: { status: '101' }, seconds_after_end: 60 }
  assert.equal((await vonage.tell('/simulator/faults', lag)).status, 200)
  const id = await vonage.start()
  assert.equal((await vonage.search(id)).status, 'IN PROGRESS')
  await vonage.check(id, vonage.lastCode())
  assert.equal((await vonage.search(id)).status, '101')
  await vonage.clock.advance(59)
  assert.equal((await vonage.search(id)).status, '101')
  await vonage.clock.advance(1)
  assert.equal((await vonage.search(id)).status, 'SUCCESS')
})

const nonsense: { fault: unknown; error: RegExp }[] = [
  { fault: { path: '/nowhere', answer: { http: 500 } }, error: /^path: no such path; there are \/verify\/json, / },
  { fault: { path: '/verify/json', answer: { http: 500 }, tiems: 1 }, error: /"tiems"/ },
  { fault: { path: '/verify/json', answer: { http: 500, after: true } }, error: /"after"/ },
  { fault: { path: '/verify/json', answer: {} }, error: /exactly one of status, http, connection and after_seconds/ },
  { fault: { path: '/verify/json', answer: { http: 500, status: '5' } }, error: /exactly one/ },
  { fault: { path: '/verify/json', answer: { status: '101' } }, error: /no such status at \/verify\/json; .*29/ },
  { fault: { path: '/number/buy', answer: { status: '5' } }, error: /there are: none/ },
  { fault: { path: '/verify/json', answer: { http: 200 } }, error: /^answer\.http: / },
  { fault: { path: '/verify/json', answer: { http: 500 }, times: 0 }, error: /^times: / },
  { fault: { path: '/verify/json', answer: { http: 500 }, times: 1, rate: 0.5 }, error: /either times or rate/ },
  { fault: { path: '/verify/json', answer: { http: 500 }, rate: 0 }, error: /^rate: / },
  { fault: { path: '/verify/json', answer: { http: 500 }, rate: 1.1 }, error: /^rate: / },
  { fault: { path: '/verify/json', answer: { http: 500 }, seed: 'x' }, error: /^seed: goes with rate/ },
  { fault: { path: '/verify/json', answer: { status: '5' }, seconds_after_end: 9 }, error: /^seconds_after_end: / },
  { fault: { path: '/verify/json', answer: { after_seconds: 9 }, takes_effect: false }, error: /only late/ },
]

for (const { fault, error } of nonsense) {
  test(`the fault ${JSON.stringify(fault)} is refused with the reason`, async () => {
    await using vonage = await startSimulator()
    const { status, body } = await vonage.tell('/simulator/faults', fault)
    assert.equal(status, 400)
    assert.match(String(body.error), error)
  })
}
