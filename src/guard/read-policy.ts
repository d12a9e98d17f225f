import type { Document, LineCounter, Node } from 'yaml'
import type * as z from 'zod'
import { ConfigError } from '../config-error.ts'
import { type Policy, policySchema } from './policy-schema.ts'

type Yaml = typeof import('yaml')

/** So many errors are told of at once. */
const mostErrors = 20

/**
 * Reads a policy as it is written, in YAML or JSON. Throws a ConfigError with a line for each error: the file, the line in
 * it, the key and what is allowed. `name` is what the file is called in them.
 */
export async function readPolicy(text: string, name: string): Promise<Policy> {
  // Most gateways have no policy of their own, and do without what it takes to read one.
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors.map(({ pos: [at], message }) => `${name}:${lines.linePos(at).line}: ${message}`)
  if (broken.length > 0) throw refusal(broken)
  // Whoever writes a file anew empties it first.
  if (document.contents === null) throw refusal([`${name}: it is empty; a policy that says nothing is {}`])
  const written = contentOf(document, name)
  const read = policySchema.safeParse(written)
  if (read.success) return read.data
  const errors = read.error.issues.flatMap((issue) => told(issue, written))
  const placed = errors.map((error) => ({ ...error, line: lineOf({ yaml, document, lines }, error.path) }))
  placed.sort((one, other) => one.line - other.line)
  throw refusal(placed.map(({ path, message, line }) => `${name}:${line}: ${keyOf(path)}${message}`))
}

/** Aliases may lead nowhere, or to too much. */
function contentOf(document: Document, name: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw refusal([`${name}: ${error instanceof Error ? error.message : error}`])
  }
}

function refusal(errors: string[]): ConfigError {
  const more = errors.length - mostErrors
  const shown = more > 0 ? [...errors.slice(0, mostErrors), `and ${more} more`] : errors
  return new ConfigError(shown.join('\n'))
}

function keyOf(path: PropertyKey[]): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `
}

interface Told {
  path: PropertyKey[]
  message: string
}

/** A key that is not known is told of where it stands. */
function told(issue: z.core.$ZodIssue, written: unknown): Told[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such key' }))
  }
  const isMissing = issue.path.reduce((value: unknown, part) => Object(value)[part], written) === undefined
  return [{ path: issue.path, message: isMissing ? 'is missing' : issue.message }]
}

interface Reader {
  yaml: Yaml
  document: Document
  lines: LineCounter
}

/** The line of a key, or of what it would stand in. */
function lineOf({ yaml, document, lines }: Reader, path: PropertyKey[]): number {
  let node: unknown = document.contents
  let at = 0
  for (const part of path) {
    if (yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === String(part))
      if (!pair) break
      at = startOf(pair.key as Node) ?? at
      node = pair.value
    } else if (yaml.isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined
      if (!item) break
      at = startOf(item) ?? at
      node = item
    } else break
  }
  return lines.linePos(at).line
}

function startOf({ range }: Node): number | undefined {
  return range?.[0]
}
