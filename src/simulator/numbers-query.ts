import { type CallParameters, single } from './call-parameters.ts'

interface Page {
  size: number
  /** 1-based. */
  index: number
}

interface NumbersQuery {
  page: Page
  matches(number: { country: string; msisdn: string; type: string; features: string[] }): boolean
}

const maxPageSize = 100
const types = new Set(['mobile-lvn', 'landline', 'landline-toll-free'])
const featureLists = new Set(['SMS', 'VOICE', 'SMS,VOICE', 'MMS', 'SMS,MMS', 'VOICE,MMS', 'SMS,MMS,VOICE'])

const patternMatches: Record<string, (msisdn: string, pattern: string) => boolean> = {
  0: (msisdn, pattern) => msisdn.startsWith(pattern),
  1: (msisdn, pattern) => msisdn.includes(pattern),
  2: (msisdn, pattern) => msisdn.endsWith(pattern),
}

/** What both lists can be narrowed by; undefined when a parameter has no sense. */
export function readNumbersQuery(parameters: CallParameters): NumbersQuery | undefined {
  const given = (name: string) => single(parameters, name) || undefined
  const country = given('country')?.toUpperCase()
  const pattern = given('pattern') ?? ''
  const matchesPattern = patternMatches[given('search_pattern') ?? '0']
  const page = readPage(given('size') ?? '10', given('index') ?? '1')
  if (!page || !matchesPattern) return undefined
  return {
    page,
    matches: (number) => (!country || number.country === country) && matchesPattern(number.msisdn, pattern),
  }
}

/** The numbers for sale can be narrowed by their type and features too. */
export function readOfferQuery(parameters: CallParameters): NumbersQuery | undefined {
  const query = readNumbersQuery(parameters)
  const type = single(parameters, 'type')
  const features = single(parameters, 'features')
  if (!query || (type && !types.has(type)) || (features && !featureLists.has(features))) return undefined
  const wanted = features ? features.split(',') : []
  return {
    page: query.page,
    matches: (number) =>
      query.matches(number) &&
      (!type || number.type === type) &&
      wanted.every((feature) => number.features.includes(feature)),
  }
}

/** A page of a list with the size of the whole; `{}` for a page with nothing on it. */
export function pageOf<Item>(items: Item[], { size, index }: Page): { count: number; numbers: Item[] } | object {
  const numbers = items.slice((index - 1) * size, index * size)
  return numbers.length === 0 ? {} : { count: items.length, numbers }
}

function readPage(sizeText: string, indexText: string): Page | undefined {
  const size = readCount(sizeText)
  const index = readCount(indexText)
  return size && index && size <= maxPageSize ? { size, index } : undefined
}

/** An integer from 1 on. */
function readCount(text: string): number | undefined {
  return /^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined
}
