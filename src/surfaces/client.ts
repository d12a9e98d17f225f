import type * as z from 'zod'
import type { ProblemBody } from '../errors.ts'
import type { operations } from '../operations.ts'
import type { ProblemCode } from '../problems.ts'
import { type Rest, routes } from '../routes.ts'
import { fillPath, takesBody } from './rest-shape.ts'

export type { ProblemBody, ProblemCode }

export interface ClientOptions {
  /** The REST API, such as http://127.0.0.1:8082. */
  url: string | URL
  /** Sent as a bearer token. */
  key?: string
  /** Instead of the global fetch. */
  fetch?: typeof globalThis.fetch
}

/** What the gateway refused; switch on `code`. Network failures are thrown as fetch throws them. */
export class TollgateError extends Error {
  override readonly name = 'TollgateError'
  readonly code: ProblemCode
  readonly problem: ProblemBody

  constructor(problem: ProblemBody) {
    super(problem.detail)
    this.code = problem.code
    this.problem = problem
  }
}

type Definition = (typeof operations)[number]
type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name
type Input<D extends Definition> = z.input<D['input']>
type Arguments<D extends Definition> = Record<string, never> extends Input<D> ? [input?: Input<D>] : [input: Input<D>]

/** A method for each operation: `request-verification` is `requestVerification`. */
export type Client = {
  [D in Definition as Camel<D['name']>]: (...args: Arguments<D>) => Promise<z.output<D['output']>>
}

/** A typed client of a gateway's REST API. Its methods throw a TollgateError for every problem. */
export function createClient({ url, key, fetch = globalThis.fetch }: ClientOptions): Client {
  const base = String(url).replace(/\/$/, '')
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }

  async function call(rest: Rest, input: Record<string, unknown>): Promise<unknown> {
    const { method, path, body } = toHttp(rest, input)
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...authorization,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    })
    const answer = readJson(await response.text())
    if (response.ok && answer !== undefined) return answer
    if (isProblem(answer)) throw new TollgateError(answer)
    throw new Error(`${base} answered with HTTP ${response.status}, and not as a gateway does.`)
  }

  const methods = Object.entries(routes).map(([name, rest]) => [
    name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    (input: Record<string, unknown> = {}) => call(rest, input),
  ])
  // The names above are those of the type: there is no operation without a route, nor the reverse.
  return Object.fromEntries(methods) as Client
}

function toHttp(rest: Rest, input: Record<string, unknown>): { method: string; path: string; body?: string } {
  const { path, others } = fillPath(rest, input)
  if (takesBody(rest)) return { method: rest.method, path, body: JSON.stringify(others) }
  const given = Object.entries(others).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return { method: rest.method, path: query.size > 0 ? `${path}?${query}` : path }
}

/** What stands between may answer with something else, such as a proxy's page. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isProblem(answer: unknown): answer is ProblemBody {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'detail' in answer
}
