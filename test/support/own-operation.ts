import type * as z from 'zod'
import type { Operation } from '../../src/operation.ts'

/** An operation that only a test has. */
export function ownOperation<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Operation<string, Input, Output>,
): Operation<string, Input, Output> {
  return definition
}
