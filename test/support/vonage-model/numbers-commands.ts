import fc from 'fast-check'
import type { Form, NumbersModel } from './numbers-model.ts'
import { refusedSending } from './numbers-model.ts'
import { isStubborn, rarely } from './rarely.ts'
import { ask, type Step, step } from './step.ts'

/** The countries whose numbers the model knows. */
export const knownCountries = ['GB', 'US', 'DE']

/** Mostly a mobile number of the first country. */
const target = fc.oneof(
  { arbitrary: fc.constant('GB'), weight: 12 },
  { arbitrary: fc.constant('US'), weight: 4 },
  { arbitrary: fc.constantFrom('DE', 'unknown', 'of another country', 'lower case'), weight: 3 },
)

/** One and the same number for each target. */
function nameOf({ stock }: NumbersModel, target: string): { country: string; msisdn: string } {
  const country = target === 'US' || target === 'DE' ? target : 'GB'
  const msisdn = stock.find((each) => each.country === country && each.type === 'mobile-lvn')?.msisdn ?? ''
  if (target === 'unknown') return { country, msisdn: '447418' }
  if (target === 'of another country') return { country: 'US', msisdn }
  return { country: target === 'lower case' ? 'gb' : country, msisdn }
}

/** A part of the number that is bought, and where it's looked for. */
const pattern = fc.record({
  part: fc.constantFrom('all', 'beginning', 'middle', 'end'),
  search_pattern: fc.constantFrom(undefined, '0', '1', '2'),
})

function writePattern(msisdn: string, given: { part: string; search_pattern: string | undefined } | undefined): Form {
  if (!given) return {}
  const parts: Form = { all: msisdn, beginning: msisdn.slice(0, 6), middle: msisdn.slice(3, -2), end: msisdn.slice(-2) }
  return { pattern: parts[given.part] ?? '', ...(given.search_pattern && { search_pattern: given.search_pattern }) }
}

const page = someOf({ size: fc.constantFrom('1', '2', '5', '100'), index: fc.constantFrom('1', '1', '2', '3', '50') })

