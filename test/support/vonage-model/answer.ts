import assert from 'node:assert/strict'

/** What the contract says that a call answers. A pattern in the body stands for a value that Vonage chooses. */
export interface Expected {
  /** Which of the contract's rows this is. */
  outcome: string
  httpStatus: number
  body: unknown
}

export interface Answer {
  httpStatus: number
  body: unknown
}

/** Compares every member, and the answer's HTTP status. */
export function assertAnswer(answer: Answer, expected: Expected): void {
  assert.deepEqual(
    { httpStatus: answer.httpStatus, body: answer.body },
    { httpStatus: expected.httpStatus, body: fill(expected.body, answer.body) },
    expected.outcome,
  )
}

/** The expected value with the actual one wherever that fits a pattern. */
function fill(expected: unknown, actual: unknown): unknown {
  if (expected instanceof RegExp) return typeof actual === 'string' && expected.test(actual) ? actual : expected
  if (Array.isArray(expected)) return expected.map((value, index) => fill(value, member(actual, index)))
  if (typeof expected !== 'object' || expected === null) return expected
  return Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, fill(value, member(actual, name))]))
}

/** A member of an answer, however deep: `member(body, 'numbers', 0)`. */
export function member(value: unknown, ...path: (string | number)[]): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return member(Object.getOwnPropertyDescriptor(value, name)?.value, ...rest)
}
