import { wrongFor } from '../../src/simulator/simulator-under-test.ts'
import { date, price, type Recording, type Vonage } from './recording.ts'

/** The recorded number was made unknowable, and none that can be called. */
const number = '447700900123'
const anyNumber = /^\d{10,12}$/
const unknownId = 'cc121958d8fb4368aa3bb762bb9a0f75'

const dates = { date_submitted: date, date_finalized: date, first_event_date: date, last_event_date: date }
const searched = {
  ...dates,
  number: anyNumber,
  account_id: /^[\da-f]{8}$/,
  date_received: date,
  code: /^\d{4}$/,
  estimated_price_messages_sent: price,
}

/** One wrong code, two messages, and then its time is over. */
async function expire(vonage: Vonage, order: Record<string, string> = {}): Promise<string> {
  const id = await vonage.start({ number, workflow_id: '4', ...order })
  await vonage.clock.advance(27)
  await vonage.check(id, wrongFor(vonage.lastCode(number)))
  await vonage.clock.advance(300)
  return id
}

async function succeed(vonage: Vonage): Promise<string> {
  const id = await vonage.start({ number })
  await vonage.clock.advance(37)
  await vonage.check(id, vonage.lastCode(number))
  return id
}

export const verifyRecordings: Record<string, Recording> = {
  'verify_request.json': { replay: (vonage) => vonage.verify() },
  'verify_request_error.json': {
    async replay(vonage) {
      await vonage.start()
      return vonage.verify()
    },
  },
  'verify_request_error_with_network.json': {
    forms: { network: /^\d{5,6}$/ },
    async replay(vonage) {
      await vonage.tell('/simulator/faults', { path: '/verify/json', answer: { status: '10' } })
      return vonage.verify()
    },
  },
  'check_code.json': {
    forms: { price, estimated_price_messages_sent: price },
    async replay(vonage) {
      const id = await vonage.start()
      return vonage.check(id, vonage.lastCode())
    },
  },
  'check_code_error.json': {
    replay: async (vonage) => vonage.check(await vonage.start(), wrongFor(vonage.lastCode())),
  },
  'search_request.json': {
    forms: searched,
    // Of the two orders that were recorded, the simulator has that of the list.
    anyOrder: true,
    replay: async (vonage) => vonage.search(await expire(vonage, { sender_id: 'Acme Inc.' })),
  },
  'search_request_list.json': {
    forms: { ...searched, price },
    async replay(vonage) {
      const ids = [await expire(vonage), await succeed(vonage)]
      return (await vonage.get(`/verify/search/json?${ids.map((id) => `request_ids=${id}`).join('&')}`)).body
    },
  },
  'search_request_error.json': { replay: (vonage) => vonage.search(unknownId) },
  'cancel_verification.json': {
    async replay(vonage) {
      const id = await vonage.start()
      await vonage.clock.advance(30)
      return vonage.control(id, 'cancel')
    },
  },
  'cancel_verification_error.json': { replay: (vonage) => vonage.control(unknownId, 'cancel') },
  'trigger_next_event.json': {
    replay: async (vonage) => vonage.control(await vonage.start(), 'trigger_next_event'),
  },
  'trigger_next_event_error.json': {
    replay: async (vonage) => vonage.control(await vonage.start({ workflow_id: '6' }), 'trigger_next_event'),
  },
}

/** What was recorded of a call that the simulator says it doesn't have. */
export const notSimulated: Record<string, string> = {
  'network_unblock.json': '/verify/network-unblock',
  'network_unblock_error.json': '/verify/network-unblock',
}
