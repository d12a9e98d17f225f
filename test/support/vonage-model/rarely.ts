import fc from 'fast-check'

/** A value once in so many times, else undefined. */
export function rarely<Value>(times: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: times - 1 }, { arbitrary: value, weight: 1 })
}

/** Whether a command is given even where it has no sense: what refuses it then is always the same. */
export const isStubborn = rarely(6, fc.constant(true)).map(Boolean)
