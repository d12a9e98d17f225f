import type { FastifyInstance } from 'fastify'
import type { Webhooks } from './webhooks.ts'

/** The latest webhooks, what was sent and what came back; the answer waits for those under way. */
export function registerWebhooksList(app: FastifyInstance, webhooks: () => Webhooks): void {
  app.get('/simulator/webhooks', async () => ({ webhooks: await webhooks().deliveries() }))
}
