export type CallParameters = Record<string, string | string[]>

/** A parameter that was repeated counts with its first value. */
export function single(parameters: CallParameters, name: string): string | undefined {
  const value = parameters[name]
  return Array.isArray(value) ? value[0] : value
}

/** Every value of a parameter that may be repeated. */
export function repeated(parameters: CallParameters, name: string): string[] {
  const value = parameters[name]
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** A query or a form body. */
export function readPairs(text: string): CallParameters {
  if (text === '') return {}
  const pairs = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    const earlier = pairs.get(name)
    pairs.set(name, earlier === undefined ? value : [earlier, value].flat())
  }
  return Object.fromEntries(pairs)
}

/** A JSON body as if it had been a form: values become text, null is left out; what is no object holds nothing. */
export function readJson(body: unknown): CallParameters {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {}
  const pairs = Object.entries(body).filter(([, value]) => value !== null)
  return Object.fromEntries(pairs.map(([name, value]) => [name, asText(value)]))
}

function asText(value: unknown): string | string[] {
  return Array.isArray(value) ? value.map(oneAsText) : oneAsText(value)
}

function oneAsText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
