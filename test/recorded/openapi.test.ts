import { test } from 'node:test'
import { account, startSimulator } from '../../src/simulator/simulator-under-test.ts'
import { failingStatuses, type VerifyOperation } from '../../src/simulator/verify-texts.ts'
import { numbersDepartures, verifyDepartures } from './departures.ts'
import { assertDocumented, callsOf } from './documented.ts'
import { numbersRecordings } from './numbers-recordings.ts'
import { offered, type Recording, type Vonage } from './recording.ts'
import { verifyRecordings } from './verify-recordings.ts'

const verifyPaths: Record<VerifyOperation, string> = {
  request: '/verify/json',
  check: '/verify/check/json',
  search: '/verify/search/json',
  control: '/verify/control/json',
}
const numbersReads = ['/account/numbers', '/number/search']
const numbersChanges = ['/number/buy', '/number/cancel', '/number/update']
const everyParameter = { number: '447700900123', brand: 'Acme', request_id: 'some-id', code: '1234', cmd: 'cancel' }
const applicationId = '29f769f7-7ce1-46c9-ade3-f2dedee4ffff'

/** Each status that a call of Verify can fail with, and each way of not being let in. */
async function refuseVerify(vonage: Vonage): Promise<void> {
  for (const operation of ['request', 'check', 'search', 'control'] as const) {
    const path = verifyPaths[operation]
    for (const status of failingStatuses(operation)) {
      await vonage.tell('/simulator/faults', { path, answer: { status } })
      await vonage.post(path, everyParameter)
    }
    await vonage.post(path, {})
    await vonage.send(path)
    await vonage.send(`${path}?api_key=${account.apiKey}`)
    await vonage.send(`${path}?api_key=${account.apiKey}&api_secret=wrong`)
    await fail(vonage, path, everyParameter)
  }
}

async function fail(vonage: Vonage, path: string, parameters: Record<string, string>): Promise<void> {
  await vonage.tell('/simulator/faults', { path, answer: { http: 503 } })
  await vonage.post(path, parameters)
  await vonage.send(path, { method: 'PUT' })
}

async function searchAtEachState(vonage: Vonage): Promise<void> {
  const id = await vonage.start({ workflow_id: '1' })
  await vonage.search(id)
  await vonage.clock.advance(200)
  await vonage.search(id)
  for (const code of ['0', '0', '0']) await vonage.check(id, code)
  await vonage.search(id)
  const cancelled = await vonage.start()
  await vonage.control(cancelled, 'cancel')
  await vonage.clock.advance(30)
  await vonage.control(cancelled, 'cancel')
  await vonage.search(cancelled)
}

async function ownAndRefuse(vonage: Vonage): Promise<void> {
  const unknown = { country: 'US', msisdn: '12025550100' }
  for (const path of numbersReads) {
    await vonage.send(path)
    await vonage.get(`${path}?country=US&size=1000`)
    await vonage.tell('/simulator/faults', { path, answer: { http: 503 } })
    await vonage.get(`${path}?country=US`)
  }
  for (const path of numbersChanges) {
    await vonage.send(path, { method: 'POST' })
    await vonage.post(path, {})
    await vonage.post(path, unknown)
    await fail(vonage, path, unknown)
  }
  await vonage.get('/number/search')
  // A German number needs an address, and an Italian one has limitations.
  for (const country of ['DE', 'IT']) await vonage.post('/number/buy', await offered(vonage, country))
  const name = await offered(vonage, 'US')
  await vonage.post('/number/buy', name)
  await vonage.post('/number/buy', name)
  await vonage.post('/number/update', {
    ...name,
    moHttpUrl: 'https://example.com/sms',
    messagesCallbackType: 'app',
    messagesCallbackValue: applicationId,
    voiceCallbackType: 'tel',
    voiceCallbackValue: '447700900123',
    voiceStatusCallback: 'https://example.com/status',
    app_id: applicationId,
  })
  await vonage.get('/account/numbers')
  await vonage.post('/number/update', { ...name, app_id: 'x' })
  await vonage.post('/number/cancel', name)
  await vonage.post('/number/cancel', name)
}

const replays = (recordings: Record<string, Recording>) => Object.values(recordings).map(({ replay }) => replay)

test('all that the simulator answers to calls of Verify is as the documents say', async () => {
  const calls = await callsOf(startSimulator, [refuseVerify, searchAtEachState, ...replays(verifyRecordings)])
  assertDocumented(calls, 'verify-1.2.4', verifyDepartures)
})

test('all that the simulator answers to calls of Numbers is as the documents say', async () => {
  const calls = await callsOf(startSimulator, [ownAndRefuse, ...replays(numbersRecordings)])
  assertDocumented(calls, 'numbers-', numbersDepartures)
})
