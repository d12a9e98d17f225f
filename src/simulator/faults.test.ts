import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSimulator } from './simulator-under-test.ts'

const statusesByPath = {
  '/verify/json': ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '15', '20', '29'],
  '/verify/check/json': ['1', '2', '3', '4', '5', '6', '16', '17'],
  '/verify/search/json': ['1', '2', '4', '5', '6', '18', '101'],
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

test('a blocked network is named, and a concurrent request of somebody else has an id', async () => {
  await using vonage = await startSimulator()
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '7' } })
  await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '10' } })
  assert.deepEqual(await vonage.verify(), {
    status: '7',
    error_text: 'The number you are trying to verify is blacklisted for verification',
    network: '23410',
  })
  assert.match(String((await vonage.verify()).request_id), /^[\da-f]{32}$/)
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

const nonsense: { fault: unknown; error: RegExp }[] = [
  { fault: { path: '/nowhere', answer: { http: 500 } }, error: /^path: no such path; there are \/verify\/json, / },
  { fault: { path: '/verify/json', answer: { http: 500 }, tiems: 1 }, error: /"tiems"/ },
  { fault: { path: '/verify/json', answer: { http: 500, after: true } }, error: /"after"/ },
  { fault: { path: '/verify/json', answer: {} }, error: /exactly one of status, http and connection/ },
  { fault: { path: '/verify/json', answer: { http: 500, status: '5' } }, error: /exactly one/ },
  { fault: { path: '/verify/json', answer: { status: '101' } }, error: /no such status at \/verify\/json; .*29/ },
  { fault: { path: '/number/buy', answer: { status: '5' } }, error: /there are: none/ },
  { fault: { path: '/verify/json', answer: { http: 200 } }, error: /^answer\.http: / },
  { fault: { path: '/verify/json', answer: { http: 500 }, times: 0 }, error: /^times: / },
]

for (const { fault, error } of nonsense) {
  test(`the fault ${JSON.stringify(fault)} is refused with the reason`, async () => {
    await using vonage = await startSimulator()
    const { status, body } = await vonage.tell('/simulator/faults', fault)
    assert.equal(status, 400)
    assert.match(String(body.error), error)
  })
}
