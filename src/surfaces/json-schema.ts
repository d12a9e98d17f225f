import * as z from 'zod'

type Json = z.core.util.JSONType

/** JSON Schema, without the member that names its dialect. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, Json> {
  const { $schema: _, ...rest } = z.record(z.string(), z.json()).parse(z.toJSONSchema(schema, { io }))
  return rest
}
