import { offered, type Recording, type Vonage } from './recording.ts'

const applicationId = '29f769f7-7ce1-46c9-ade3-f2dedee4ffff'
/** A UUID, or what somebody made of one before showing it. */
const obscuredUuid = /^[\da-z]{8}(-[\da-z]{4}){3}-[\da-z]{12}$/
const owned = { msisdn: /^(34|44)\d{8,10}$/, voiceCallbackValue: obscuredUuid, app_id: obscuredUuid }
/** How many there are is a matter of the stock; what setting one up costs, Vonage has added since. */
const offer = { forms: { msisdn: /^44\d{10}$/ }, additions: { initialPrice: /^\d+\.\d\d$/ } }
const count = /^[1-9]\d*$/

/** A Spanish number, and a British one whose calls go to an application. */
async function ownTwo(vonage: Vonage): Promise<void> {
  await vonage.post('/number/buy', await offered(vonage, 'ES', 'mobile-lvn'))
  const british = await offered(vonage, 'GB', 'mobile-lvn')
  await vonage.post('/number/buy', british)
  const voice = { voiceCallbackType: 'app', voiceCallbackValue: applicationId }
  await vonage.post('/number/update', { ...british, app_id: applicationId, ...voice })
}

export const numbersRecordings: Record<string, Recording> = {
  'list_owned_numbers_basic.json': {
    forms: owned,
    async replay(vonage) {
      await ownTwo(vonage)
      return (await vonage.get('/account/numbers')).body
    },
  },
  'list_owned_numbers_filter.json': {
    forms: owned,
    async replay(vonage) {
      await ownTwo(vonage)
      return (await vonage.get('/account/numbers?country=GB&has_application=true&size=1')).body
    },
  },
  'list_owned_numbers_subset.json': {
    forms: { msisdn: owned.msisdn },
    async replay(vonage) {
      await ownTwo(vonage)
      return (await vonage.get('/account/numbers?size=1&index=1')).body
    },
  },
  'search_available_numbers_basic.json': {
    ...offer,
    forms: { ...offer.forms, count },
    replay: async (vonage) => (await vonage.get('/number/search?country=GB&type=landline&size=3')).body,
  },
  'search_available_numbers_filter.json': {
    ...offer,
    forms: { ...offer.forms, count },
    replay: async (vonage) =>
      (await vonage.get('/number/search?country=GB&type=landline&features=VOICE&pattern=44203&size=1')).body,
  },
  'search_available_numbers_end_of_list.json': {
    ...offer,
    async replay(vonage) {
      const { msisdn } = await offered(vonage, 'GB', 'mobile-lvn')
      return (await vonage.get(`/number/search?country=GB&pattern=${msisdn}`)).body
    },
  },
  'nothing.json': { replay: async (vonage) => (await vonage.get('/account/numbers')).body },
  'number.json': {
    replay: async (vonage) => (await vonage.post('/number/buy', await offered(vonage, 'GB'))).body,
  },
  'no_number.json': {
    replay: async (vonage) => (await vonage.post('/number/cancel', { country: 'GB', msisdn: '447000000000' })).body,
  },
}
