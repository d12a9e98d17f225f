import { Random } from './random.ts'

export type FaultAnswer =
  | { kind: 'status'; status: string }
  | { kind: 'http'; httpStatus: number }
  | { kind: 'connection'; end: 'cut' | 'stall' }
  /** The true answer, late. */
  | { kind: 'late'; afterSeconds: number }

export interface Fault {
  answer: FaultAnswer
  /** How long after the call it does its work; undefined when it never does. */
  effectAfterSeconds: number | undefined
}

interface Rate {
  fault: Fault
  /** Of all calls: above 0, up to 1. */
  rate: number
}

/** What goes wrong, per path: first what was planned, in the order it was planned, then by chance. */
export class Faults {
  readonly #seed: string
  readonly #planned = new Map<string, { fault: Fault; times: number }[]>()
  readonly #rates = new Map<string, Rate[]>()
  readonly #chances = new Map<string, Random>()
  /** How long after the end of a verification a search does not find it. */
  searchLagSeconds = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  /** The next `times` calls of a path, after those that are planned already. */
  plan(path: string, fault: Fault, times: number): void {
    this.#planned.set(path, [...(this.#planned.get(path) ?? []), { fault, times }])
  }

  /** A share of the calls of a path; false when all shares of the path would be more than 1. */
  addRate(path: string, fault: Fault, { rate, seed }: { rate: number; seed?: string | undefined }): boolean {
    const rates = [...(this.#rates.get(path) ?? []), { fault, rate }]
    if (rates.reduce((sum, each) => sum + each.rate, 0) > 1 + 1e-9) return false
    this.#rates.set(path, rates)
    if (seed !== undefined || !this.#chances.has(path)) {
      this.#chances.set(path, new Random(seed ?? this.#seed, `faults ${path}`))
    }
    return true
  }

  clear(): void {
    this.#planned.clear()
    this.#rates.clear()
    this.#chances.clear()
    this.searchLagSeconds = 0
  }

  /** The fault that meets this call. */
  take(path: string): Fault | undefined {
    const planned = this.#planned.get(path)
    const [next] = planned ?? []
    if (!next) return this.#draw(path)
    next.times -= 1
    if (next.times <= 0) planned?.shift()
    return next.fault
  }

  #draw(path: string): Fault | undefined {
    let chance = this.#chances.get(path)?.fraction() ?? 1
    for (const { fault, rate } of this.#rates.get(path) ?? []) {
      if (chance < rate) return fault
      chance -= rate
    }
    return undefined
  }
}
