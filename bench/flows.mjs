// A flow is a request and a check of the right code.
import { closedLoop, connect } from './load.mjs'
import { authorization, cpuMs } from './processes.mjs'

const headers = { authorization }

/** The ways to do both: each answers a request with its request_id, and a check with whether the code was right. */
export const ways = {
  vonage(url) {
    const { post } = connect(url)
    return {
      ask: async (number) => (await post('/verify/json', { number, brand: 'Bench' }, { headers })).request_id,
      check: async (body) => (await post('/verify/check/json', body, { headers })).status === '0',
    }
  },
  tollgate(url) {
    const { post } = connect(url)
    return {
      ask: async (number) => (await post('/v1/verifications', { number, brand: 'Bench' })).request_id,
      check: async (body) => (await post('/v1/verifications/check', body)).state === 'verified',
    }
  },
  /** From a new address for each number. */
  tollgateWithContext(url) {
    const { post } = connect(url)
    const ipOf = (number) => [10, ...number.slice(-6).match(/../g)].map(Number).join('.')
    return {
      ask: async (number) => {
        const context = { ip: ipOf(number), session_id: number, account_id: number }
        return (await post('/v1/verifications', { number, brand: 'Bench', context })).request_id
      },
      check: async (body) => (await post('/v1/verifications/check', body)).state === 'verified',
    }
  },
  express(url) {
    const { post } = connect(url)
    return {
      ask: async (number) => (await post('/request', { number })).request_id,
      check: async (body) => (await post('/check', body)).status === '0',
    }
  },
}

let nextNumber = 447_400_000_000

/** British mobile numbers, none of them twice. */
export function freshNumbers(count) {
  return Array.from({ length: count }, () => String(nextNumber++))
}

/** What checks need after requests for these numbers: all codes with one reading of the inbox. */
export async function readCodes(simulator, numbers, requestIds) {
  const response = await fetch(`${simulator}/inbox/messages?last=${numbers.length}`)
  const { messages } = await response.json()
  const codes = new Map(messages.map(({ to, code }) => [to, code]))
  return numbers.map((number, index) => ({ request_id: requestIds[index], code: codes.get(number) }))
}

export function demandRight(results) {
  if (!results.every(Boolean)) throw new Error('a right code was not right')
}

/**
 * So many flows at full speed, by so many callers at a time: how many a second, and the processor time that all of
 * `running` took for one, in milliseconds.
 */
export async function measureFlows(count, simulator, { running, way, callers }) {
  const numbers = freshNumbers(count)
  const cpuOfAll = () => [running].flat().reduce((sum, each) => sum + cpuMs(each), 0)
  const cpuBefore = cpuOfAll()
  const asked = await closedLoop(numbers, way.ask, callers)
  const checked = await closedLoop(await readCodes(simulator, numbers, asked.results), way.check, callers)
  demandRight(checked.results)
  return {
    perSecond: (count / (asked.ms + checked.ms)) * 1000,
    cpuMs: (cpuOfAll() - cpuBefore) / count,
  }
}
