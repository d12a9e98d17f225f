export type FaultAnswer =
  | { kind: 'status'; status: string }
  | { kind: 'http'; httpStatus: number }
  | { kind: 'connection'; end: 'cut' | 'stall' }

export interface Fault {
  path: string
  answer: FaultAnswer
  /** Whether the call does its work although it answers this. */
  takesEffect: boolean
  times: number
}

/** What was planned to go wrong, per path in the order it was planned. */
export class Faults {
  readonly #planned = new Map<string, Fault[]>()

  plan(fault: Fault): void {
    const samePath = this.#planned.get(fault.path)
    if (samePath) samePath.push({ ...fault })
    else this.#planned.set(fault.path, [{ ...fault }])
  }

  /** The fault that meets this call; each meets `times` calls. */
  take(path: string): Fault | undefined {
    const [next] = this.#planned.get(path) ?? []
    if (!next) return undefined
    next.times -= 1
    if (next.times <= 0) this.#planned.get(path)?.shift()
    return next
  }
}
