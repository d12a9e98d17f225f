import type { SimulatorUnderTest } from '../../src/simulator/simulator-under-test.ts'
import type { Likeness } from './alike.ts'

export type Vonage = SimulatorUnderTest

/** How the simulator comes to answer what Vonage was recorded to answer. */
export interface Recording<Calls = Vonage> extends Likeness {
  replay(vonage: Calls): Promise<unknown>
}

export const date = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/
/** Prices are those of another list, and had five decimals or more. */
export const price = /^\d+\.\d{5,8}$/

/** The name of a number that is for sale. */
export async function offered({ get }: Vonage, country: string, type?: string) {
  const narrower = type ? `&type=${type}` : ''
  const [offer] = [(await get(`/number/search?country=${country}${narrower}`)).body.numbers].flat()
  return { country, msisdn: String(Object(offer).msisdn) }
}
