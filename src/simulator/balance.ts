import { currency, inEuro, type MicroEuro } from './prices.ts'

type Purpose = 'messages' | 'verifications' | 'numbers'

/** The account's credit. What a workflow sends by itself is paid even where the credit has run out, as with Vonage. */
export class Balance {
  #left: MicroEuro
  readonly #spent: Record<Purpose, MicroEuro> = { messages: 0, verifications: 0, numbers: 0 }

  constructor(left: MicroEuro) {
    this.#left = left
  }

  covers(price: MicroEuro): boolean {
    return this.#left >= price
  }

  spend(purpose: Purpose, price: MicroEuro): void {
    this.#left -= price
    this.#spent[purpose] += price
  }

  set(left: MicroEuro): void {
    this.#left = left
  }

  report() {
    const spent = Object.entries(this.#spent).map(([purpose, amount]) => [purpose, inEuro(amount, 4)])
    return { currency, balance: inEuro(this.#left, 4), spent: Object.fromEntries(spent) }
  }
}
