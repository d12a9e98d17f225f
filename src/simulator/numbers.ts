import type { Clock } from '../clock.ts'
import type { Balance } from './balance.ts'
import { microEuro } from './prices.ts'
import type { Entry, Schedule } from './schedule.ts'
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

interface Let extends OwnedNumber {
  rent: Entry | undefined
}

interface NumbersOptions {
  stock: StockNumber[]
  clock: Clock
  schedule: Schedule
  balance: Balance
}

/** A number as its owner names it: a subaccount's numbers are its own. */
export interface NumberName {
  owner: string
  country: string
  msisdn: string
}

/** Which numbers are for sale and which belong to whom. */
export class Numbers {
  readonly #options: NumbersOptions
  /** By msisdn, in the order they were bought. */
  readonly #owned = new Map<string, Let>()

  constructor(options: NumbersOptions) {
    this.#options = options
  }

  forSale(): StockNumber[] {
    return this.#options.stock.filter(({ msisdn }) => !this.#owned.has(msisdn))
  }

  owned(): OwnedNumber[] {
    return [...this.#owned.values()]
  }

  ownedBy(owner: string): OwnedNumber[] {
    return this.owned().filter((owned) => owned.owner === owner)
  }

  buy(name: NumberName): 'bought' | 'not for sale' | 'address required' | 'out of credit' {
    const number = this.forSale().find(({ country, msisdn }) => country === name.country && msisdn === name.msisdn)
    if (!number) return 'not for sale'
    if (addressBoundCountries.has(number.country)) return 'address required'
    const price = microEuro(number.initialPrice)
    if (!this.#options.balance.covers(price)) return 'out of credit'
    this.#options.balance.spend('numbers', price)
    const owned: Let = { owner: name.owner, number, routing: {}, rent: undefined }
    this.#owned.set(number.msisdn, owned)
    this.#awaitRent(owned, this.#options.clock.now(), 1)
    return 'bought'
  }

  cancel(name: NumberName): 'cancelled' | 'not owned' {
    const owned = this.#find(name)
    if (!owned) return 'not owned'
    this.#options.schedule.callOff(owned.rent)
    this.#owned.delete(owned.number.msisdn)
    return 'cancelled'
  }

  update(name: NumberName, changes: Routing): 'updated' | 'not owned' {
    const owned = this.#find(name)
    if (!owned) return 'not owned'
    owned.routing = reroute(owned.routing, changes)
    return 'updated'
  }

  /** Each month on the day it was bought; a number that can't be paid any more is released. */
  #awaitRent(owned: Let, boughtAtMs: number, month: number): void {
    const { balance, schedule } = this.#options
    const price = microEuro(owned.number.cost)
    owned.rent = schedule.at(monthsLater(boughtAtMs, month), () => {
      if (!balance.covers(price)) return void this.#owned.delete(owned.number.msisdn)
      balance.spend('numbers', price)
      this.#awaitRent(owned, boughtAtMs, month + 1)
    })
  }

  #find({ owner, country, msisdn }: NumberName): Let | undefined {
    const owned = this.#owned.get(msisdn)
    return owned?.owner === owner && owned.number.country === country ? owned : undefined
  }
}

/** The same day of a later month, or its last day where it has no such day. */
function monthsLater(atMs: number, months: number): number {
  const from = new Date(atMs)
  const month = Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1)
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months + 1, 0)).getUTCDate()
  const dayMs = 24 * 3600 * 1000
  return month + (Math.min(from.getUTCDate(), lastDay) - 1) * dayMs + (atMs % dayMs)
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
