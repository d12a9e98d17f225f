import type { Expected } from './answer.ts'

/** A number that Vonage lets, as a search shows it. */
export interface Offer {
  country: string
  msisdn: string
  type: string
  features: string[]
  [member: string]: unknown
}

export type Form = Record<string, string>

interface Owned {
  owner: string
  offer: Offer
  routing: Form
}

const addressBound = new Set(['DE'])
const addressText =
  'Numbers from this country can be requested from the Dashboard (https://dashboard.nexmo.com/buy-numbers) as they ' +
  'require a valid local address to be provided before being purchased.'

/** The members of an update that an owned number shows. */
const shown = [
  'moHttpUrl',
  'voiceCallbackType',
  'voiceCallbackValue',
  'voiceStatusCallback',
  'messagesCallbackType',
  'messagesCallbackValue',
  'app_id',
]

/** What the contract says of Numbers: which are for sale, which are owned, and how those are routed. */
export class NumbersModel {
  readonly apiKey: string
  /** All that there is to let, in the order of the lists. */
  readonly stock: Offer[]
  /** In the order they were bought. */
  readonly owned: Owned[] = []

  constructor(apiKey: string, stock: Offer[]) {
    this.apiKey = apiKey
    this.stock = stock
  }

  search(query: Form): Expected {
    if (!query.country) return requires('country', 'available 400')
    const features = query.features?.split(',') ?? []
    const matching = this.stock.filter(
      (offer) =>
        !this.owned.some((owned) => owned.offer.msisdn === offer.msisdn) &&
        fits(offer, query) &&
        (!query.type || offer.type === query.type) &&
        features.every((feature) => offer.features.includes(feature)),
    )
    return pageOf('available', matching, query)
  }

  list(query: Form): Expected {
    const matching = this.owned.filter(
      ({ owner, offer, routing }) =>
        owner === this.apiKey &&
        fits(offer, query) &&
        (!query.application_id || routing.app_id === query.application_id) &&
        (!query.has_application || String('app_id' in routing) === query.has_application),
    )
    return pageOf(
      'owned',
      matching.map(({ offer, routing }) => {
        const { cost: _, initialPrice: __, ...number } = offer
        return { ...number, ...routing }
      }),
      query,
    )
  }

  buy(form: Form): Expected {
    const offer = this.stock.find((each) => isNamed(each, form))
    if (!offer || this.owned.some((owned) => owned.offer === offer)) return failed('number/buy 420')
    if (addressBound.has(offer.country)) return failed('number/buy 420 address', addressText)
    this.owned.push({ owner: form.target_api_key ?? this.apiKey, offer, routing: {} })
    return succeeded('number/buy 200')
  }

  cancel(form: Form): Expected {
    const owned = this.#find(form, form.target_api_key ?? this.apiKey)
    if (!owned) return failed('number/cancel 420')
    this.owned.splice(this.owned.indexOf(owned), 1)
    return succeeded('number/cancel 200')
  }

  /** What is named is set, but voice members without a link for messages remove that link. */
  update(form: Form): Expected {
    const { voiceCallbackType: type = '', voiceCallbackValue: value = '', app_id = '' } = form
    if ((type === '') !== (value === '') || !['', 'sip', 'tel', 'app'].includes(type))
      return failed('number/update 420 voice')
    if (app_id !== '' && !/^[\da-f-]{36}$/.test(app_id)) return failed('number/update 420 application')
    const owned = this.#find(form, this.apiKey)
    if (!owned) return failed('number/update 420')
    const namesVoice = Object.keys(form).some((name) => name.startsWith('voice'))
    if (namesVoice && form.moHttpUrl === undefined) delete owned.routing.moHttpUrl
    for (const name of shown) {
      const given = form[name]
      if (given === '') delete owned.routing[name]
      if (given) owned.routing[name] = given
    }
    return succeeded('number/update 200')
  }

  #find(form: Form, owner: string): Owned | undefined {
    return this.owned.find((owned) => owned.owner === owner && isNamed(owned.offer, form))
  }
}

/** Changes are read from a form only. */
export function refusedSending(operation: string, sending: 'query' | 'json'): Expected {
  return sending === 'json' ? requires('country', `number/${operation} 400`) : failed(`number/${operation} 420 query`)
}

function isNamed({ country, msisdn }: Offer, form: Form): boolean {
  return country === form.country?.toUpperCase() && msisdn === form.msisdn
}

function fits({ country, msisdn }: Offer, { country: wanted, pattern = '', search_pattern = '0' }: Form): boolean {
  if (wanted && wanted.toUpperCase() !== country) return false
  const place = msisdn.indexOf(pattern)
  if (search_pattern === '0') return place === 0
  return search_pattern === '1' ? place >= 0 : msisdn.endsWith(pattern)
}

function pageOf(list: string, matching: object[], { size = '10', index = '1' }: Form): Expected {
  const before = (Number(index) - 1) * Number(size)
  const numbers = matching.slice(before, before + Number(size))
  if (numbers.length > 0) return { outcome: list, httpStatus: 200, body: { count: matching.length, numbers } }
  const outcome = matching.length > 0 ? `${list} past the end` : `${list} nothing`
  return { outcome, httpStatus: 200, body: {} }
}

function requires(name: string, outcome: string): Expected {
  return { outcome, httpStatus: 400, body: { [name]: 'Is required.' } }
}

function failed(outcome: string, label = 'method failed'): Expected {
  return { outcome, httpStatus: 420, body: { 'error-code': '420', 'error-code-label': label } }
}

function succeeded(outcome: string): Expected {
  return { outcome, httpStatus: 200, body: { 'error-code': '200', 'error-code-label': 'success' } }
}
