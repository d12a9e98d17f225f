import type { Arena } from './arena.ts'
import { type Answer, request } from './gateway.ts'

/** Something that somebody wants, done again and again until it is over; `waits`: time has to pass before it goes on. */
export type Errand = () => Promise<'over' | 'waits'>

/** People who run errands, each one after the other, until there are none or they are told to stop. */
export class Crowd {
  readonly #nextErrand: () => Errand | undefined
  readonly #people: Promise<unknown>
  #isStopped = false
  #waiting: Errand[] = []
  #end: { failure: unknown } | undefined

  constructor(size: number, nextErrand: () => Errand | undefined) {
    this.#nextErrand = nextErrand
    this.#people = Promise.all(Array.from({ length: size }, () => this.#runErrands()))
    this.#people
      .then(() => Promise.reject(new Error('all errands are done, and nobody goes on')))
      .catch((failure) => {
        this.#end = { failure }
      })
  }

  /** Nobody begins another errand. */
  stop(): void {
    this.#isStopped = true
  }

  /** Resolves when all are through; what has to wait goes on after each of some spans of time. Answers how many wait still. */
  async finish(pass: (seconds: number) => Promise<void>, spans: number[]): Promise<number> {
    await this.#people
    for (const seconds of spans) {
      if (this.#waiting.length === 0) break
      await pass(seconds)
      await Promise.all(this.#waiting.splice(0).map((errand) => this.#run(errand)))
    }
    return this.#waiting.length
  }

  /** Resolves when a condition holds; rejects when an errand fails before, or nobody goes on. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#end) throw this.#end.failure
      await new Promise(setImmediate)
    }
  }

  async #runErrands(): Promise<void> {
    while (!this.#isStopped) {
      const errand = this.#nextErrand()
      if (!errand) return
      await this.#run(errand)
    }
  }

  async #run(errand: Errand): Promise<void> {
    if ((await errand()) === 'waits') this.#waiting.push(errand)
  }
}

export interface Asked {
  path: string
  body: object
  /** Sent as Idempotency-Key. */
  key?: string | undefined
  /** Whoever gives up the first time after so long asks again, and then waits for the answer. */
  patienceMs?: number | undefined
}

/** Asks one gateway after the other until there is an answer that counts; undefined when time has to pass first. */
export async function ask(
  { addresses, inProgress }: Pick<Arena, 'addresses' | 'inProgress'>,
  { path, body, key, patienceMs }: Asked,
  onAnswer: (answer: Answer) => void,
): Promise<Answer | undefined> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
  let signal = patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs)
  for (;;) {
    const address = await addresses.next()
    const answer = await request(`${address}${path}`, 'POST', body, headers, signal).catch(() => undefined)
    signal = undefined
    if (answer) onAnswer(answer)
    if (answer && inProgress.includes(answer.body.code)) return undefined
    if (answer && !isToRepeat(answer)) return answer
    await new Promise(setImmediate)
  }
}

function isToRepeat({ status, body }: Answer): boolean {
  return [429, 502, 503, 504].includes(status) || body.code === 'request_in_progress'
}
