import { addressHash } from './context.ts'
import type { Policy } from './policy-schema.ts'

/** The numbers and addresses that a policy names, by the hashes that decisions keep of them. Networks can't be found so. */
export interface NamesIn {
  numbers: ReadonlyMap<string, string>
  addresses: ReadonlyMap<string, string>
}

/** `hash` is keyed. */
export function namesIn({ suppressed, test_numbers, overrides }: Policy, hash: (text: string) => string): NamesIn {
  const numbers = [...suppressed, ...test_numbers, ...overrides].flatMap(({ number }) => number ?? [])
  const addresses = overrides.flatMap(({ address }) => (address === undefined || address.includes('/') ? [] : address))
  return {
    numbers: new Map(numbers.map((number) => [hash(number), number])),
    addresses: new Map(addresses.map((address) => [addressHash(address, hash), address])),
  }
}
