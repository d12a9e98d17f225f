import fc from 'fast-check'
import { rarely } from './rarely.ts'

export type Channel = 'sms' | 'tts'

/** The parameters of a request that matter to what happens later. */
export interface Wish {
  brand: string
  sender_id?: string
  code_length?: string
  pin_expiry?: string
  next_event_wait?: string
  workflow_id?: string
}

/** A request's parameters, and how the contract refuses them if it does. */
export interface Given {
  parameters: Record<string, string>
  wish: Wish
  refusal: { outcome: string; status: string; text: string } | undefined
}

/** When the events of each workflow happen and when it ends, in seconds after its beginning. */
const workflows: Record<string, { channels: Channel[]; eventsAt: number[]; endsAt: number | 'PIN expiry' }> = {
  1: { channels: ['sms', 'tts', 'tts'], eventsAt: [0, 125, 305], endsAt: 605 },
  2: { channels: ['sms', 'sms', 'tts'], eventsAt: [0, 125, 305], endsAt: 605 },
  3: { channels: ['tts', 'tts'], eventsAt: [0, 150], endsAt: 300 },
  4: { channels: ['sms', 'sms'], eventsAt: [0, 120], endsAt: 300 },
  5: { channels: ['sms', 'tts'], eventsAt: [0, 120], endsAt: 300 },
  6: { channels: ['sms'], eventsAt: [0], endsAt: 'PIN expiry' },
  7: { channels: ['tts'], eventsAt: [0], endsAt: 'PIN expiry' },
}

/** The timetable of a request: which messages, what lies between them, and how long a PIN is good. */
export function sendsOf(wish: Wish): { channels: Channel[]; waitsMs: number[]; pinLifeMs: number } {
  const wait = wish.next_event_wait === undefined ? undefined : Number(wish.next_event_wait)
  const expiry = wish.pin_expiry === undefined ? undefined : Number(wish.pin_expiry)
  const isUneven = expiry !== undefined && wait !== undefined && expiry % wait !== 0
  const pinLife = isUneven ? wait : (expiry ?? 300)
  const { channels, eventsAt, endsAt } = workflows[wish.workflow_id ?? '1'] ?? { channels: [], eventsAt: [], endsAt: 0 }
  const boundaries = [...eventsAt, endsAt]
  const waits = channels.map((_, index) => {
    const next = boundaries[index + 1]
    if (next === 'PIN expiry') return pinLife
    return wait ?? Number(next) - Number(boundaries[index])
  })
  return { channels, waitsMs: waits.map((each) => each * 1000), pinLifeMs: pinLife * 1000 }
}

/** One number, however it is written. */
const international = ['447700900123', '+447700900123', '00447700900123', '+44 7700 900123', '44 7700 900 123']
const writings: Record<string, string>[] = [
  ...international.map((number) => ({ number })),
  ...['447700900123', '07700 900123', '07700900123'].map((number) => ({ number, country: 'GB' })),
  { number: '+447700900123', country: 'us' },
]

const wish: fc.Arbitrary<Wish> = fc.record(
  {
    brand: fc.constantFrom('Acme', ':):):)', '$%@', 'x'.repeat(18)),
    sender_id: fc.constantFrom('BANK', 'Привет', 'x'.repeat(11)),
    code_length: fc.constantFrom('4', '6', '06', '00004'),
    pin_expiry: fc.constantFrom('60', '90', '120', '125', '200', '240', '300', '305', '360', '3600'),
    next_event_wait: fc.constantFrom('60', '90', '120', '300', '900'),
    workflow_id: fc.constantFrom('1', '2', '3', '4', '5', '6', '7'),
  },
  { requiredKeys: ['brand'] },
)

const language = fc.constantFrom<Record<string, string>[]>({}, { lg: 'en-gb' }, { lg: 'fil-ph' }, { lg: 'zh-cn' })

/** Values that the contract refuses with 3, by parameter and text. */
const invalid = Object.entries({
  number: ['abc', '123', '447700900123456', '+44 7700 90012x'],
  brand: ['a\nb'],
  country: ['R', 'RUS'],
  code_length: ['4.0', '8/2', '=4'],
  lg: ['en_us', 'rururu'],
  pin_expiry: ['59', '3601', 'x', '60.5'],
  next_event_wait: ['59', '901', 'x'],
  workflow_id: ['0', '8', 'x'],
}).flatMap(([name, values]) => values.map((value) => faulty(name, value, '')))

const outOfLimits = [
  faulty('brand', 'x'.repeat(19), '. Parameter is too long.'),
  faulty('sender_id', 'x'.repeat(12), '. Parameter is too long.'),
  ...['0', '-1', '3', '5', '999999'].map((value) => faulty('code_length', value, '. The allowed values are 4 and 6.')),
]

function faulty(name: string, value: string, more: string) {
  const refusal = { outcome: `request 3 ${name}`, status: '3', text: `Invalid value for param: ${name}${more}` }
  return { parameters: { [name]: value }, refusal }
}

const noPins = {
  parameters: { pin_code: 'AKFG-3424' },
  refusal: { outcome: 'request 20', status: '20', text: 'This account does not support the parameter: pin_code.' },
}

const missing = ['number', 'brand'].map((name) => ({
  parameters: { [name]: '' },
  refusal: {
    outcome: `request 2 ${name}`,
    status: '2',
    text: `Your request is incomplete and missing the mandatory parameter: ${name}`,
  },
}))

/** Mostly sound. What is missing is told before what is invalid. */
export const given: fc.Arbitrary<Given> = fc
  .record({
    wish,
    language,
    number: fc.constantFrom(...writings),
    invalid: rarely(8, fc.constantFrom(...invalid, ...outOfLimits, noPins)),
    missing: rarely(15, fc.constantFrom(...missing)),
  })
  .map(({ wish, language, number, invalid, missing }) => ({
    parameters: { ...number, ...wish, ...language, ...invalid?.parameters, ...missing?.parameters },
    wish,
    refusal: missing?.refusal ?? invalid?.refusal,
  }))