/** Each parameter once in four times. */
function someOf(parameters: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Form> {
  const entries = Object.entries(parameters)
  return fc.tuple(...entries.map(([, value]) => rarely(4, value))).map((values) => {
    const given = entries.flatMap(([name], index) => (values[index] === undefined ? [] : [[name, values[index]]]))
    return Object.fromEntries(given)
  })
}

const available = fc
  .record({
    target,
    pattern: rarely(2, pattern),
    page,
    filters: someOf({
      country: fc.constantFrom('GB', 'gb', 'US', 'XX', ''),
      type: fc.constantFrom('mobile-lvn', 'landline', 'landline-toll-free'),
      features: fc.constantFrom('SMS', 'VOICE', 'SMS,VOICE', 'MMS', 'SMS,MMS', 'VOICE,MMS', 'SMS,MMS,VOICE'),
    }),
  })
  .map(({ target, pattern, page, filters }) =>
    step(`available ${target} ${JSON.stringify({ pattern, page, filters })}`, async ({ numbers }, real) => {
      const { country, msisdn } = nameOf(numbers, target)
      const parameters = { country, ...filters, ...page, ...writePattern(msisdn, pattern) }
      await ask(real, { path: '/number/search', parameters, sending: 'query' }, numbers.search(parameters))
    }),
  )

const applicationId = '29f769f7-7ce1-46c9-ade3-f2dedee4ffff'

const owned = fc
  .record({
    target,
    pattern: rarely(2, pattern),
    page,
    isStubborn,
    // An owned number can't be asked for by type or features: they change nothing.
    filters: someOf({
      country: fc.constantFrom('GB', 'GB', 'us', 'SE'),
      has_application: fc.constantFrom('true', 'false'),
      application_id: fc.constantFrom(applicationId, '00000000-0000-4000-8000-000000000000'),
      type: fc.constantFrom('mobile-lvn', 'landline'),
      features: fc.constantFrom('SMS', 'MMS'),
    }),
  })
  .map(({ target, pattern, page, isStubborn, filters }) => {
    const run: Step['run'] = async ({ numbers }, real) => {
      const parameters = { ...filters, ...page, ...writePattern(nameOf(numbers, target).msisdn, pattern) }
      await ask(real, { path: '/account/numbers', parameters, sending: 'query' }, numbers.list(parameters))
    }
    const name = `owned ${target} ${JSON.stringify({ pattern, page, filters })}`
    return step(name, run, ({ numbers }) => isStubborn || numbers.owned.length > 0)
  })

/** Seldom in another way than a form. */
const sending = fc.oneof(
  { arbitrary: fc.constant<'form'>('form'), weight: 12 },
  { arbitrary: fc.constantFrom<'query' | 'json'>('query', 'json'), weight: 1 },
)

const subaccount = fc.oneof(
  { arbitrary: fc.constant<Form>({}), weight: 8 },
  { arbitrary: fc.constant<Form>({ target_api_key: 'sub1' }), weight: 1 },
)

function change(operation: 'buy' | 'cancel' | 'update', more: fc.Arbitrary<Form>): fc.Arbitrary<Step> {
  return fc.record({ target, more, sending, isStubborn }).map(({ target, more, sending, isStubborn }) => {
    const run: Step['run'] = async ({ numbers }, real) => {
      const form = { ...nameOf(numbers, target), ...more }
      const call =
        sending === 'query'
          ? { path: `/number/${operation}?${new URLSearchParams(form)}`, parameters: {}, sending: 'form' as const }
          : { path: `/number/${operation}`, parameters: form, sending }
      await ask(real, call, sending === 'form' ? numbers[operation](form) : refusedSending(operation, sending))
    }
    const name = `${operation} ${target} by ${sending} ${JSON.stringify(more)}`
    return step(name, run, ({ numbers }) => isStubborn || operation === 'buy' || numbers.owned.length > 0)
  })
}

const url = fc.constantFrom('https://example.com/1', 'https://example.com/2', '')
const voiceLinks: Form[] = [
  {},
  {},
  { voiceCallbackType: 'tel', voiceCallbackValue: '447700900123' },
  { voiceCallbackType: 'sip', voiceCallbackValue: 'sip:a@example.com' },
  { voiceCallbackType: '', voiceCallbackValue: '' },
]
const halfVoiceLinks: Form[] = [
  { voiceCallbackType: 'tel' },
  { voiceCallbackValue: '447700900123' },
  { voiceCallbackType: 'vxml', voiceCallbackValue: 'https://example.com' },
]
const messageLinks: Form[] = [{}, {}, {}, { messagesCallbackType: 'app', messagesCallbackValue: applicationId }]
const links = fc
  .record({
    voice: fc.constantFrom(...voiceLinks),
    halfVoice: rarely(6, fc.constantFrom(...halfVoiceLinks)),
    messages: fc.constantFrom(...messageLinks),
    others: someOf({
      moHttpUrl: url,
      voiceStatusCallback: url,
      moSmppSysType: fc.constant('inbound'),
      app_id: fc.constantFrom(applicationId, applicationId, applicationId, '', 'x'),
    }),
  })
  .map(({ voice, halfVoice, messages, others }): Form => ({ ...(halfVoice ?? voice), ...messages, ...others }))

const buy = change('buy', subaccount)
const update = change('update', links)

export const numbersSteps: fc.Arbitrary<Step>[] = [
  buy,
  buy,
  update,
  update,
  owned,
  owned,
  available,
  change('cancel', subaccount),
]

/** What is owned is as the model has it. */
export const lastListing: Step = step('owned at last', async ({ numbers }, real) => {
  const parameters = { size: '100' }
  await ask(real, { path: '/account/numbers', parameters, sending: 'query' }, numbers.list(parameters))
})
