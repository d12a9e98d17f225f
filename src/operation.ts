import type * as z from 'zod'
import type { Approvals } from './access/approvals.ts'
import { type Caller, demandScope } from './access/caller.ts'
import type { Scope } from './access/scopes.ts'
import { GatewayError, type ProblemBody } from './errors.ts'
import type { Decisions } from './guard/decisions.ts'
import type { Idempotency, Repeats } from './idempotency.ts'
import type { Numbers } from './numbers/numbers.ts'
import type { ProblemCode } from './problems.ts'
import { type OperationName, type Rest, routes } from './routes.ts'
import type { Verifications } from './verifications/verifications.ts'

/** What an operation may use. */
export interface Services {
  verifications: Verifications
  numbers: Numbers
  approvals: Approvals
  decisions: Decisions
  idempotency: Idempotency
}

export interface Context extends Services {
  caller: Caller
  /** Where the call comes from. */
  surface: 'rest' | 'mcp'
  /** How repeats of the call are known, which then have one effect together. Absent: each call is one of its own. */
  repeats?: Repeats | undefined
  /** The id for what the call makes, by which a repeat finds it. Absent: any. */
  intentId?: string | undefined
}

export interface Hints {
  readOnly: boolean
  destructive: boolean
  idempotent: boolean
}

/** A call with its answer, shown in the documentation. A test replays them all and compares every member. */
export type Example = { summary: string; input: Readonly<Record<string, unknown>> } & (
  | { output: object }
  | { problem: ProblemBody }
)

export interface Leads {
  to(answer: Readonly<Record<string, unknown>>): { url: string; message: string; id: string }
  /** What became of it, by that id. */
  outcome(id: string, context: Context): Promise<object>
}

/** Everything about one operation; each surface reads it and none adds to it. */
export interface Operation<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodObject = z.ZodObject,
> {
  name: Name
  title: string
  /** For REST and its documentation. */
  description: string
  /** For MCP, where it differs. */
  toolDescription?: string
  hints: Hints
  /** What its caller must be allowed. */
  scope: Scope
  rest: Rest
  /** Whether MCP lists it unless the configuration says otherwise, or never does. */
  tool: 'default' | 'opt-in' | 'never'
  input: Input
  output: Output
  /** On MCP, where callers give no key: for how long the same call again gets the first answer. */
  repeatWindowMs?: number
  /** Members of the answer that are never stored for a repeat, and how a repeat gets them. */
  unstored?: {
    members: readonly string[]
    renew(stored: Readonly<Record<string, unknown>>, context: Context): Promise<object>
  }
  /** On MCP, where its answer sends a person to an address: what a client that opens addresses is asked to. */
  leads?: Leads
  /** The problems that are its own, besides those that any operation can answer with. */
  problems: readonly ProblemCode[]
  run(input: z.output<Input>, context: Context): Promise<z.input<Output>>
}

/** Keeps each definition's own type, so that the typed client knows its inputs and outputs. */
export function operation<Name extends OperationName, Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Omit<Operation<Name, Input, Output>, 'rest'>,
): Operation<Name, Input, Output> {
  return { ...definition, rest: routes[definition.name] }
}

/** Any operation, as the surfaces hold it. */
export type AnyOperation = Pick<
  Operation,
  | 'name'
  | 'title'
  | 'description'
  | 'toolDescription'
  | 'hints'
  | 'scope'
  | 'rest'
  | 'tool'
  | 'input'
  | 'output'
  | 'problems'
  | 'repeatWindowMs'
  | 'unstored'
  | 'leads'
> & { run(input: never, context: Context): Promise<unknown> }

/** The problems that every operation can answer with. */
const commonProblems = [
  'malformed_request',
  'invalid_request',
  'unauthenticated',
  'forbidden',
  'quota_exceeded',
  'payload_too_large',
  'unsupported_media_type',
  'upstream_throttled',
  'upstream_unauthorized',
  'upstream_error',
  'upstream_unreachable',
  'internal',
  'overloaded',
] as const satisfies readonly ProblemCode[]

/** The problems that an operation can answer with, each once. */
export function problemsOf({ rest, problems }: Pick<AnyOperation, 'rest' | 'problems'>): ProblemCode[] {
  return [...new Set([...problems, ...(takesIdempotencyKey(rest) ? keyProblems : []), ...commonProblems])]
}

const keyProblems = ['request_in_progress', 'idempotency_key_reused'] as const satisfies readonly ProblemCode[]

export function takesIdempotencyKey({ method }: Rest): boolean {
  return method !== 'GET'
}

/** The one way of every surface: authorise, parse, run once, parse. Throws a GatewayError for what the caller should know. */
export async function execute(operation: AnyOperation, input: unknown, context: Context): Promise<unknown> {
  demandScope(context.caller, operation.scope)
  const given = operation.input.safeParse(input, { reportInput: true })
  if (!given.success) throw invalidRequest(given.error)
  const run = async (intentId?: string) =>
    operation.output.parse(await operation.run(given.data as never, { ...context, intentId }))
  return context.repeats ? once(operation, { input, context, repeats: context.repeats, run }) : run()
}

/** What became of what a person was sent to do. Throws a GatewayError for what the caller should know. */
export async function outcomeOf({ scope, leads }: AnyOperation, id: string, context: Context): Promise<unknown> {
  demandScope(context.caller, scope)
  return leads?.outcome(id, context)
}

interface Keyed {
  input: unknown
  context: Context
  repeats: Repeats
  run: (intentId: string) => Promise<Record<string, unknown>>
}

/** A repeat is answered with what was stored, read as an answer of this version. */
function once({ rest, output, unstored }: AnyOperation, { input, context, repeats, run }: Keyed): Promise<unknown> {
  const call = { caller: context.caller.id, repeats, payload: [rest.method, rest.path, input] }
  return context.idempotency.once(call, {
    run,
    store: (answer) => Object.fromEntries(Object.entries(answer).filter(([name]) => !unstored?.members.includes(name))),
    replay: async (stored) => output.parse({ ...stored, ...(await unstored?.renew(stored, context)) }),
  })
}

function invalidRequest({ issues }: z.ZodError): GatewayError {
  const parameters = issues.flatMap(explain)
  const detail = parameters.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  return new GatewayError('invalid_request', detail, { invalid_parameters: parameters })
}

function explain(issue: z.core.$ZodIssue): { name: string; reason: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ name: key.slice(0, 64), reason: 'is not a member of this request' }))
  }
  const missing = issue.input === undefined && issue.path.length > 0
  return [{ name: issue.path.join('.') || 'request', reason: missing ? 'is required' : issue.message }]
}
