import { GatewayError } from '../errors.ts'
import { readEuros } from '../money.ts'
import type { NumberKey, NumbersApi } from '../vonage/vonage.ts'

/** What an order costs, in millionths of a euro. */
export interface Cost {
  /** At once: the purchase and the first month. */
  now: number
  monthly: number
}

export const free = async (): Promise<Cost> => ({ now: 0, monthly: 0 })

/** What Vonage asks for a number that is for sale. Throws number_unavailable where it is not, or has no price. */
export async function costOf(api: NumbersApi, { country, msisdn }: NumberKey): Promise<Cost> {
  const { numbers } = await api.available({ country, pattern: msisdn, search_pattern: 0, size: 1 })
  const found = numbers.find((number) => number.msisdn === msisdn)
  if (!found) throw new GatewayError('number_unavailable', 'The number is not for sale.')
  const monthly = readEuros(found.cost ?? '')
  const purchase = readEuros(found.initialPrice ?? '0')
  if (monthly !== undefined && purchase !== undefined) return { now: purchase + monthly, monthly }
  throw new GatewayError('number_unavailable', 'Vonage names no price for the number, so nobody can approve it.')
}
