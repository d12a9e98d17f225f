import { addressBoundCountries, type StockNumber } from './stock.ts'

/** Where a number's messages and calls go, in Vonage's names. */
export interface Routing {
  moHttpUrl?: string
  voiceCallbackType?: string
  voiceCallbackValue?: string
  voiceStatusCallback?: string
  messagesCallbackType?: string
  messagesCallbackValue?: string
  app_id?: string
}

export interface OwnedNumber {
  owner: string
  number: StockNumber
  routing: Routing
}

/** A number as its owner names it: a subaccount's numbers are its own. */
export interface NumberName {
  owner: string
  country: string
  msisdn: string
}

/** Which numbers are for sale and which belong to whom. */
export class Numbers {
  readonly #stock: StockNumber[]
  /** By msisdn, in the order they were bought. */
  readonly #owned = new Map<string, OwnedNumber>()

  constructor(stock: StockNumber[]) {
    this.#stock = stock
  }

  forSale(): StockNumber[] {
    return this.#stock.filter(({ msisdn }) => !this.#owned.has(msisdn))
  }

  ownedBy(owner: string): OwnedNumber[] {
    return [...this.#owned.values()].filter((owned) => owned.owner === owner)
  }

  buy(name: NumberName): 'bought' | 'not for sale' | 'address required' {
    const number = this.forSale().find(({ country, msisdn }) => country === name.country && msisdn === name.msisdn)
    if (!number) return 'not for sale'
    if (addressBoundCountries.has(number.country)) return 'address required'
    this.#owned.set(number.msisdn, { owner: name.owner, number, routing: {} })
    return 'bought'
  }

  cancel(name: NumberName): 'cancelled' | 'not owned' {
    const owned = this.#find(name)
    if (!owned) return 'not owned'
    this.#owned.delete(owned.number.msisdn)
    return 'cancelled'
  }

  update(name: NumberName, changes: Routing): 'updated' | 'not owned' {
    const owned = this.#find(name)
    if (!owned) return 'not owned'
    owned.routing = reroute(owned.routing, changes)
    return 'updated'
  }

  #find({ owner, country, msisdn }: NumberName): OwnedNumber | undefined {
    const owned = this.#owned.get(msisdn)
    return owned?.owner === owner && owned.number.country === country ? owned : undefined
  }
}

/**
 * Almost a patch: what is named changes, an empty text removes it. But voice members without `moHttpUrl` remove the
 * link for messages, while `moHttpUrl` alone leaves the voice link as it was.
 */
function reroute(before: Routing, changes: Routing): Routing {
  const namesVoice = Object.keys(changes).some((name) => name.startsWith('voice'))
  const after = { ...before, ...(namesVoice ? { moHttpUrl: '' } : {}), ...changes }
  return Object.fromEntries(Object.entries(after).filter(([, value]) => value !== ''))
}
