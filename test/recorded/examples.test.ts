import assert from 'node:assert/strict'
import { test } from 'node:test'
import { account, startSimulator, wrongFor } from '../../src/simulator/simulator-under-test.ts'
import { assertAlike, type Likeness } from './alike.ts'
import { openDocuments } from './openapi-document.ts'
import { date, type Vonage } from './recording.ts'

const someId = 'abcdef0123456789abcdef0123456789'
const someNumber = '447700900000'
const withNetwork: Likeness = { additions: { network: /^\d{5,6}$/ } }
const amount = /^\d+\.\d{7,8}$/
/** The id of an event was 16 hex digits once and is a UUID now. */
const eventId = /^([\dA-F]{16}|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$/

/** How the simulator words what the examples word otherwise: as the live API does. */
const liveWording: Record<string, string> = {
  'Missing brand': 'Your request is incomplete and missing the mandatory parameter: brand',
  'Missing request_id': 'Your request is incomplete and missing the mandatory parameter: request_id',
  'Invalid value for number': 'Invalid value for param: number',
  'Invalid credentials were provided': 'Bad Credentials',
  'Bad credentials': 'Bad Credentials',
  'The Vonage platform was unable to process this message for the following reason: The request could not be routed.':
    'The Vonage platform was unable to process this message for the following reason: Number unreachable.',
  'The number you are trying to verify is blacklisted for verification.':
    'The number you are trying to verify is blacklisted for verification',
  'The code inserted does not match the expected value': 'The code provided does not match the expected value',
  'The wrong code was provided too many times. Request terminated':
    'A wrong code was provided too many times. Workflow terminated',
}

type Replay = (vonage: Vonage, example: Record<string, unknown>) => Promise<unknown>

/** Without the parameter that is named, or else without credentials. */
function missing(path: string, parameters: Record<string, string>): Replay {
  return async (vonage, { error_text }) => {
    const { body } = await (error_text === 'Missing api_key' ? vonage.send(path) : vonage.post(path, parameters))
    return body
  }
}

function wrongCredentials(path: string): Replay {
  return async (vonage) => (await vonage.send(`${path}?api_key=${account.apiKey}&api_secret=wrong`)).body
}

async function failOn(vonage: Vonage, id: string): Promise<unknown> {
  const wrong = wrongFor(vonage.lastCode())
  await vonage.check(id, wrong)
  await vonage.check(id, wrong)
  return vonage.check(id, wrong)
}

async function searchOfSuccess(vonage: Vonage): Promise<unknown> {
  const id = await vonage.start({ number: someNumber, workflow_id: '4' })
  await vonage.check(id, wrongFor(vonage.lastCode(someNumber)))
  await vonage.control(id, 'trigger_next_event')
  await vonage.check(id, vonage.lastCode(someNumber))
  return vonage.search(id)
}

/** What comes about by itself; any other failure is planned. */
const replays: Record<string, { replay: Replay; likeness?: Likeness }> = {
  '/verify/{format} success': { replay: (vonage) => vonage.verify() },
  '/verify/{format} missing-param': { replay: missing('/verify/json', { number: someNumber }) },
  '/verify/{format} invalid-param': { replay: (vonage) => vonage.verify({ number: 'none' }) },
  '/verify/{format} invalid-creds': { replay: wrongCredentials('/verify/json') },
  '/verify/{format} blacklist': { replay: planned('/verify/json'), likeness: withNetwork },
  '/verify/{format} concurrent': {
    async replay(vonage) {
      await vonage.start()
      return vonage.verify()
    },
  },
  '/verify/check/{format} success': {
    replay: async (vonage) => vonage.check(await vonage.start(), vonage.lastCode()),
    likeness: { forms: { event_id: eventId, price: amount, estimated_price_messages_sent: amount } },
  },
  '/verify/check/{format} missing-param': { replay: missing('/verify/check/json', { code: '1234' }) },
  '/verify/check/{format} invalid-param': { replay: (vonage) => vonage.check('x'.repeat(33), '1234') },
  '/verify/check/{format} invalid-creds': { replay: wrongCredentials('/verify/check/json') },
  '/verify/check/{format} unknown-requestid': { replay: (vonage) => vonage.check(someId, '1234') },
  '/verify/check/{format} incorrect-code': {
    replay: async (vonage) => vonage.check(await vonage.start(), wrongFor(vonage.lastCode())),
    likeness: { additions: { request_id: /^[\da-f]{32}$/ } },
  },
  '/verify/check/{format} too-many-fails': { replay: async (vonage) => failOn(vonage, await vonage.start()) },
  '/verify/search/{format} success': {
    replay: searchOfSuccess,
    likeness: {
      forms: {
        account_id: /^[\da-f]{8}$/,
        date_submitted: date,
        date_finalized: date,
        date_received: date,
        first_event_date: date,
        last_event_date: date,
        code: /^\d{4}$/,
        price: amount,
        estimated_price_messages_sent: amount,
        id: eventId,
      },
    },
  },
  '/verify/search/{format} missing-param': { replay: missing('/verify/search/json', {}) },
  '/verify/search/{format} invalid-param': { replay: (vonage) => vonage.search('x'.repeat(33)) },
  '/verify/search/{format} invalid-creds': { replay: wrongCredentials('/verify/search/json') },
  '/verify/search/{format} not-found': { replay: (vonage) => vonage.search(someId) },
  '/verify/control/{format} success-cancel': {
    async replay(vonage) {
      const id = await vonage.start()
      await vonage.clock.advance(30)
      return vonage.control(id, 'cancel')
    },
  },
  '/verify/control/{format} success-trigger': {
    replay: async (vonage) => vonage.control(await vonage.start(), 'trigger_next_event'),
  },
  '/verify/control/{format} missing-param': { replay: missing('/verify/control/json', { cmd: 'cancel' }) },
  '/verify/control/{format} invalid-param': { replay: (vonage) => vonage.control('x'.repeat(33), 'cancel') },
  '/verify/control/{format} invalid-creds': { replay: wrongCredentials('/verify/control/json') },
  '/verify/control/{format} cancel-early': {
    replay: async (vonage) => vonage.control(await vonage.start(), 'cancel'),
  },
  '/verify/control/{format} cancel-late': {
    async replay(vonage) {
      const id = await vonage.start()
      await vonage.clock.advance(200)
      return vonage.control(id, 'cancel')
    },
  },
  '/verify/control/{format} trigger-end': {
    replay: async (vonage) => vonage.control(await vonage.start({ workflow_id: '6' }), 'trigger_next_event'),
  },
}

function planned(path: string): Replay {
  return async (vonage, { status }) => {
    await vonage.tell('/simulator/faults', { path, answer: { status } })
    const parameters = { number: someNumber, brand: 'Acme', request_id: someId, code: '1234', cmd: 'cancel' }
    return (await vonage.post(path, parameters)).body
  }
}

/** The live API answers a search for nothing with another status than the example's. */
const searchForNothing = {
  request_id: '',
  status: '6',
  error_text: 'The Vonage platform was unable to process this message for the following reason: Wrong parameters.',
}

function expected(path: string, example: Record<string, unknown>): unknown {
  const text = String(example.error_text)
  if (path.includes('/search/') && text === 'Missing request_id') return searchForNothing
  return text in liveWording ? { ...example, error_text: liveWording[text] } : example
}

const documents = openDocuments('verify-1.2.4').map((document) => ({
  name: document.name,
  examples: document.examples(),
}))

for (const { name: document, examples } of documents) {
  for (const { path, name, value } of examples) {
    test(`the example ${path} ${name} of ${document} is answered`, async () => {
      await using vonage = await startSimulator()
      const known = replays[`${path} ${name}`]
      const replay = known?.replay ?? planned(path.replace('{format}', 'json'))
      const answer = await replay(vonage, value)
      // The order of members is that of the recorded bodies.
      assertAlike(answer, expected(path, value), { ...known?.likeness, anyOrder: true })
    })
  }
}

test('every document has examples, and all that is replayed is an example', () => {
  for (const { examples } of documents) {
    const names = new Set(examples.map(({ path, name }) => `${path} ${name}`))
    assert.deepEqual(
      Object.keys(replays).filter((name) => !names.has(name)),
      [],
    )
  }
})
