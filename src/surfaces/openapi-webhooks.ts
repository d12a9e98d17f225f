import * as z from 'zod'
import { events } from '../webhooks/events.ts'
import { schemaOf } from './json-schema.ts'

type Json = z.core.util.JSONType

/** What a gateway sends by itself, as the OpenAPI document shows it. */
export function webhookDocs(): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(events).map(([type, { when, data }]) => [type, { post: describe(type, when, data) }]),
  )
}

function describe(type: string, when: string, data: z.ZodObject): Json {
  const timestamp = z.iso.datetime().describe('When it happened.')
  return {
    operationId: type,
    summary: type,
    description: `${when} Sent to every address in TOLLGATE_WEBHOOK_URLS, at least once.`,
    tags: ['webhooks'],
    parameters: headers.map(([name, description]) => {
      return { name, in: 'header', required: true, description, schema: { type: 'string' } }
    }),
    // The schema is open: later versions may tell more.
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: schemaOf(z.object({ type: z.literal(type), timestamp, data }), 'input') },
      },
    },
    responses: {
      '2XX': { description: 'It is taken, and not sent again.' },
      410: { description: 'It is given up at once.' },
      default: { description: 'It is sent again, for 24 hours.' },
    },
  }
}

const headers = [
  ['webhook-id', 'The same whenever the same webhook is sent again.'],
  ['webhook-timestamp', 'When it was sent, in seconds since 1970.'],
  ['webhook-signature', 'As Standard Webhooks says: v1 and HMAC-SHA-256 in base64, once for each secret.'],
] as const
